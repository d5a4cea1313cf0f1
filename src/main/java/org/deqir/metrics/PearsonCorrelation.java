/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.metrics;

/** Pearson's correlation coefficient of the grey levels of two images, −1 to 1. */
public final class PearsonCorrelation {

    private PearsonCorrelation() {}

    /**
     * {@return the correlation of two images of one size, −1 to 1; it does not change with gain and
     * offset of either}
     *
     * @throws IllegalArgumentException also if either image is constant: its correlation with
     *     anything is undefined
     */
    public static double of(float[] first, float[] second) {
        ComparedPlanes.requirePair("first", first, "second", second);
        if (ComparedPlanes.isConstant(first) || ComparedPlanes.isConstant(second))
            throw new IllegalArgumentException(
                    "The "
                            + (ComparedPlanes.isConstant(first) ? "first" : "second")
                            + " image is constant; its correlation with another is undefined.");
        final double firstMean = ComparedPlanes.mean(first);
        final double secondMean = ComparedPlanes.mean(second);
        double covariance = 0;
        double firstVariance = 0;
        double secondVariance = 0;
        for (int i = 0; i < first.length; i++) {
            final double a = first[i] - firstMean;
            final double b = second[i] - secondMean;
            covariance += a * b;
            firstVariance += a * a;
            secondVariance += b * b;
        }
        final double correlation =
                covariance / (Math.sqrt(firstVariance) * Math.sqrt(secondVariance));
        return Math.max(-1, Math.min(1, correlation));
    }
}
