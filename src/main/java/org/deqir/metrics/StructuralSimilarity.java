/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.metrics;

import java.util.Locale;

/**
 * Mean structural similarity, SSIM (Wang, Bovik, Sheikh and Simoncelli, IEEE Transactions on Image
 * Processing 13, 2004, equation 13).
 *
 * <p>As in that paper: Gaussian window of 11 × 11 pixels with σ = 1.5, K₁ = 0.01, K₂ = 0.03,
 * weighted population moments, and the mean over all windows that lie inside the image.
 */
public final class StructuralSimilarity {

    /** Width and height of the window, and so of the smallest image that can be compared. */
    public static final int WINDOW = 11;

    private static final double SIGMA = 1.5;
    private static final double K1 = 0.01;
    private static final double K2 = 0.03;

    private StructuralSimilarity() {}

    /**
     * {@return the SSIM of two images of one size, at least {@value #WINDOW} pixels wide and high,
     * −1 to 1; 1 for equal images, constant ones included}
     *
     * @param dataRange range of the signal in grey levels, the same L for both images, &gt; 0
     */
    public static double of(
            float[] first, float[] second, int width, int height, double dataRange) {
        ComparedPlanes.requirePair("first", first, "second", second);
        ComparedPlanes.requireSize("first", first, width, height);
        ComparedPlanes.requirePositive("data range", dataRange);
        if (width < WINDOW || height < WINDOW)
            throw new IllegalArgumentException(
                    String.format(
                            Locale.ROOT,
                            "SSIM needs images of at least %d × %d pixels; these have %d × %d.",
                            WINDOW,
                            WINDOW,
                            width,
                            height));

        final int n = first.length;
        final double[] a = new double[n];
        final double[] b = new double[n];
        final double[] aa = new double[n];
        final double[] bb = new double[n];
        final double[] ab = new double[n];
        // Moments about a common value near the data lose no digits to a large camera offset.
        final double origin = ComparedPlanes.mean(first);
        for (int i = 0; i < n; i++) {
            a[i] = first[i] - origin;
            b[i] = second[i] - origin;
            aa[i] = a[i] * a[i];
            bb[i] = b[i] * b[i];
            ab[i] = a[i] * b[i];
        }
        final double[] window = window();
        final double[] meanA = windowMeans(a, width, height, window);
        final double[] meanB = windowMeans(b, width, height, window);
        final double[] meanAA = windowMeans(aa, width, height, window);
        final double[] meanBB = windowMeans(bb, width, height, window);
        final double[] meanAB = windowMeans(ab, width, height, window);

        final double c1 = K1 * dataRange * K1 * dataRange;
        final double c2 = K2 * dataRange * K2 * dataRange;
        double sum = 0;
        for (int i = 0; i < meanA.length; i++) {
            final double varianceA = meanAA[i] - meanA[i] * meanA[i];
            final double varianceB = meanBB[i] - meanB[i] * meanB[i];
            final double covariance = meanAB[i] - meanA[i] * meanB[i];
            final double muA = meanA[i] + origin;
            final double muB = meanB[i] + origin;
            sum +=
                    (2 * muA * muB + c1)
                            * (2 * covariance + c2)
                            / ((muA * muA + muB * muB + c1) * (varianceA + varianceB + c2));
        }
        return sum / meanA.length;
    }

    private static double[] window() {
        final double[] weights = new double[WINDOW];
        double sum = 0;
        for (int i = 0; i < WINDOW; i++) {
            final double d = i - WINDOW / 2;
            weights[i] = Math.exp(-d * d / (2 * SIGMA * SIGMA));
            sum += weights[i];
        }
        for (int i = 0; i < WINDOW; i++) weights[i] /= sum;
        return weights;
    }

    /** Weighted means over all windows inside the plane. */
    private static double[] windowMeans(double[] plane, int width, int height, double[] window) {
        final int innerWidth = width - WINDOW + 1;
        final int innerHeight = height - WINDOW + 1;
        final double[] rows = new double[innerWidth * height];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < innerWidth; x++) {
                double sum = 0;
                for (int k = 0; k < WINDOW; k++) sum += window[k] * plane[y * width + x + k];
                rows[y * innerWidth + x] = sum;
            }
        final double[] means = new double[innerWidth * innerHeight];
        for (int y = 0; y < innerHeight; y++)
            for (int x = 0; x < innerWidth; x++) {
                double sum = 0;
                for (int k = 0; k < WINDOW; k++) sum += window[k] * rows[(y + k) * innerWidth + x];
                means[y * innerWidth + x] = sum;
            }
        return means;
    }
}
