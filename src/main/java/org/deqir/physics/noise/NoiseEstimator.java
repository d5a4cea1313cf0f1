/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.noise;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.deqir.image.Pixels;
import org.deqir.physics.noise.NoiseModel.Gaussian;
import org.deqir.physics.noise.NoiseModel.None;
import org.deqir.physics.noise.NoiseModel.PoissonGaussian;

/**
 * Estimates the noise of an image from the image alone.
 *
 * <p>The variance of the noise is measured in small patches, where principal components tell it
 * from texture, and a line through variance over mean is fitted robustly: a level line is Gaussian
 * noise, a rising one the photon noise of a camera. Pixels that are clipped at the ends of the
 * range get the noise they lost ({@link ClippedNoise}) or, where most are clipped, are left out as
 * NaN and infinite ones are. Noise must be white; whether it is, is tested.
 *
 * <p>Images smaller than 24 pixels in width or height get a Gaussian estimate from the second
 * differences of their pixels (Immerkær, Computer Vision and Image Understanding 64, 1996, with a
 * median in place of the mean). The estimate is deterministic.
 */
public final class NoiseEstimator {

    /** Standard errors by which the slope of the variance must differ from 0. */
    private static final double SIGNIFICANT = 4;

    /** Least ratio of the variances in bright and dark patches that is worth another model. */
    private static final double LEAST_RATIO = 1.3;

    /** Below this share of the largest grey level, noise is rounding. */
    private static final double ROUNDING = 1e-6;

    /** Correlation of neighbours above which a warning is given. */
    private static final double CORRELATED = 0.15;

    /** Share of clipped pixels above which a warning is given. */
    private static final double MUCH_CLIPPED = 0.1;

    /** Share of clipped pixels from which on they are given the noise they lost. */
    private static final double LEAST_CLIPPED = 0.005;

    private static final int LEAST_PATCHES = 100;
    private static final int LEAST_DIFFERENCES = 9;

    private NoiseEstimator() {}

    /**
     * Estimates the noise of a plane.
     *
     * @param plane grey levels, row by row; NaN and infinite pixels count as missing
     * @param width pixels in a row
     * @param height rows
     * @return the model that fits best, in the plane's grey levels, and what else was found
     * @throws IllegalArgumentException if the plane does not have the size that is given
     */
    public static NoiseEstimate estimate(float[] plane, int width, int height) {
        Pixels.requireSize(plane, width, height);
        final UsablePixels usable = new UsablePixels(plane, width, height);
        if (usable.isEmpty())
            return unknown("No noise could be estimated: the image has no finite pixel.");
        if (usable.isConstant()) return noNoise("No noise was found: the image is constant.");
        return estimate(
                withoutClipping(plane, width, height, usable),
                width,
                height,
                Pixels.roundingError(plane),
                clippingWarnings(usable));
    }

    private static float[] withoutClipping(
            float[] plane, int width, int height, UsablePixels usable) {
        float[] filled = plane;
        if (usable.clippedLowShare() > LEAST_CLIPPED)
            filled = ClippedNoise.filled(filled, width, height, usable.lowest(), false);
        if (usable.clippedHighShare() > LEAST_CLIPPED)
            filled = ClippedNoise.filled(filled, width, height, usable.highest(), true);
        return filled;
    }

    private static NoiseEstimate estimate(
            float[] plane, int width, int height, double rounding, List<String> warnings) {
        final UsablePixels usable = new UsablePixels(plane, width, height);
        if (Math.min(width, height) < NoisePatches.SMALLEST_IMAGE)
            return fromDifferences(plane, width, height, usable, warnings);
        final NoisePatches patches = new NoisePatches(plane, width, height, usable);
        if (patches.count() < LEAST_PATCHES)
            return fromDifferences(plane, width, height, usable, warnings);
        return fromPatches(plane, width, height, usable, patches, rounding, warnings);
    }

    private static NoiseEstimate fromPatches(
            float[] plane,
            int width,
            int height,
            UsablePixels usable,
            NoisePatches patches,
            double rounding,
            List<String> clipping) {
        final VarianceLine line = new VarianceLine(patches);
        final Gaussian gaussian = new Gaussian(Math.sqrt(line.typicalVariance()));
        if (isRounding(gaussian, usable)) return noNoise("No noise was found.");

        final Optional<PoissonGaussian> camera =
                line.slope() > 0 && line.at(line.brightestMean()) > 0
                        ? Optional.of(
                                camera(
                                        line.slope(),
                                        line.intercept(),
                                        line.darkestMean(),
                                        rounding))
                        : Optional.empty();
        final double dark = line.at(line.darkestMean());
        final double bright = line.at(line.brightestMean());
        final boolean isPhotonNoise =
                camera.isPresent() && isPhotonNoise(line.slope(), line.slopeError(), dark, bright);
        final NoiseModel model = isPhotonNoise ? camera.get() : gaussian;
        final NoiseCorrelation correlation =
                NoiseCorrelation.of(plane, width, height, usable, line);
        final String finding =
                isPhotonNoise
                        ? String.format(
                                Locale.ROOT,
                                "Found %s (sigma %s in the darkest and %s in the brightest"
                                        + " parts).",
                                model.describe(),
                                Pixels.format(Math.sqrt(model.variance(line.darkestMean()))),
                                Pixels.format(Math.sqrt(model.variance(line.brightestMean()))))
                        : "Found "
                                + model.describe()
                                + "; it does not clearly grow with the brightness.";
        final List<String> warnings = new ArrayList<>(clipping);
        if (correlation.isFound())
            warnings.add(
                    String.format(
                            Locale.ROOT,
                            "The noise of neighbouring pixels is correlated (%.2f): over several"
                                    + " pixels it is as strong as independent noise of %.1f times"
                                    + " the variance, which is what denoising removes.",
                            correlation.strongest(),
                            correlation.coarseFactor()));
        else if (Math.abs(correlation.strongest()) > CORRELATED)
            warnings.add(
                    String.format(
                            Locale.ROOT,
                            "The noise of neighbouring pixels is correlated (%.2f): the image was"
                                    + " smoothed, enlarged or compressed, or has structure as fine as"
                                    + " its noise. The noise is treated as independent and its strength"
                                    + " may be wrong.",
                            correlation.strongest()));
        return new NoiseEstimate(model, gaussian, camera, correlation, finding, warnings);
    }

