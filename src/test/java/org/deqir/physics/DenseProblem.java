/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/** An operator as a matrix of doubles, and the answers of textbook formulas for it. */
final class DenseProblem {

    private final double[][] matrix;

    DenseProblem(LinearOperator operator, NDManager manager) {
        final int n = Math.toIntExact(operator.imageShape().size());
        final int m = Math.toIntExact(operator.measurementShape().size());
        matrix = new double[m][n];
        try (NDArray unitImages =
                        manager.eye(n).reshape(new Shape(n).addAll(operator.imageShape()));
                NDArray columns = operator.apply(unitImages)) {
            final float[] values = columns.toFloatArray();
            for (int column = 0; column < n; column++)
                for (int row = 0; row < m; row++) matrix[row][column] = values[column * m + row];
        }
    }

    /** argmin Σ_j (y − A x)_j²/(2 v_j) + λ/2 ‖x − x₀‖², by elimination on the normal equations. */
    double[] proximal(float[] y, double[] variance, float[] x0, double lambda) {
        final int n = x0.length;
        final double[][] normal = new double[n][n + 1];
        for (int i = 0; i < n; i++) {
            normal[i][i] = lambda;
            normal[i][n] = lambda * x0[i];
        }
        for (int row = 0; row < matrix.length; row++)
            for (int i = 0; i < n; i++) {
                final double weighted = matrix[row][i] / variance[row];
                if (weighted == 0) continue;
                for (int j = 0; j < n; j++) normal[i][j] += weighted * matrix[row][j];
                normal[i][n] += weighted * y[row];
            }
        return eliminate(normal);
    }

    /** Solves the symmetric positive definite system [M | b]. */
    private static double[] eliminate(double[][] system) {
        final int n = system.length;
        for (int pivot = 0; pivot < n; pivot++)
            for (int row = pivot + 1; row < n; row++) {
                final double factor = system[row][pivot] / system[pivot][pivot];
                if (factor == 0) continue;
                for (int k = pivot; k <= n; k++) system[row][k] -= factor * system[pivot][k];
            }
        final double[] solution = new double[n];
        for (int row = n - 1; row >= 0; row--) {
            double rest = system[row][n];
            for (int k = row + 1; k < n; k++) rest -= system[row][k] * solution[k];
            solution[row] = rest / system[row][row];
        }
        return solution;
    }
}
