/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.solver;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The last iterates of one state of a chain, with their residuals, newest first.
 *
 * <p>Of a state that has settled only the products of its residuals are kept: they tell which of
 * the older iterates the noisier states were still wrong in.
 */
final class AndersonHistory implements AutoCloseable {

    private final int capacity;
    private final List<NDArray> states = new ArrayList<>();
    private final List<NDArray> residuals = new ArrayList<>();
    private final List<List<double[]>> products = new ArrayList<>();

    AndersonHistory(int capacity) {
        this.capacity = capacity;
    }

    /**
     * Takes over an iterate X, (K, C, H, W), and remembers it with F(X); forgets the oldest where
     * there are too many, and all where the residual is not finite, which it returns.
     */
    boolean push(NDArray state, NDArray mapped) {
        final NDArray residual = mapped.sub(state);
        final double[] square = Residuals.meanProducts(residual, residual);
        for (double value : square) {
            if (value < Double.POSITIVE_INFINITY) continue;
            residual.close();
            state.close();
            close();
            return false;
        }
        if (states.size() == capacity) {
            states.remove(capacity - 1).close();
            residuals.remove(capacity - 1).close();
        }
        final List<double[]> row = new ArrayList<>();
        row.add(square);
        for (NDArray older : residuals) row.add(Residuals.meanProducts(residual, older));
        states.add(0, state);
        residuals.add(0, residual);
        add(row);
        return true;
    }

    /** Closes the iterates of a state that has settled, and keeps the products. */
    void settle() {
        states.forEach(NDArray::close);
        residuals.forEach(NDArray::close);
        states.clear();
        residuals.clear();
    }

    /** Goes on by an iterate without residual, of a state that has settled. */
    void pushSettled() {
        if (products.isEmpty()) return;
        final double[] none = new double[products.get(0).get(0).length];
        add(Collections.nCopies(Math.min(products.size() + 1, capacity), none));
    }

    private void add(List<double[]> row) {
        if (products.size() == capacity) {
            products.remove(capacity - 1);
            for (int i = 0; i < products.size(); i++) products.get(i).remove(capacity - 1 - i);
        }
        products.add(0, new ArrayList<>(row));
    }

    /** Whether nothing is remembered. */
    boolean isEmpty() {
        return products.isEmpty();
    }

    /** Products of the residuals, multiplied by {@code weight}. */
    GramMatrices gram(double weight) {
        final int n = products.size();
        final int samples = products.get(0).get(0).length;
        final double[][][] gram = new double[samples][n][n];
        for (int k = 0; k < samples; k++)
            for (int i = 0; i < n; i++)
                for (int j = i; j < n; j++)
                    gram[k][j][i] = gram[k][i][j] = weight * products.get(i).get(j - i)[k];
        return new GramMatrices(gram);
    }

    /**
     * {@return Σ_j α_j (X_j + β g_j) with the weights α, [sample][iterate], of the newest iterates;
     * (K, C, H, W), owned by the manager of the states}
     */
    NDArray mix(double[][] weights, double mixing) {
        NDArray sum = null;
        for (int j = 0; j < weights[0].length; j++) {
            final float[] column = new float[weights.length];
            for (int k = 0; k < column.length; k++) column[k] = (float) weights[k][j];
            try (NDArray weight =
                            states.get(j)
                                    .getManager()
                                    .create(column, new Shape(column.length, 1, 1, 1));
                    NDArray step = residuals.get(j).mul(mixing)) {
                step.addi(states.get(j));
                final NDArray part = step.mul(weight);
                if (sum == null) sum = part;
                else
                    try (part) {
                        sum.addi(part);
                    }
            }
        }
        return sum;
    }

    /** Forgets everything. */
    @Override
    public void close() {
        settle();
        products.clear();
    }
}
