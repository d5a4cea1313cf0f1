/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.diffusion;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GaussianNoiseTest {

    /** Values of an independent implementation with an exact inverse normal distribution. */
    @ParameterizedTest
    @CsvSource({
        "42, 0, 0, 0, 0, 0, 0.30455116920572645",
        "42, 0, 0, 0, 0, 1, 1.3403594089515762",
        "42, 0, 0, 0, 1, 0, -1.2833560237437984",
        "42, 0, 0, 1, 0, 0, 0.9836633228879352",
        "42, 0, 1, 0, 0, 0, 1.4728980050384792",
        "42, 3, 0, 0, 0, 0, 0.41126442709154526",
        "-7, -1, 5, 2, -3, 100000, 1.6660729378694732"
    })
    void valuesAreTheSameEverywhere(
            long seed, long stream, long sample, long channel, long y, long x, double expected) {
        final float[] value = new float[1];
        new GaussianNoise(seed).fill(value, 0, stream, sample, channel, y, x, 1, 1);
        assertEquals(expected, value[0], 5e-7);
    }

    @Test
    void doNotDependOnHowTheImageIsCutOrBatched() {
        try (NDManager manager = NDManager.newBaseManager()) {
            final GaussianNoise noise = new GaussianNoise(11);
            final NDArray whole = noise.draw(manager, new Shape(3, 2, 20, 30), 4, 0, 0, 0);
            final NDArray part = noise.draw(manager, new Shape(2, 2, 7, 9), 4, 1, 5, 12);
            assertArrayEquals(whole.get("1:3,:,5:12,12:21").toFloatArray(), part.toFloatArray());
        }
    }

    @Test
    void isStandardNormalAndUncorrelated() {
        final int side = 1000;
        final float[] a = field(3, 0, 0, 0, side);
        double second = 0;
        double third = 0;
        double fourth = 0;
        final int[] bins = new int[10];
        // Deciles of the standard normal distribution
        final double[] edges = {
            -1.2815516,
            -0.8416212,
            -0.5244005,
            -0.2533471,
            0,
            0.2533471,
            0.5244005,
            0.8416212,
            1.2815516
        };
        for (float v : a) {
            second += v * v;
            third += v * v * v;
            fourth += v * v * (double) v * v;
            final int found = Arrays.binarySearch(edges, v);
            bins[found < 0 ? -found - 1 : found]++;
        }
        final double n = a.length;
        // Bounds are about 5 standard errors
        assertEquals(0, correlation(a, a, 1), 5e-3);
        assertEquals(0, correlation(a, a, side), 5e-3);
        assertEquals(1, second / n, 7e-3);
        assertEquals(0, third / n, 2e-2);
        assertEquals(3, fourth / n, 5e-2);
        for (int count : bins) assertEquals(n / 10, count, 5 * Math.sqrt(n * 0.09));
        for (float[] other :
                new float[][] {
                    field(4, 0, 0, 0, side),
                    field(3, 1, 0, 0, side),
                    field(3, 0, 1, 0, side),
                    field(3, 0, 0, 1, side)
                }) assertEquals(0, correlation(a, other, 0), 5e-3);
    }

    @Test
    void refusesOtherThanImages() {
        try (NDManager manager = NDManager.newBaseManager()) {
            final GaussianNoise noise = new GaussianNoise(1);
            assertThrows(
                    IllegalArgumentException.class,
                    () -> noise.draw(manager, new Shape(2, 3), 0, 0, 0, 0));
        }
    }

    private static float[] field(long seed, long stream, long sample, long channel, int side) {
        final float[] values = new float[side * side];
        new GaussianNoise(seed).fill(values, 0, stream, sample, channel, 0, 0, side, side);
        return values;
    }

    private static double correlation(float[] a, float[] b, int lag) {
        double sum = 0;
        for (int i = lag; i < a.length; i++) sum += a[i] * (double) b[i - lag];
        return sum / a.length;
    }
}
