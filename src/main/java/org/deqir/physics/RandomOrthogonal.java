/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics;

import java.util.Random;

/** Random orthogonal matrices from a seed. */
final class RandomOrthogonal {

    private RandomOrthogonal() {}

    /**
     * Gaussian rows made orthonormal from the first to the last, so that the first M of them are an
     * orthonormal basis of M Gaussian measurements and the others complete it.
     *
     * <p>Each row is freed of the earlier ones twice, which keeps Gram–Schmidt orthogonal to
     * rounding; O(n³).
     *
     * @param n number of rows and columns
     * @return [row][column]
     */
    static double[][] rows(int n, long seed) {
        final Random random = new Random(seed);
        final double[][] rows = new double[n][n];
        for (int i = 0; i < n; i++) {
            final double[] row = rows[i];
            double norm = 0;
            // A Gaussian row lies in the span of the earlier ones with probability 0; only rounding
            // could leave too little of the last rows, and then another row is drawn.
            while (norm < 1e-6) {
                for (int k = 0; k < n; k++) row[k] = random.nextGaussian();
                for (int pass = 0; pass < 2; pass++)
                    for (int j = 0; j < i; j++) subtractProjection(row, rows[j]);
                norm = Math.sqrt(dot(row, row));
            }
            for (int k = 0; k < n; k++) row[k] /= norm;
        }
        return rows;
    }

    private static void subtractProjection(double[] row, double[] unit) {
        final double share = dot(row, unit);
        for (int k = 0; k < row.length; k++) row[k] -= share * unit[k];
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int k = 0; k < a.length; k++) sum += a[k] * b[k];
        return sum;
    }
}