    /**
     * {@return whether the noise clearly grows with the brightness}
     *
     * @param slope of the variance over the mean
     * @param error standard error of the slope
     * @param dark variance in dark parts
     * @param bright variance in bright parts
     */
    static boolean isPhotonNoise(double slope, double error, double dark, double bright) {
        return slope > SIGNIFICANT * error && bright > LEAST_RATIO * dark;
    }

    /**
     * {@return the camera behind a line of variance over mean: gain = slope, and an offset that
     * leaves a real readout noise and, where possible, no pixel below it}
     *
     * @param darkest mean
     * @param rounding standard deviation that the noise has at least. Few photons in whole numbers
     *     have hardly any other noise in dark parts, and none at all would make these exact
     */
    static PoissonGaussian camera(double slope, double intercept, double darkest, double rounding) {
        final double offset = Math.max(-intercept / slope, Math.min(0, darkest));
        final double variance = Math.max(0, slope * offset + intercept);
        return new PoissonGaussian(slope, offset, Math.max(rounding, Math.sqrt(variance)));
    }

    private static NoiseEstimate fromDifferences(
            float[] plane, int width, int height, UsablePixels usable, List<String> clipping) {
        final double[] magnitudes = new double[Math.max(0, (width - 2) * (height - 2))];
        int n = 0;
        for (int y = 0; y + 3 <= height; y++)
            for (int x = 0; x + 3 <= width; x++)
                if (usable.isUsable(x, y, 3, 3)) {
                    final int p = y * width + x;
                    magnitudes[n++] =
                            Math.abs(
                                    secondDifference(plane, p)
                                            - 2 * secondDifference(plane, p + width)
                                            + secondDifference(plane, p + 2 * width));
                }
        if (n < LEAST_DIFFERENCES)
            return unknown(
                    "No noise could be estimated: the image is too small or nearly all of its"
                            + " pixels are clipped.");
        // The mask has the norm 6; 0.6745 σ is the median magnitude of a normal variable.
        final double sigma = Pixels.median(Arrays.copyOf(magnitudes, n)) / (6 * 0.6745);
        final Gaussian gaussian = new Gaussian(sigma);
        if (isRounding(gaussian, usable)) return noNoise("No noise was found.");
        final List<String> warnings = new ArrayList<>(clipping);
        warnings.add(
                "Few pixels could be used, so that the estimate is rough and photon noise cannot be"
                        + " told from other noise.");
        return new NoiseEstimate(
                gaussian,
                gaussian,
                Optional.empty(),
                NoiseCorrelation.UNKNOWN,
                "Found " + gaussian.describe() + ".",
                warnings);
    }

    private static double secondDifference(float[] plane, int p) {
        return (double) plane[p] - 2.0 * plane[p + 1] + plane[p + 2];
    }

    private static boolean isRounding(Gaussian gaussian, UsablePixels usable) {
        final double largest = Math.max(Math.abs(usable.lowest()), Math.abs(usable.highest()));
        return gaussian.sigma() <= ROUNDING * largest;
    }

    private static List<String> clippingWarnings(UsablePixels usable) {
        final List<String> warnings = new ArrayList<>();
        addClipping(warnings, usable.clippedLowShare(), usable.lowest());
        addClipping(warnings, usable.clippedHighShare(), usable.highest());
        return warnings;
    }

    private static void addClipping(List<String> warnings, double share, float value) {
        if (share > MUCH_CLIPPED)
            warnings.add(
                    String.format(
                            Locale.ROOT,
                            "%.0f %% of the pixels are clipped at %s; the noise of the others was"
                                    + " measured. Near the clipped ones it may be up to 3 times"
                                    + " too large.",
                            100 * share,
                            Pixels.format(value)));
    }

    private static NoiseEstimate noNoise(String finding) {
        return withoutNoise(finding, List.of());
    }

    private static NoiseEstimate unknown(String finding) {
        return withoutNoise(finding, List.of(finding));
    }

    private static NoiseEstimate withoutNoise(String finding, List<String> warnings) {
        return new NoiseEstimate(
                new None(),
                new Gaussian(0),
                Optional.empty(),
                NoiseCorrelation.UNKNOWN,
                finding,
                warnings);
    }
}
