/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.noise;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.deqir.image.IntensityLimits;
import org.deqir.image.Pixels;
import org.deqir.image.Plane;
import org.deqir.physics.noise.NoiseModel.Gaussian;

/**
 * The noise of a stack, from the differences of planes that follow each other. What both show is
 * not in their difference, so that structure cannot pass for noise.
 *
 * <p>Of the difference, the diagonal coefficient of the 2 × 2 Haar transform is taken, which leaves
 * out changes of brightness and most of what has moved. Its mean square over patches of {@value
 * #SIDE} × {@value #SIDE} pixels is twice the variance of the noise at the patch's mean; a line
 * through variance over mean is fitted with Tukey's biweight, so that patches in which something
 * happened do not count. Clipped pixels are left out.
 */
final class DifferenceNoise {

    private static final int SIDE = 16;
    private static final int LEAST_PATCHES = 32;
    private static final int ITERATIONS = 30;

    /** Relative deviations, in units of their scatter, at which a patch stops to count. */
    private static final double REJECTED = 4.685;

    /** Share of patches that are darker than what counts as the darkest, and brighter. */
    private static final double TAIL = 0.02;

    /** Least share of a patch that is not clipped. */
    private static final double USABLE = 0.9;

    /** Mean and variance of each. */
    private final List<double[]> patches = new ArrayList<>();

    /** Least error of rounding in any plane. */
    private double rounding = Double.POSITIVE_INFINITY;

    private final IntensityLimits limits;

    private DifferenceNoise(IntensityLimits limits) {
        this.limits = limits;
    }

    /**
     * Estimates the noise that planes of a stack have in common.
     *
     * @param pairs of planes of one size that follow each other, each an array of two; of several
     *     channels, whose values are processed ones, a single Gaussian is found
     * @param limits grey levels at which the planes may have been clipped
     * @return empty if too few patches are free of clipped pixels, or no two planes differ
     */
    static Optional<NoiseModel> estimate(List<Plane[]> pairs, IntensityLimits limits) {
        final DifferenceNoise noise = new DifferenceNoise(limits);
        boolean colored = false;
        for (final Plane[] pair : pairs) {
            colored |= pair[0].channels().length > 1;
            for (int c = 0; c < pair[0].channels().length; c++)
                noise.add(
                        pair[0].channels()[c],
                        pair[1].channels()[c],
                        pair[0].width(),
                        pair[0].height());
        }
        return noise.patches.size() < LEAST_PATCHES ? Optional.empty() : noise.fit(colored);
    }

    private void add(float[] first, float[] second, int width, int height) {
        rounding =
                Math.min(
                        rounding,
                        Math.min(Pixels.roundingError(first), Pixels.roundingError(second)));
        for (int y = 0; y + SIDE <= height; y += SIDE)
            for (int x = 0; x + SIDE <= width; x += SIDE) {
                double mean = 0;
                double squares = 0;
                int count = 0;
                for (int v = y; v + 1 < y + SIDE; v++)
                    for (int u = x; u + 1 < x + SIDE; u++) {
                        final int i = v * width + u;
                        if (isClipped(first, i, width) || isClipped(second, i, width)) continue;
                        final double diagonal =
                                0.5
                                        * (difference(first, second, i)
                                                - difference(first, second, i + 1)
                                                - difference(first, second, i + width)
                                                + difference(first, second, i + width + 1));
                        squares += 0.5 * diagonal * diagonal;
                        mean += 0.5 * (first[i] + second[i]);
                        count++;
                    }
                if (count >= USABLE * (SIDE - 1) * (SIDE - 1))
                    patches.add(new double[] {mean / count, squares / count});
            }
    }

    private boolean isClipped(float[] plane, int i, int width) {
        return limits.clips(plane[i])
                || limits.clips(plane[i + 1])
                || limits.clips(plane[i + width])
                || limits.clips(plane[i + width + 1]);
    }

    private static double difference(float[] first, float[] second, int i) {
        return (double) first[i] - second[i];
    }

    private Optional<NoiseModel> fit(boolean colored) {
        final int count = patches.size();
        final double typical =
                Pixels.median(patches.stream().mapToDouble(patch -> patch[1]).toArray());
        if (!(typical > 0)) return Optional.empty();
        final Gaussian gaussian = new Gaussian(Math.sqrt(typical));
        if (colored) return Optional.of(gaussian);
        patches.sort((a, b) -> Double.compare(a[0], b[0]));
        final double darkest = patches.get((int) (TAIL * count))[0];
        final double brightest = patches.get(count - 1 - (int) (TAIL * count))[0];
        double[] line = start();
        double error = Double.POSITIVE_INFINITY;
        for (int k = 0; k < ITERATIONS; k++) {
            final double[] weights = new double[count];
            final double[] deviations = new double[count];
            for (int i = 0; i < count; i++)
                deviations[i] =
                        Math.abs(patches.get(i)[1] / at(line, patches.get(i)[0], typical) - 1);
            final double scale = Math.max(1e-6, 1.4826 * Pixels.median(deviations.clone()));
            double sum = 0;
            double x = 0;
            double y = 0;
            for (int i = 0; i < count; i++) {
                final double u = deviations[i] / (REJECTED * scale);
                weights[i] =
                        u < 1 ? Math.pow((1 - u * u) / at(line, patches.get(i)[0], typical), 2) : 0;
                sum += weights[i];
                x += weights[i] * patches.get(i)[0];
                y += weights[i] * patches.get(i)[1];
            }
            x /= sum;
            y /= sum;
            double xx = 0;
            double xy = 0;
            for (int i = 0; i < count; i++) {
                xx += weights[i] * Math.pow(patches.get(i)[0] - x, 2);
                xy += weights[i] * (patches.get(i)[0] - x) * (patches.get(i)[1] - y);
            }
            if (!(xx > 0)) return Optional.of(gaussian);
            line = new double[] {xy / xx, y - xy / xx * x};
            error = scale / Math.sqrt(xx);
        }
        final double dark = line[0] * darkest + line[1];
        final double bright = line[0] * brightest + line[1];
        return Optional.of(
                NoiseEstimator.isPhotonNoise(line[0], error, dark, bright)
                        ? NoiseEstimator.camera(line[0], line[1], darkest, rounding)
                        : gaussian);
    }

    private static double at(double[] line, double mean, double typical) {
        return Math.max(1e-3 * typical, line[0] * mean + line[1]);
    }

    /** The line through the medians of the darker and the brighter half. */
    private double[] start() {
        final int half = patches.size() / 2;
        final double[][] ends = new double[2][];
        for (int side = 0; side < 2; side++) {
            final List<double[]> part =
                    side == 0 ? patches.subList(0, half) : patches.subList(half, patches.size());
            ends[side] =
                    new double[] {
                        Pixels.median(part.stream().mapToDouble(patch -> patch[0]).toArray()),
                        Pixels.median(part.stream().mapToDouble(patch -> patch[1]).toArray())
                    };
        }
        final double distance = ends[1][0] - ends[0][0];
        final double slope = distance > 0 ? (ends[1][1] - ends[0][1]) / distance : 0;
        return new double[] {slope, ends[0][1] - slope * ends[0][0]};
    }
}
