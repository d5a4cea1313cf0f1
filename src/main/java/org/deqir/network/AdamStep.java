/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network;

/**
 * Settings of one step of Adam (Kingma and Ba 2015) and of the moving average of the weights.
 *
 * @param rate learning rate, above 0
 * @param kept share of the moving average that is kept, 0 to 1: average ← kept·average + (1 −
 *     kept)·weights
 */
public record AdamStep(double rate, double kept) {

    /** Decay of the mean of gradients. */
    static final double FIRST_DECAY = 0.9;

    /** Decay of the mean of squared gradients; short runs need a shorter memory than 0.999. */
    static final double SECOND_DECAY = 0.99;

    static final double EPSILON = 1e-8;

    /** Largest norm of a gradient; longer ones are scaled down to it. */
    static final double LARGEST_NORM = 1;

    /**
     * @throws IllegalArgumentException if a value is out of range
     */
    public AdamStep {
        if (!(rate > 0 && Double.isFinite(rate)))
            throw new IllegalArgumentException("The learning rate " + rate + " is not above 0.");
        if (!(kept >= 0 && kept <= 1))
            throw new IllegalArgumentException(
                    "The share of the average that is kept is " + kept + ", not 0 to 1.");
    }

    /** The numbers that the program's {@code update} takes, for the k-th step, from 1. */
    float[] numbers(long k) {
        return new float[] {
            (float) LARGEST_NORM,
            (float) FIRST_DECAY,
            (float) SECOND_DECAY,
            (float) (1 - Math.pow(FIRST_DECAY, k)),
            (float) (1 - Math.pow(SECOND_DECAY, k)),
            (float) EPSILON,
            (float) rate,
            (float) kept
        };
    }
}
