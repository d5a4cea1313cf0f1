/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.training;

/**
 * Enlarges square images by cubic convolution (Keys 1981, a = −1/2); beyond the border the edge
 * pixels are repeated.
 */
final class Enlargement {

    private Enlargement() {}

    /** Square planes of side {@code from} as such of side {@code to}, centres of pixels aligned. */
    static float[] of(float[] planes, int channels, int from, int to) {
        final int[] first = new int[to];
        final double[][] weights = new double[to][];
        for (int i = 0; i < to; i++) {
            final double place = (i + 0.5) * from / to - 0.5;
            first[i] = (int) Math.floor(place) - 1;
            weights[i] = weights(place - Math.floor(place));
        }
        final float[] result = new float[channels * to * to];
        final double[] rows = new double[to * from];
        for (int c = 0; c < channels; c++) {
            for (int y = 0; y < from; y++)
                for (int x = 0; x < to; x++) {
                    double sum = 0;
                    for (int k = 0; k < 4; k++)
                        sum +=
                                weights[x][k]
                                        * planes[
                                                (c * from + y) * from + within(first[x] + k, from)];
                    rows[y * to + x] = sum;
                }
            for (int y = 0; y < to; y++)
                for (int x = 0; x < to; x++) {
                    double sum = 0;
                    for (int k = 0; k < 4; k++)
                        sum += weights[y][k] * rows[within(first[y] + k, from) * to + x];
                    result[(c * to + y) * to + x] = (float) sum;
                }
        }
        return result;
    }

    private static int within(int index, int size) {
        return Math.max(0, Math.min(size - 1, index));
    }

    private static double[] weights(double s) {
        return new double[] {
            ((-0.5 * s + 1) * s - 0.5) * s,
            (1.5 * s - 2.5) * s * s + 1,
            ((-1.5 * s + 2) * s + 0.5) * s,
            (0.5 * s - 0.5) * s * s
        };
    }
}
