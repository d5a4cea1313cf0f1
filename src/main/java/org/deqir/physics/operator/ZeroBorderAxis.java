/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.operator;

import org.deqir.physics.SymmetricEigenvectors;

/**
 * A {@link SymmetricFilter} on a signal of n samples with zeros beyond its ends, as a matrix and
 * its singular value decomposition.
 *
 * <p>The matrix is symmetric, A = Q Λ Qᵀ, so that S = |Λ|, V = Q and U = Q·sign Λ. It does not
 * change when the signal is reversed either: its eigenvectors are even or odd, and are those of two
 * matrices of half the size.
 */
final class ZeroBorderAxis {

    private final double[][] matrix;
    private final double[][] left;
    private final double[][] right;
    private final double[] singularValues;

    private ZeroBorderAxis(double[][] matrix) {
        this.matrix = matrix;
        left = new double[matrix.length][];
        right = new double[matrix.length][];
        singularValues = new double[matrix.length];
    }

    /** The decomposition of a filter that keeps every one of {@code length} samples. */
    static DecomposedAxis of(SymmetricFilter filter, int length) {
        final double[] weights = filter.weights();
        final int middle = weights.length / 2;
        final double[][] matrix = new double[length][length];
        for (int row = 0; row < length; row++)
            for (int i = 0; i < weights.length; i++) {
                final int column = row + i - middle;
                if (column >= 0 && column < length) matrix[row][column] = weights[i];
            }
        final ZeroBorderAxis axis = new ZeroBorderAxis(matrix);
        axis.decompose((length + 1) / 2, 1, 0);
        axis.decompose(length / 2, -1, (length + 1) / 2);
        return new DecomposedAxis(matrix, axis.left, axis.right, axis.singularValues);
    }

    /** Finds the {@code count} eigenvectors of one parity, 1 or −1, from the {@code first} on. */
    private void decompose(int count, int parity, int first) {
        final int length = matrix.length;
        final double[][] half = new double[count][count];
        for (int i = 0; i < count; i++)
            for (int j = 0; j < count; j++)
                half[i][j] =
                        norm(i) * norm(j) * 2 * (matrix[i][j] + parity * matrix[i][length - 1 - j]);
        final SymmetricEigenvectors eigenvectors = new SymmetricEigenvectors(half);
        final double[] values = eigenvectors.values();
        for (int k = 0; k < count; k++) {
            final double[] vector = eigenvectors.vector(k);
            final double[] whole = new double[length];
            for (int i = 0; i < count; i++) {
                whole[i] += norm(i) * vector[i];
                whole[length - 1 - i] += parity * norm(i) * vector[i];
            }
            final double[] signed = whole.clone();
            if (values[k] < 0) for (int i = 0; i < length; i++) signed[i] = -signed[i];
            right[first + k] = whole;
            left[first + k] = signed;
            singularValues[first + k] = Math.abs(values[k]);
        }
    }

    /** What makes δ_i ± δ_(n−1−i) a unit vector; where both are one, it is twice as long. */
    private double norm(int i) {
        return 2 * i == matrix.length - 1 ? 0.5 : Math.sqrt(0.5);
    }
}
