/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.training;

/**
 * The learning rate rises linearly over the first {@value #WARM_UP} of a training and then falls
 * with a cosine to {@value #LAST} of its largest value (Loshchilov and Hutter 2017).
 */
final class LearningRate {

    private static final double WARM_UP = 0.05;
    private static final double FIRST = 0.02;
    private static final double LAST = 0.04;

    private LearningRate() {}

    /** The factor on the largest rate at a share of the training, 0 to 1. */
    static double factor(double share) {
        if (share < WARM_UP) return Math.max(FIRST, share / WARM_UP);
        final double fallen = (share - WARM_UP) / (1 - WARM_UP);
        return LAST + (1 - LAST) * 0.5 * (1 + Math.cos(Math.PI * fallen));
    }

    /**
     * The share of the moving average that the k-th step keeps: the average goes back over about a
     * tenth of the steps so far, and over no more than 2000.
     */
    static double kept(long k) {
        return Math.min(0.9995, (1.0 + k) / (10.0 + k));
    }
}
