/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.diffusion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NoiseScheduleTest {

    /** Reference values: cumulative products computed with NumPy in double precision. */
    @ParameterizedTest
    @CsvSource({
        "linear, 0.9999, 0.5214230306185275, 4.035829765375676e-05",
        "quad, 0.9999, 0.8200102359123052, 0.0007334124595808159",
        "const, 0.98, 0.006276896951018997, 1.6829673572159268e-09",
        "sigmoid, 0.9998507947991829, 0.9027989162246408, 3.968181990533219e-05",
        "COSINE, 0.999958715775178, 0.8458879864968832, 2.4287669070348567e-09"
    })
    void alphaBarIsTheCumulativeProduct(String name, double at0, double at250, double at999) {
        final NoiseSchedule schedule = NoiseSchedule.named(name, 1e-4, 0.02, 1000);
        assertEquals(1000, schedule.steps());
        assertEquals(1, schedule.alphaBar(0) / at0, 1e-12);
        assertEquals(1, schedule.alphaBar(250) / at250, 1e-12);
        assertEquals(1, schedule.alphaBar(999) / at999, 1e-9);
        assertEquals(1, schedule.alphaBar(-1));
        assertEquals(0, schedule.sigma(-1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"linear", "quad", "cosine", "const", "sigmoid"})
    void timestepAtInvertsSigma(String name) {
        final NoiseSchedule schedule = NoiseSchedule.named(name, 1e-4, 0.02, 1000);
        for (double t : new double[] {0, 0.25, 17, 400.6, 998.9, 999})
            assertEquals(t, schedule.timestepAt(schedule.sigma(t)), 1e-6);
        assertEquals(0, schedule.timestepAt(schedule.sigma(0) / 2));
        assertEquals(999, schedule.timestepAt(schedule.sigma(999) * 2));
    }

    @Test
    void fractionalTimestepsInterpolateLogSigma() {
        final NoiseSchedule schedule = NoiseSchedule.linear(1e-4, 0.02, 1000);
        assertEquals(
                Math.sqrt(schedule.sigma(100) * schedule.sigma(101)), schedule.sigma(100.5), 1e-12);
        final double sigma = schedule.sigma(100.5);
        assertEquals(1 / (1 + sigma * sigma), schedule.alphaBar(100.5), 1e-15);
    }

    @Test
    void errorsNameTheValueAndWhatIsAccepted() {
        assertMessage("\"cubic\"", () -> NoiseSchedule.named("cubic", 1e-4, 0.02, 1000));
        assertMessage("sigmoid", () -> NoiseSchedule.named("cubic", 1e-4, 0.02, 1000));
        assertMessage(
                "beta[666] = 1.0000333333333333", () -> NoiseSchedule.linear(1e-4, 1.5, 1000));
        assertMessage("not 0", () -> NoiseSchedule.cosine(0));
        assertMessage("not 1", () -> NoiseSchedule.linear(1e-4, 0.02, 1));
        assertMessage("999", () -> NoiseSchedule.cosine(1000).sigma(1000));
        assertMessage("-1.0", () -> NoiseSchedule.cosine(1000).timestepAt(-1));
    }

    private static void assertMessage(String part, Runnable action) {
        final String message =
                assertThrows(IllegalArgumentException.class, action::run).getMessage();
        assertTrue(message.contains(part), message);
    }
}
