/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics;

/**
 * The noise levels through which a degradation is undone well: standard deviations where images are
 * in [−1, 1]. The first should match how wrong the first guess is, the last the measurement's
 * noise. Their number is about the least at which more levels gain less than 0.05 dB; see the page
 * on solvers.
 *
 * @param first σ of the noisiest level
 * @param last σ of the cleanest level
 * @param count number of levels
 * @param weight weight of the network's estimate where it meets the measurement, 1 for the Bayesian
 *     one
 * @param pairs whether the network is called in pairs, with noise added and taken away
 */
public record Levels(double first, double last, int count, double weight, boolean pairs) {

    /** Below this level priors have not been trained to restore. */
    public static final double LEAST = 0.02;

    /** Weight of single network calls without noise: their estimates are grainy. */
    public static final double WEIGHT_OF_SINGLE_CALLS = 0.3;

    /**
     * {@return levels from the first one down to the measurement's noise σ, both where images are
     * in [−1, 1]} The other values are those of the record.
     */
    public static Levels from(double first, double noise, int count, double weight, boolean pairs) {
        return new Levels(first, Math.max(LEAST, noise), count, weight, pairs);
    }
}
