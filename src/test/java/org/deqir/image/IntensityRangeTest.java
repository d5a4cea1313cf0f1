/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class IntensityRangeTest {

    @Test
    void everySixteenBitValueComesBackExactly() {
        final IntensityRange range = new IntensityRange(1013.7, 40211.3);
        final float[] levels = new float[65536];
        for (int i = 0; i < levels.length; i++) levels[i] = i;
        final float[] back = range.denormalize(range.normalize(levels));
        for (int i = 0; i < levels.length; i++) assertEquals(i, Math.round(back[i]));
    }

    @Test
    void valuesBeyondTheRangeAreNotClipped() {
        final IntensityRange range = new IntensityRange(-2, 6);
        assertEquals(-1, range.normalize(-2), 1e-12);
        assertEquals(1, range.normalize(6), 1e-12);
        assertEquals(2, range.normalize(10), 1e-12);
        assertEquals(10, range.denormalize(2), 1e-12);
        assertEquals(-14, range.denormalize(range.normalize(-14)), 1e-12);
    }

    @Test
    void noiseDoesNotWidenTheRange() {
        final int side = 128;
        final float[] clean = new float[side * side];
        final float[] noisy = new float[side * side];
        final SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < clean.length; i++) {
            clean[i] = (i % side) / (side - 1f) * 100;
            noisy[i] = clean[i] + (float) (20 * random.nextGaussian());
        }
        final IntensityRange range = IntensityRange.of(Plane.of(noisy, side, side), null, 20);
        assertEquals(0, range.low(), 20);
        assertEquals(100, range.high(), 20);
        final IntensityRange naive = IntensityRange.of(Plane.of(noisy, side, side), null, 0);
        assertTrue(naive.high() - naive.low() > range.high() - range.low() + 40);
    }

    @Test
    void constantImagesGetARangeAroundTheirValue() {
        for (final float value : new float[] {0, 7, -3e7f, 65535, 1e-9f}) {
            final float[] samples = new float[12];
            java.util.Arrays.fill(samples, value);
            final IntensityRange range = IntensityRange.of(Plane.of(samples, 4, 3), null, 0);
            assertTrue(range.low() < value && value < range.high(), "value " + value);
            assertEquals(value, (float) range.denormalize((float) range.normalize(value)));
        }
    }

    @Test
    void ignoredAndNonFiniteSamplesDoNotCount() {
        final float[] samples = {1, 2, Float.NaN, 3, 1000, Float.POSITIVE_INFINITY};
        final boolean[] ignored = {false, false, false, false, true, false};
        final IntensityRange range = IntensityRange.of(Plane.of(samples, 3, 2), ignored, 0);
        assertTrue(range.low() > 0.8 && range.low() <= 1, "low " + range.low());
        assertTrue(range.high() < 3.2 && range.high() >= 2.9, "high " + range.high());
    }

    @Test
    void anImageWithoutKnownPixelsIsRefused() {
        final Plane nothing = Plane.of(new float[] {Float.NaN, Float.NaN}, 2, 1);
        final var error =
                assertThrows(
                        IllegalArgumentException.class, () -> IntensityRange.of(nothing, null, 1));
        assertTrue(error.getMessage().contains("no finite"));
        assertFalse(Plane.of(new float[2], 2, 1).hasNonFinite());
        assertTrue(nothing.hasNonFinite());
    }
}
