/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

class HalfPrecisionTest {

    @Test
    void convertsEveryNumberBackToItself() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            final float half = HalfPrecision.toFloat((short) bits);
            if (!Float.isNaN(half)) assertEquals((short) bits, HalfPrecision.ofFloat(half));
            final float brain = HalfPrecision.brainToFloat((short) bits);
            if (!Float.isNaN(brain)) assertEquals((short) bits, HalfPrecision.brainOfFloat(brain));
        }
    }

    @Test
    void knowsSomeNumbers() {
        assertEquals(1f, HalfPrecision.toFloat((short) 0x3c00));
        assertEquals(-2f, HalfPrecision.toFloat((short) 0xc000));
        assertEquals(65504f, HalfPrecision.toFloat((short) 0x7bff));
        assertEquals(0x1p-24f, HalfPrecision.toFloat((short) 1));
        assertEquals(Float.POSITIVE_INFINITY, HalfPrecision.toFloat((short) 0x7c00));
        assertEquals((short) 0x7c00, HalfPrecision.ofFloat(65520f));
        assertEquals((short) 0x7bff, HalfPrecision.ofFloat(65519f));
        assertTrue(Float.isNaN(HalfPrecision.toFloat(HalfPrecision.ofFloat(Float.NaN))));
        assertEquals((short) 0x3f80, HalfPrecision.brainOfFloat(1f));
        assertTrue(Float.isNaN(HalfPrecision.brainToFloat(HalfPrecision.brainOfFloat(Float.NaN))));
    }

    @Test
    void roundsToTheNearestNumberAndTiesToEven() {
        final Random random = new Random(3);
        for (int i = 0; i < 50_000; i++) {
            final float inHalfRange =
                    (float) (random.nextGaussian() * Math.pow(2, random.nextInt(42) - 27));
            if (Math.abs(inHalfRange) < 65504)
                assertNearest(
                        inHalfRange,
                        HalfPrecision.ofFloat(inHalfRange),
                        bits -> HalfPrecision.toFloat((short) bits));
            final float any = Float.intBitsToFloat(random.nextInt());
            if (Math.abs(any) < 3e38f)
                assertNearest(
                        any,
                        HalfPrecision.brainOfFloat(any),
                        bits -> HalfPrecision.brainToFloat((short) bits));
        }
        // Half way between two numbers.
        assertEquals((short) 0x3c00, HalfPrecision.ofFloat(1 + 0x1p-11f));
        assertEquals((short) 0x3c02, HalfPrecision.ofFloat(1 + 3 * 0x1p-11f));
        assertEquals((short) 0, HalfPrecision.ofFloat(0x1p-25f));
        assertEquals((short) 2, HalfPrecision.ofFloat(3 * 0x1p-25f));
        assertEquals((short) 0x3f80, HalfPrecision.brainOfFloat(1 + 0x1p-8f));
        assertEquals((short) 0x3f82, HalfPrecision.brainOfFloat(1 + 3 * 0x1p-8f));
    }

    private static void assertNearest(float value, short bits, IntFunction<Float> decode) {
        final double error = Math.abs((double) decode.apply(bits) - value);
        for (int neighbour : new int[] {bits - 1, bits + 1}) {
            final float other = decode.apply(neighbour);
            assertTrue(
                    !Float.isFinite(other) || error <= Math.abs((double) other - value),
                    value + " became " + decode.apply(bits));
        }
    }
}
