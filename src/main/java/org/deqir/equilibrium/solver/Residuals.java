/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.solver;

import ai.djl.ndarray.NDArray;
import org.deqir.diffusion.TimestepSequence;

/** Sizes of differences between states. */
final class Residuals {

    private Residuals() {}

    /** ⟨a, b⟩ of each of K samples (K, C, H, W), divided by its number of values. */
    static double[] meanProducts(NDArray a, NDArray b) {
        try (NDArray product = a.mul(b);
                NDArray flat = product.reshape(a.size(0), -1);
                NDArray mean = flat.mean(new int[] {1})) {
            final float[] values = mean.toFloatArray();
            final double[] result = new double[values.length];
            for (int i = 0; i < values.length; i++) result[i] = values[i];
            return result;
        }
    }

    /**
     * How far a state has moved: root mean square over its pixels as a multiple of {@link #scale},
     * largest over the samples. Not a number where a state is not finite.
     */
    static double change(NDArray now, NDArray before, double scale) {
        try (NDArray difference = now.sub(before)) {
            double largest = 0;
            for (double square : meanProducts(difference, difference)) {
                if (!(square < Double.POSITIVE_INFINITY)) return Double.POSITIVE_INFINITY;
                largest = Math.max(largest, square);
            }
            return Math.sqrt(largest) / scale;
        }
    }

    /**
     * What residuals of the state after a step are measured against: the standard deviation of its
     * noise, √(1−ᾱ); for the clean image that of the level before.
     */
    static double scale(TimestepSequence levels, int step) {
        final int level = Math.min(step + 1, levels.length() - 1);
        return Math.sqrt(1 - levels.alphaBar(level));
    }

    /**
     * Checks a state that will not change any more.
     *
     * @throws ArithmeticException if it holds NaN or infinite values
     */
    static void requireFinite(NDArray state, int step) {
        for (double square : meanProducts(state, state))
            if (!(square < Double.POSITIVE_INFINITY))
                throw new ArithmeticException(
                        "The state after step "
                                + (step + 1)
                                + " of the chain is not finite: the network, the data step or the"
                                + " measurement gave NaN or infinite values.");
    }
}
