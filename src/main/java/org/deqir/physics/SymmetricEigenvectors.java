/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics;

import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Orthonormal eigenvectors of a small symmetric matrix, by cyclic Jacobi rotations (Golub and Van
 * Loan, Matrix Computations, section 8.5).
 */
public final class SymmetricEigenvectors {

    private static final int MOST_SWEEPS = 50;

    /** One row per vector, by growing eigenvalue. */
    private final double[][] vectors;

    private final double[] values;

    /**
     * @param matrix symmetric; not changed
     */
    public SymmetricEigenvectors(double[][] matrix) {
        final int n = matrix.length;
        final double[][] a = new double[n][];
        final double[][] v = new double[n][n];
        for (int i = 0; i < n; i++) {
            a[i] = matrix[i].clone();
            v[i][i] = 1;
        }
        for (int sweep = 0; sweep < MOST_SWEEPS && !isDiagonal(a); sweep++)
            for (int p = 0; p < n; p++) for (int q = p + 1; q < n; q++) rotate(a, v, p, q);
        final int[] order =
                IntStream.range(0, n)
                        .boxed()
                        .sorted(Comparator.comparingDouble(i -> a[i][i]))
                        .mapToInt(Integer::intValue)
                        .toArray();
        vectors = new double[n][n];
        values = new double[n];
        for (int rank = 0; rank < n; rank++) values[rank] = a[order[rank]][order[rank]];
        for (int rank = 0; rank < n; rank++)
            for (int i = 0; i < n; i++) vectors[rank][i] = v[i][order[rank]];
    }

    /**
     * {@return product of a vector with the eigenvector of the {@code rank}-th smallest eigenvalue,
     * from 0}
     */
    public double coefficient(int rank, double[] of) {
        double sum = 0;
        for (int i = 0; i < of.length; i++) sum += vectors[rank][i] * of[i];
        return sum;
    }

    /** {@return the eigenvalues, growing} */
    public double[] values() {
        return values.clone();
    }

    /** {@return a copy of the eigenvector of the {@code rank}-th smallest eigenvalue, from 0} */
    public double[] vector(int rank) {
        return vectors[rank].clone();
    }

    private static boolean isDiagonal(double[][] a) {
        double off = 0;
        double all = 0;
        for (int i = 0; i < a.length; i++)
            for (int j = 0; j < a.length; j++) {
                all += a[i][j] * a[i][j];
                if (i != j) off += a[i][j] * a[i][j];
            }
        return off <= 1e-24 * all;
    }

    /** Makes a[p][q] zero. */
    private static void rotate(double[][] a, double[][] v, int p, int q) {
        if (a[p][q] == 0) return;
        final double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        final double t = Math.copySign(1, theta) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        final double c = 1 / Math.sqrt(t * t + 1);
        final double s = t * c;
        for (int k = 0; k < a.length; k++) {
            final double kp = a[k][p];
            final double kq = a[k][q];
            a[k][p] = c * kp - s * kq;
            a[k][q] = s * kp + c * kq;
        }
        for (int k = 0; k < a.length; k++) {
            final double pk = a[p][k];
            final double qk = a[q][k];
            a[p][k] = c * pk - s * qk;
            a[q][k] = s * pk + c * qk;
        }
        for (final double[] row : v) {
            final double kp = row[p];
            final double kq = row[q];
            row[p] = c * kp - s * kq;
            row[q] = s * kp + c * kq;
        }
    }
}
