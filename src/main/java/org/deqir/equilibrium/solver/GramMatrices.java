/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.solver;

import java.util.Arrays;

/**
 * Products ⟨g_i, g_j⟩ of the last residuals, newest first, of each sample.
 *
 * @param products [sample][i][j], symmetric
 */
record GramMatrices(double[][][] products) {

    /** Number of residuals. */
    int size() {
        return products[0].length;
    }

    /** The sum, over as many of the newest residuals as both have. */
    GramMatrices plus(GramMatrices other) {
        final int common = Math.min(size(), other.size());
        final double[][][] sum = new double[products.length][common][common];
        for (int k = 0; k < sum.length; k++)
            for (int i = 0; i < common; i++)
                for (int j = 0; j < common; j++)
                    sum[k][i][j] = products[k][i][j] + other.products[k][i][j];
        return new GramMatrices(sum);
    }

    /**
     * The weights α, Σα = 1, that minimise αᵀGα + λ G₀₀ ‖α‖², of each sample.
     *
     * @param regularization λ
     * @param safeguarded whether a sample whose residual has grown since the last iterate takes the
     *     newest alone
     * @return [sample][i]
     */
    double[][] weights(double regularization, boolean safeguarded) {
        final double[][] weights = new double[products.length][];
        for (int k = 0; k < weights.length; k++) {
            final double[][] gram = products[k];
            weights[k] =
                    safeguarded && size() > 1 && gram[0][0] > gram[1][1]
                            ? onlyNewest()
                            : weights(gram, regularization);
        }
        return weights;
    }

    /**
     * The weights α, Σα = 1, that minimise αᵀGα + λ ‖α‖², of each sample: [sample][i]. λ has the
     * units of the products.
     */
    double[][] weightsWithAbsolute(double regularization) {
        final double[][] weights = new double[products.length][];
        for (int k = 0; k < weights.length; k++)
            weights[k] = weights(products[k], 1, regularization);
        return weights;
    }

    private double[] onlyNewest() {
        final double[] weights = new double[size()];
        weights[0] = 1;
        return weights;
    }

    private double[] weights(double[][] gram, double regularization) {
        final double newest = gram[0][0];
        return newest == 0 ? onlyNewest() : weights(gram, newest, regularization);
    }

    private double[] weights(double[][] gram, double unit, double regularization) {
        final int n = gram.length;
        // Lagrange's conditions: G α + ν 1 = 0, 1ᵀα = 1, with the unknowns (α, ν)
        final double[][] system = new double[n + 1][n + 2];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) system[i][j] = gram[i][j] / unit;
            system[i][i] += regularization;
            system[i][n] = 1;
            system[n][i] = 1;
        }
        system[n][n + 1] = 1;
        final double[] weights = Arrays.copyOf(solve(system), n);
        for (double weight : weights) if (!Double.isFinite(weight)) return onlyNewest();
        return weights;
    }

    /** Gaussian elimination with partial pivoting; the last column is the right-hand side. */
    private static double[] solve(double[][] system) {
        final int n = system.length;
        for (int column = 0; column < n; column++) {
            int pivot = column;
            for (int i = column + 1; i < n; i++)
                if (Math.abs(system[i][column]) > Math.abs(system[pivot][column])) pivot = i;
            final double[] swapped = system[column];
            system[column] = system[pivot];
            system[pivot] = swapped;
            for (int i = column + 1; i < n; i++) {
                final double factor = system[i][column] / system[column][column];
                for (int j = column; j <= n; j++) system[i][j] -= factor * system[column][j];
            }
        }
        final double[] solution = new double[n];
        for (int i = n - 1; i >= 0; i--) {
            double rest = system[i][n];
            for (int j = i + 1; j < n; j++) rest -= system[i][j] * solution[j];
            solution[i] = rest / system[i][i];
        }
        return solution;
    }
}
