/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.operator;

import java.util.stream.IntStream;

/**
 * A {@link SymmetricFilter} on a signal of n samples as a matrix A (m × n, m = n/f) and its
 * singular value decomposition A = U S Vᵀ in closed form.
 *
 * <p>A signal that continues as its mirror image is a sum of cosines φ_k(i) = c_k cos(πk(i + ½)/n),
 * the DCT-II basis. The filter scales φ_k by its response K(πk/n), and keeping every f-th sample
 * folds frequency k = 2mq ± k′ onto the k′-th cosine ψ_k′ of the m samples, with sign (−1)^q; what
 * falls on k′ = m vanishes. So in these bases A is a matrix with one group of frequencies per row:
 * A φ_k = a_k ψ_k′, a_k = (−1)^q K(πk/n) c_k/c_k′. Row k′ has the singular value |a_G| with the
 * right singular vector a_G/|a_G| over its group G, and one Householder reflection per group
 * completes the basis: O(n²) operations, no iteration. For f = 1 this is the DCT itself.
 */
final class ReflectiveAxis {

    private final int length;
    private final int outputs;
    private final double[][] right;
    private final double[] singularValues;

    private ReflectiveAxis(int length, int outputs) {
        this.length = length;
        this.outputs = outputs;
        right = cosines(length);
        singularValues = new double[length];
    }

    /** The decomposition for n samples, a multiple of the filter's factor. */
    static DecomposedAxis of(SymmetricFilter filter, int length) {
        final ReflectiveAxis axis = new ReflectiveAxis(length, length / filter.factor());
        final double[] coefficients = new double[length];
        for (int k = 0; k < length; k++) coefficients[k] = axis.coefficient(filter, k);
        for (int row = 0; row < axis.outputs; row++) axis.decompose(row, coefficients);
        return new DecomposedAxis(
                axis.matrix(filter), cosines(axis.outputs), axis.right, axis.singularValues);
    }

    private double[][] matrix(SymmetricFilter filter) {
        final double[] weights = filter.weights();
        final double[][] rows = new double[outputs][length];
        for (int m = 0; m < outputs; m++) {
            // For even f the centre lies between two samples; the first weight is left of it.
            final int first = (2 * filter.factor() * m + filter.factor() - weights.length) / 2;
            for (int i = 0; i < weights.length; i++) rows[m][mirrored(first + i)] += weights[i];
        }
        return rows;
    }

    private int mirrored(int index) {
        final int inPeriod = Math.floorMod(index, 2 * length);
        return inPeriod < length ? inPeriod : 2 * length - 1 - inPeriod;
    }

    /** a_k, 0 where frequency k folds onto k′ = m. */
    private double coefficient(SymmetricFilter filter, int k) {
        final int folded = folded(k);
        if (folded == outputs) return 0;
        final int turns = (k + outputs) / (2 * outputs);
        final double norms =
                Math.sqrt((k == 0 ? 1.0 : 2.0) / length)
                        / Math.sqrt((folded == 0 ? 1.0 : 2.0) / outputs);
        return (turns % 2 == 0 ? 1 : -1) * filter.response(Math.PI * k / length) * norms;
    }

    /** k′ = |k − 2mq|, 0 … m. */
    private int folded(int k) {
        final int inPeriod = k % (2 * outputs);
        return Math.min(inPeriod, 2 * outputs - inPeriod);
    }

    /** Turns the cosines of the group that folds onto a row into right singular vectors. */
    private void decompose(int row, double[] coefficients) {
        final int[] group = IntStream.range(row, length).filter(k -> folded(k) == row).toArray();
        double square = 0;
        for (final int k : group) square += coefficients[k] * coefficients[k];
        final double norm = Math.sqrt(square);
        singularValues[row] = norm;
        if (norm == 0) return;
        // Householder vector h = v + sign(v₁) e₁ maps e₁ to −sign(v₁) v; the sign is put back
        // below.
        final double[] h = new double[group.length];
        for (int i = 0; i < h.length; i++) h[i] = coefficients[group[i]] / norm;
        final double sign = h[0] < 0 ? -1 : 1;
        h[0] += sign;
        double squareOfH = 0;
        for (final double value : h) squareOfH += value * value;
        final double[] mix = new double[length];
        for (int i = 0; i < h.length; i++)
            for (int n = 0; n < length; n++) mix[n] += h[i] * right[group[i]][n];
        for (int i = 0; i < h.length; i++) {
            final double scale = 2 * h[i] / squareOfH;
            for (int n = 0; n < length; n++) right[group[i]][n] -= scale * mix[n];
        }
        for (int n = 0; n < length; n++) right[row][n] *= -sign;
    }

    /** The orthonormal DCT-II basis, one cosine per row. */
    private static double[][] cosines(int size) {
        final double[] table = new double[4 * size];
        for (int i = 0; i < table.length; i++) table[i] = Math.cos(Math.PI * i / (2 * size));
        final double[][] rows = new double[size][size];
        for (int k = 0; k < size; k++) {
            final double norm = Math.sqrt((k == 0 ? 1.0 : 2.0) / size);
            for (int i = 0; i < size; i++)
                rows[k][i] = norm * table[(int) ((long) k * (2 * i + 1) % table.length)];
        }
        return rows;
    }
}
