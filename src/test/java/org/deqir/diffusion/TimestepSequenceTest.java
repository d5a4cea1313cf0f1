/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.diffusion;

import static org.deqir.diffusion.TimestepSequence.Spacing.LOG_SIGMA;
import static org.deqir.diffusion.TimestepSequence.Spacing.QUADRATIC;
import static org.deqir.diffusion.TimestepSequence.Spacing.UNIFORM;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.deqir.diffusion.TimestepSequence.Spacing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TimestepSequenceTest {

    private static final NoiseSchedule SCHEDULE = NoiseSchedule.linear(1e-4, 0.02, 1000);

    @ParameterizedTest
    @EnumSource(Spacing.class)
    void runsFromTheFirstNoiseLevelToTheLastAndThenToTheCleanImage(Spacing spacing) {
        final TimestepSequence levels = TimestepSequence.spaced(spacing, SCHEDULE, 7, 1.3, 0.05);
        assertEquals(7, levels.length());
        assertEquals(1.3, levels.sigma(0), 1e-9);
        assertEquals(0.05, levels.sigma(6), 1e-9);
        for (int i = 1; i < 7; i++)
            assertTrue(levels.timestep(i) < levels.timestep(i - 1), levels::toString);
        assertEquals(1, levels.alphaBar(7));
        assertEquals(0, levels.sigma(7));
    }

    @Test
    void spreadsLevelsAsNamed() {
        final TimestepSequence uniform =
                TimestepSequence.spaced(
                        UNIFORM, SCHEDULE, 10, SCHEDULE.sigma(900), SCHEDULE.sigma(0));
        final TimestepSequence quadratic =
                TimestepSequence.spaced(
                        QUADRATIC, SCHEDULE, 10, SCHEDULE.sigma(810), SCHEDULE.sigma(0));
        final TimestepSequence logarithmic =
                TimestepSequence.spaced(LOG_SIGMA, SCHEDULE, 10, 2.56, 0.005 * 2.56);
        for (int i = 0; i < 10; i++) {
            assertEquals(900 - 100 * i, uniform.timestep(i), 1e-9);
            assertEquals(10 * (9 - i) * (9 - i), quadratic.timestep(i), 1e-9);
            assertEquals(2.56 * Math.pow(0.005, i / 9.0), logarithmic.sigma(i), 1e-9);
        }
    }

    @ParameterizedTest
    @EnumSource(Spacing.class)
    void oneLevelIsTheFirst(Spacing spacing) {
        final TimestepSequence levels = TimestepSequence.spaced(spacing, SCHEDULE, 1, 0.2, 0.2);
        assertEquals(1, levels.length());
        assertEquals(0.2, levels.sigma(0), 1e-12);
        assertEquals(0, levels.sigma(1));
    }

    @Test
    void levelsBeyondTheScheduleAreMovedToItsEnds() {
        final TimestepSequence levels = TimestepSequence.spaced(LOG_SIGMA, SCHEDULE, 3, 1e9, 1e-9);
        assertEquals(999, levels.timestep(0));
        assertEquals(0, levels.timestep(2));
    }

    @Test
    void subsequenceKeepsNoiseLevels() {
        final TimestepSequence all = TimestepSequence.spaced(LOG_SIGMA, SCHEDULE, 9, 1, 0.02);
        final TimestepSequence some = all.subsequence(0, 3, 8);
        assertEquals(3, some.length());
        assertEquals(all.timestep(3), some.timestep(1));
        assertEquals(all.sigma(8), some.sigma(2));
        assertEquals(1, some.alphaBar(3));
        assertThrows(IllegalArgumentException.class, () -> all.subsequence(3, 3));
    }

    @Test
    void errorsNameTheValueAndWhatIsAccepted() {
        assertMessage("not 0", () -> TimestepSequence.spaced(UNIFORM, SCHEDULE, 0, 1, 0.1));
        assertMessage("below the first", () -> spaced(0.1, 0.1));
        assertMessage("not NaN", () -> spaced(Double.NaN, 0.1));
        assertMessage("not -1.0", () -> spaced(1, -1));
        assertMessage("do not overlap", () -> spaced(2e-9, 1e-9));
        assertMessage("1000.0", () -> TimestepSequence.of(SCHEDULE, 1000));
        assertMessage("must fall", () -> TimestepSequence.of(SCHEDULE, 5, 5));
        assertMessage("at least 1", () -> TimestepSequence.of(SCHEDULE));
    }

    private static TimestepSequence spaced(double first, double last) {
        return TimestepSequence.spaced(LOG_SIGMA, SCHEDULE, 5, first, last);
    }

    private static void assertMessage(String part, Runnable action) {
        final String message =
                assertThrows(IllegalArgumentException.class, action::run).getMessage();
        assertTrue(message.contains(part), message);
    }
}
