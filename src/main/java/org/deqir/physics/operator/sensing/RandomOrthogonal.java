/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.operator.sensing;

import java.util.Random;

/** Random orthogonal matrices from a seed. */
final class RandomOrthogonal {

    private RandomOrthogonal() {}

    /** Part of a Gaussian row outside the span of the earlier ones below which another is drawn. */
    private static final double LEAST_NEW_PART = 1e-3;

    /**
     * Gaussian rows made orthonormal from the first to the last, so that the first M of them are an
     * orthonormal basis of M Gaussian measurements and the others complete it.
     *
     * <p>Modified Gram–Schmidt, O(n³); orthogonal to about 1e-12, which the use in float32 needs no
     * second pass to improve.
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
            while (norm < LEAST_NEW_PART) {
                for (int k = 0; k < n; k++) row[k] = random.nextGaussian();
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

    /** ⟨a, b⟩ in four partial sums, which do not have to wait for each other. */
    private static double dot(double[] a, double[] b) {
        double first = 0;
        double second = 0;
        double third = 0;
        double fourth = 0;
        int k = 0;
        for (; k + 3 < a.length; k += 4) {
            first += a[k] * b[k];
            second += a[k + 1] * b[k + 1];
            third += a[k + 2] * b[k + 2];
            fourth += a[k + 3] * b[k + 3];
        }
        for (; k < a.length; k++) first += a[k] * b[k];
        return first + second + third + fourth;
    }
}
