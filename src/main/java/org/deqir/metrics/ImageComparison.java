/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.metrics;

/**
 * All metrics of an estimate against the truth, as a row of a table.
 *
 * @param psnr {@link PeakSignalToNoiseRatio#of}, decibel
 * @param scaleInvariantPsnr {@link PeakSignalToNoiseRatio#scaleInvariant}, decibel
 * @param nrmse {@link NormalizedError#of}; NaN where undefined: for a constant truth
 * @param ssim {@link StructuralSimilarity#of}; NaN where undefined: for images smaller than its
 *     window
 * @param pearson {@link PearsonCorrelation#of}; NaN where undefined: if either image is constant
 */
public record ImageComparison(
        double psnr, double scaleInvariantPsnr, double nrmse, double ssim, double pearson) {

    /**
     * {@return all metrics of an estimate against the truth; {@code peak} is the range of the
     * signal in grey levels, &gt; 0} In contrast to the single metrics, one that is undefined for
     * these images is NaN, so that a stack with an empty slice can be compared.
     */
    public static ImageComparison of(
            float[] truth, float[] estimate, int width, int height, double peak) {
        ComparedPlanes.requirePair("true", truth, "estimated", estimate);
        ComparedPlanes.requireSize("true", truth, width, height);
        final boolean constantTruth = ComparedPlanes.isConstant(truth);
        final boolean hasWindow = Math.min(width, height) >= StructuralSimilarity.WINDOW;
        return new ImageComparison(
                PeakSignalToNoiseRatio.of(truth, estimate, peak),
                PeakSignalToNoiseRatio.scaleInvariant(truth, estimate, peak),
                constantTruth ? Double.NaN : NormalizedError.of(truth, estimate),
                hasWindow
                        ? StructuralSimilarity.of(truth, estimate, width, height, peak)
                        : Double.NaN,
                constantTruth || ComparedPlanes.isConstant(estimate)
                        ? Double.NaN
                        : PearsonCorrelation.of(truth, estimate));
    }
}
