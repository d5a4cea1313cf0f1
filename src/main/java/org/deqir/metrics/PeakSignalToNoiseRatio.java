/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.metrics;

/**
 * Peak signal-to-noise ratio, 10 log₁₀(peak² / MSE), in decibel.
 *
 * <p>The peak is the range of the signal in grey levels (1 for images in 0..1, 255 for 8 bit, the
 * range of the truth for a camera image); two PSNR are comparable only for the same peak. Equal
 * images have a PSNR of positive infinity.
 */
public final class PeakSignalToNoiseRatio {

    private PeakSignalToNoiseRatio() {}

    /**
     * {@return the PSNR in decibel of an estimate as it is; {@code peak} is the range of the
     * signal, grey levels &gt; 0}
     */
    public static double of(float[] truth, float[] estimate, double peak) {
        check(truth, estimate, peak);
        double squares = 0;
        for (int i = 0; i < truth.length; i++) {
            final double error = (double) estimate[i] - truth[i];
            squares += error * error;
        }
        return decibel(squares / truth.length, peak);
    }

    /**
     * {@return the PSNR in decibel of an estimate whose values are first clipped to the range
     * (minimum to maximum) of the truth} No estimate is worse for leaving a range that the scene is
     * known to keep.
     */
    public static double ofClipped(float[] truth, float[] estimate, double peak) {
        check(truth, estimate, peak);
        float lowest = truth[0];
        float highest = truth[0];
        for (final float value : truth) {
            lowest = Math.min(lowest, value);
            highest = Math.max(highest, value);
        }
        double squares = 0;
        for (int i = 0; i < truth.length; i++) {
            final double clipped = Math.max(lowest, Math.min(highest, estimate[i]));
            final double error = clipped - truth[i];
            squares += error * error;
        }
        return decibel(squares / truth.length, peak);
    }

    /**
     * Scale-invariant PSNR: the estimate is first brought to the truth's grey levels by the gain
     * and offset that fit best in the least-squares sense (Weigert et al., Nature Methods 15, 2018,
     * online methods), for images whose exposure or camera offset differ.
     *
     * <p>The gain is at least 0, so that an inverted image is not taken for a restored one; for a
     * constant estimate and for a gain of 0 the offset alone is fitted.
     *
     * @param peak range of the truth's signal, grey levels &gt; 0
     * @return decibel
     */
    public static double scaleInvariant(float[] truth, float[] estimate, double peak) {
        check(truth, estimate, peak);
        final double truthMean = ComparedPlanes.mean(truth);
        final double estimateMean = ComparedPlanes.mean(estimate);
        double covariance = 0;
        double estimateVariance = 0;
        for (int i = 0; i < truth.length; i++) {
            final double t = truth[i] - truthMean;
            final double e = estimate[i] - estimateMean;
            covariance += t * e;
            estimateVariance += e * e;
        }
        final double gain = estimateVariance > 0 ? Math.max(0, covariance / estimateVariance) : 0;
        double squares = 0;
        for (int i = 0; i < truth.length; i++) {
            final double error = gain * (estimate[i] - estimateMean) - (truth[i] - truthMean);
            squares += error * error;
        }
        return decibel(squares / truth.length, peak);
    }

    private static void check(float[] truth, float[] estimate, double peak) {
        ComparedPlanes.requirePair("true", truth, "estimated", estimate);
        ComparedPlanes.requirePositive("peak", peak);
    }

    private static double decibel(double meanSquare, double peak) {
        return 10 * Math.log10(peak * peak / meanSquare);
    }
}
