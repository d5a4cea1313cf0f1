/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.metrics;

import java.util.Locale;
import java.util.OptionalDouble;

/**
 * Fourier ring correlation: how well two images of the same scene agree at each spatial frequency
 * (Nieuwenhuizen et al., Nature Methods 10, 2013).
 *
 * <p>With two images whose noise is independent (two exposures, or restorations made from them),
 * the frequency where the correlation falls below 1/7 is the resolution that the data support. The
 * correlation of a restored image with the truth says instead up to which frequency the restoration
 * is right.
 *
 * <p>The mean is subtracted and an eighth of the field at each side is faded out with a cosine
 * (Tukey window), so that the borders of the field, which both images share, do not correlate.
 * Images need not be square: rings are of equal width in frequency, one period of the shorter side.
 * Any size is transformed as it is, without padding or cropping.
 */
public final class FourierRingCorrelation {

    /** The usual threshold for two images with independent noise. */
    public static final double ONE_SEVENTH = 1.0 / 7;

    /** Smaller images have too few rings for a curve. */
    private static final int SMALLEST = 16;

    private static final double FADED_SHARE = 0.125;

    private final double[] correlations;
    private final int shorterSide;

    private FourierRingCorrelation(double[] correlations, int shorterSide) {
        this.correlations = correlations;
        this.shorterSide = shorterSide;
    }

    /**
     * {@return the correlation of two images of one size, at least 16 pixels wide and high, ring by
     * ring}
     *
     * @throws IllegalArgumentException also if either image is constant
     */
    public static FourierRingCorrelation of(float[] first, float[] second, int width, int height) {
        ComparedPlanes.requirePair("first", first, "second", second);
        ComparedPlanes.requireSize("first", first, width, height);
        if (width < SMALLEST || height < SMALLEST)
            throw new IllegalArgumentException(
                    String.format(
                            Locale.ROOT,
                            "Fourier ring correlation needs images of at least %d × %d pixels;"
                                    + " these have %d × %d.",
                            SMALLEST,
                            SMALLEST,
                            width,
                            height));
        if (ComparedPlanes.isConstant(first) || ComparedPlanes.isConstant(second))
            throw new IllegalArgumentException(
                    "The "
                            + (ComparedPlanes.isConstant(first) ? "first" : "second")
                            + " image is constant; its Fourier ring correlation is undefined.");

        final double[] firstReal = windowed(first, width, height);
        final double[] firstImaginary = new double[first.length];
        final double[] secondReal = windowed(second, width, height);
        final double[] secondImaginary = new double[first.length];
        FourierTransform.transform(firstReal, firstImaginary, width, height);
        FourierTransform.transform(secondReal, secondImaginary, width, height);

        final int shorterSide = Math.min(width, height);
        final int rings = shorterSide / 2;
        final double[] cross = new double[rings];
        final double[] firstPower = new double[rings];
        final double[] secondPower = new double[rings];
        for (int y = 0; y < height; y++) {
            final double fy = (double) Math.min(y, height - y) / height;
            for (int x = 0; x < width; x++) {
                final double fx = (double) Math.min(x, width - x) / width;
                final int ring = (int) Math.round(Math.hypot(fx, fy) * shorterSide);
                if (ring >= rings) continue;
                final int i = y * width + x;
                cross[ring] +=
                        firstReal[i] * secondReal[i] + firstImaginary[i] * secondImaginary[i];
                firstPower[ring] +=
                        firstReal[i] * firstReal[i] + firstImaginary[i] * firstImaginary[i];
                secondPower[ring] +=
                        secondReal[i] * secondReal[i] + secondImaginary[i] * secondImaginary[i];
            }
        }
        final double[] correlations = new double[rings];
        for (int ring = 0; ring < rings; ring++) {
            final double power = Math.sqrt(firstPower[ring]) * Math.sqrt(secondPower[ring]);
            // A frequency that one of the images does not hold at all is not shared.
            correlations[ring] = power > 0 ? cross[ring] / power : 0;
        }
        return new FourierRingCorrelation(correlations, shorterSide);
    }

    /** {@return number of rings, from zero frequency to just below half a cycle per pixel} */
    public int rings() {
        return correlations.length;
    }

    /** {@return spatial frequency in the middle of a ring, from 0, in cycles per pixel} */
    public double frequency(int ring) {
        return (double) ring / shorterSide;
    }

    /** {@return correlation in a ring, from 0, −1 to 1} */
    public double correlation(int ring) {
        return correlations[ring];
    }

    /**
     * The finest structure that the images share, in pixels per period: the inverse of the
     * frequency where the curve first falls below a threshold and stays there for the next ring as
     * well, interpolated between rings and smoothed over three of them, as single rings are noisy.
     *
     * @param threshold correlation, such as {@link #ONE_SEVENTH}
     * @return pixels per period, or empty if the curve stays above the threshold: the images agree
     *     up to the finest frequency that the pixels can hold
     */
    public OptionalDouble resolution(double threshold) {
        // Ring 0 holds the mean, which was removed.
        for (int ring = 2; ring < correlations.length; ring++) {
            final double here = smoothed(ring);
            if (here >= threshold) continue;
            if (ring + 1 < correlations.length && smoothed(ring + 1) >= threshold) continue;
            final double before = smoothed(ring - 1);
            final double share = before > threshold ? (before - threshold) / (before - here) : 0;
            return OptionalDouble.of(shorterSide / (ring - 1 + share));
        }
        return OptionalDouble.empty();
    }

    private double smoothed(int ring) {
        final int from = Math.max(1, ring - 1);
        final int to = Math.min(correlations.length - 1, ring + 1);
        double sum = 0;
        for (int r = from; r <= to; r++) sum += correlations[r];
        return sum / (to - from + 1);
    }

    private static double[] windowed(float[] plane, int width, int height) {
        final double mean = ComparedPlanes.mean(plane);
        final double[] result = new double[plane.length];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                result[y * width + x] =
                        (plane[y * width + x] - mean) * fade(x, width) * fade(y, height);
        return result;
    }

    private static double fade(int position, int length) {
        final double fromBorder = (Math.min(position, length - 1 - position) + 0.5) / length;
        if (fromBorder >= FADED_SHARE) return 1;
        return 0.5 * (1 - Math.cos(Math.PI * fromBorder / FADED_SHARE));
    }
}
