/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.metrics;

import java.util.function.DoubleUnaryOperator;

/**
 * Reduced χ² of a restoration's re-degradation: the mean of ((y − A x) / σ)² over the measured
 * pixels. It needs no truth.
 *
 * <p>About 1 says that the restored image explains the measurement up to its noise, much more that
 * it does not (wrong operator, or structure was lost), much less that it reproduces the noise. For
 * n measured pixels with the right σ the spread around 1 is about √(2/n).
 */
public final class ResidualChiSquare {

    private ResidualChiSquare() {}

    /**
     * χ² for noise of one standard deviation.
     *
     * @param measured y, grey levels
     * @param degraded A x, what the restored image would have been measured as without noise
     * @param sigma standard deviation of the noise, grey levels &gt; 0
     * @return mean of the squared normalised residuals, ≥ 0
     */
    public static double of(float[] measured, float[] degraded, double sigma) {
        Planes.requirePositive("standard deviation of the noise", sigma);
        return of(measured, degraded, expected -> sigma * sigma);
    }

    /**
     * χ² for noise that depends on the signal.
     *
     * @param measured y, grey levels
     * @param degraded A x, what the restored image would have been measured as without noise
     * @param variance the noise's variance as a function of the expected grey level, &gt; 0 for all
     *     values of {@code degraded}
     * @return mean of the squared normalised residuals, ≥ 0
     */
    public static double of(float[] measured, float[] degraded, DoubleUnaryOperator variance) {
        return of(measured, degraded, variance, new boolean[measured.length]);
    }

    /**
     * χ² over a part of the pixels, for measurements with missing pixels.
     *
     * @param measured y, grey levels; must be finite at missing pixels too
     * @param degraded A x, what the restored image would have been measured as without noise
     * @param variance the noise's variance as a function of the expected grey level, &gt; 0 for all
     *     values of {@code degraded}
     * @param missing true for pixels that do not count
     * @return mean of the squared normalised residuals of the others, ≥ 0
     * @throws IllegalArgumentException also if all pixels are missing
     */
    public static double of(
            float[] measured, float[] degraded, DoubleUnaryOperator variance, boolean[] missing) {
        Planes.requirePair("measured", measured, "re-degraded", degraded);
        if (missing.length != measured.length)
            throw new IllegalArgumentException(
                    "The mask has "
                            + missing.length
                            + " pixels but the measured image has "
                            + measured.length
                            + ".");
        double sum = 0;
        int count = 0;
        for (int i = 0; i < measured.length; i++) {
            if (missing[i]) continue;
            final double noise = variance.applyAsDouble(degraded[i]);
            if (!(noise > 0))
                throw new IllegalArgumentException(
                        "The noise variance at grey level "
                                + degraded[i]
                                + " is "
                                + noise
                                + "; χ² is defined for positive variances only.");
            final double residual = (double) measured[i] - degraded[i];
            sum += residual * residual / noise;
            count++;
        }
        if (count == 0)
            throw new IllegalArgumentException("All pixels are missing; there is no residual.");
        return sum / count;
    }
}
