/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.operator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.deqir.metrics.PeakSignalToNoiseRatio;
import org.deqir.testing.Bench;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BicubicUpsamplingTest {

    /** Cubic convolution with a = −1/2 reproduces quadratic polynomials away from the border. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 7})
    void quadraticSurfaceIsContinuedAtTheCentresOfSubpixels(int factor) {
        final int width = 13;
        final int height = 10;
        final float[] plane = new float[width * height];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) plane[y * width + x] = (float) surface(x, y);
        final float[] large = BicubicUpsampling.enlarge(plane, width, height, factor);
        assertEquals(width * height * factor * factor, large.length);
        for (int y = 2 * factor; y < (height - 2) * factor; y++)
            for (int x = 2 * factor; x < (width - 2) * factor; x++)
                assertEquals(
                        surface((x + 0.5) / factor - 0.5, (y + 0.5) / factor - 0.5),
                        large[y * width * factor + x],
                        1e-4);
    }

    private static double surface(double x, double y) {
        return 0.3 * x * x - 0.2 * x * y + 0.1 * y * y - x + 2 * y + 5;
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4, 5})
    void bordersAreReflected(int factor) {
        // One row and one column: enlarging a symmetric extension gives the same pixels.
        final float[] row = {3, 1, 4, 1, 5};
        final float[] mirrored = {5, 1, 4, 1, 3, 3, 1, 4, 1, 5, 5, 1, 4, 1, 3};
        final float[] expected = BicubicUpsampling.enlarge(mirrored, 15, 1, factor);
        final float[] actual = BicubicUpsampling.enlarge(row, 5, 1, factor);
        for (int i = 0; i < actual.length / factor; i++)
            assertEquals(expected[5 * factor + i], actual[i], 1e-5);
        assertArrayEquals(
                new float[] {7, 7, 7, 7}, BicubicUpsampling.enlarge(new float[] {7}, 1, 1, 2));
    }

    @ParameterizedTest
    @CsvSource({"super-resolution-2, 2, 33.89, 33.96", "super-resolution-4, 4, 29.45, 29.75"})
    void backProjectionGainsOnRealBlockMeans(
            String task, int factor, double plainBar, double projectedBar) {
        final int side = 192 / factor;
        double plain = 0;
        double projected = 0;
        for (final String name : Bench.images()) {
            final float[] truth = Bench.truth(name).channels()[0];
            final float[] means = Bench.measured(task, name).channels()[0];
            plain +=
                    PeakSignalToNoiseRatio.ofClipped(
                            truth, BicubicUpsampling.enlarge(means, side, side, factor), 1);
            projected +=
                    PeakSignalToNoiseRatio.ofClipped(
                            truth,
                            BicubicUpsampling.invertBlockAverage(means, side, side, factor),
                            1);
        }
        assertTrue(plain / 8 >= plainBar, "bicubic " + plain / 8);
        assertTrue(projected / 8 >= projectedBar, "back-projected " + projected / 8);
    }

    @Test
    void backProjectionBringsTheBlockMeansCloser() {
        final float[] means = new float[100];
        for (int i = 0; i < means.length; i++) means[i] = (i * i * 7) % 31;
        assertTrue(
                blockError(means, BicubicUpsampling.invertBlockAverage(means, 10, 10, 3))
                        < 0.5 * blockError(means, BicubicUpsampling.enlarge(means, 10, 10, 3)));
    }

    private static double blockError(float[] means, float[] large) {
        double squares = 0;
        for (int i = 0; i < 100; i++) {
            double sum = 0;
            for (int k = 0; k < 9; k++)
                sum += large[(i / 10 * 3 + k / 3) * 30 + i % 10 * 3 + k % 3];
            squares += (sum / 9 - means[i]) * (sum / 9 - means[i]);
        }
        return squares;
    }

    @Test
    void refusesBadInput() {
        assertThrows(
                IllegalArgumentException.class,
                () -> BicubicUpsampling.enlarge(new float[6], 3, 2, 0));
        assertThrows(
                IllegalArgumentException.class,
                () -> BicubicUpsampling.enlarge(new float[6], 3, 3, 2));
        assertThrows(
                IllegalArgumentException.class,
                () -> BicubicUpsampling.enlarge(new float[1 << 20], 1 << 10, 1 << 10, 50));
        assertThrows(
                IllegalArgumentException.class,
                () -> BicubicUpsampling.enlarge(new float[] {1, Float.NaN}, 2, 1, 2));
    }
}
