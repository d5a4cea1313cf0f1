/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.restoration;

import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import org.deqir.Restoration;
import org.deqir.Sampling;
import org.deqir.Whole;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.IntensityRange;
import org.deqir.image.Plane;
import org.deqir.image.Smoothing;
import org.deqir.physics.Degradation;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.Spread;
import org.deqir.progress.Progress;

/**
 * A measured plane and what is known of it: what happened to it, its noise, and the range of grey
 * levels in which it is restored.
 *
 * @param original the measurement as an image, finite everywhere
 * @param measured the measurement without what is {@code beyond} the range
 * @param restoration what happened, and how to compute the answer
 * @param neighbour a restored plane that may be similar to this one; null if there is none
 * @param missing pixels of the measurement that are unknown; null if all are known
 * @param variance variance of each sample of the measurement in grey levels squared; null without
 *     noise
 * @param typical standard deviation of the noise in grey levels as the range took it
 * @param range the grey levels that the prior sees as [−1, 1]
 * @param beyond what was taken away from the measurement because the range does not hold it, in the
 *     operator's size; null if nothing was
 */
record Problem(
        Plane original,
        Plane measured,
        Restoration restoration,
        Plane neighbour,
        boolean[] missing,
        Plane variance,
        double typical,
        IntensityRange range,
        Plane beyond) {

    /**
     * Standard deviation, in pixels, of the smoothing behind the estimate of a pixel's variance.
     */
    private static final double VARIANCE_SMOOTHING = 1.5;

    /** The same of what takes the place of pixels beyond the range. */
    private static final double FILLING = 2;

    /**
     * @param measured finite wherever it is known; not changed
     * @param neighbour null if there is none
     */
    static Problem of(Plane measured, Restoration restoration, Plane neighbour) {
        final boolean[] missing = restoration.degradation().missing();
        final Plane factors = restoration.variances();
        if (factors != null
                && (factors.width() != measured.width() || factors.height() != measured.height()))
            throw new IllegalArgumentException(
                    String.format(
                            "The factors of the noise's variance are for %s × %s pixels; the"
                                    + " measurement has %s × %s.",
                            factors.width(),
                            factors.height(),
                            measured.width(),
                            measured.height()));
        final Plane variance = variance(measured, missing, restoration);
        final Whole.Measures whole =
                restoration.whole() == null ? null : restoration.whole().measured();
        final double typical =
                variance == null
                        ? 0
                        : whole != null && !Double.isNaN(whole.noise())
                                ? whole.noise()
                                : Math.sqrt(meanOf(variance)) * restoration.sampling().strength();
        final Plane known = missing == null ? measured : withoutMissing(measured, missing);
        final Problem problem =
                new Problem(
                        known,
                        known,
                        restoration,
                        neighbour,
                        missing,
                        variance,
                        typical,
                        whole == null
                                ? IntensityRange.of(measured, missing, typical)
                                : whole.range(),
                        null);
        return whole == null && restoration.degradation().hidesExtremes()
                ? problem.in(BlurredRange.of(problem))
                : problem;
    }

    /** The same problem with the surroundings' levels in pixels that are beyond the range. */
    Problem filled() {
        final Plane filled = measured.copy();
        for (int c = 0; c < filled.channels().length; c++) {
            final float[] channel = filled.channels()[c];
            final boolean[] beyond = range.beyond(measured, c, missing, typical, 0);
            final float[] around =
                    Smoothing.gaussian(
                            channel, measured.width(), measured.height(), beyond, FILLING);
            for (int i = 0; i < channel.length; i++)
                if (beyond[i] && Float.isFinite(around[i])) channel[i] = around[i];
        }
        return new Problem(
                original,
                filled,
                restoration,
                neighbour,
                missing,
                variance,
                typical,
                range,
                beyond);
    }

    /** A part of this problem as one of its own, in the same range. */
    Problem part(int left, int top, int columns, int rows) {
        final Plane field = measured.part(left, top, columns, rows);
        return new Problem(
                field,
                field,
                restoration,
                null,
                null,
                variance == null ? null : variance.part(left, top, columns, rows),
                typical,
                range,
                null);
    }

    Degradation degradation() {
        return restoration.degradation();
    }

    /** Width of the restored image. */
    int width() {
        return measured.width() * degradation().scale();
    }

    /** Height of the restored image. */
    int height() {
        return measured.height() * degradation().scale();
    }

    /** Assumed standard deviation of the noise in the prior's units, its mean where it varies. */
    double noise() {
        return Math.max(typical * range.scale(), degradation().leastNoise());
    }

    /** The chain that suits this problem. */
    Recipe recipe() {
        final Sampling sampling = restoration.sampling();
        final double share = sampling.mode() == Sampling.Mode.SAMPLE ? 1 : lastOfNoise();
        return Recipe.of(degradation(), share * noise(), sampling);
    }

    /**
     * The last level as a share of the noise. It grows with the noise of the brightest parts: these
     * have more of it than the plane on average, and would keep it at a lower level.
     */
    private double lastOfNoise() {
        final double share = degradation().lastOfNoise();
        if (!(typical > 0)) return share;
        final double bright =
                Math.sqrt(restoration.noise().variance(range.high()))
                        * restoration.sampling().strength();
        return Math.max(share, Math.min(1, share * bright / typical));
    }

    private static Plane variance(Plane measured, boolean[] missing, Restoration restoration) {
        if (restoration.noise().isExact()) return null;
        final float[][] variances = new float[measured.channels().length][];
        for (int c = 0; c < variances.length; c++) {
            final float[] expected =
                    Smoothing.gaussian(
                            measured.channels()[c],
                            measured.width(),
                            measured.height(),
                            missing,
                            VARIANCE_SMOOTHING);
            variances[c] = new float[expected.length];
            for (int i = 0; i < expected.length; i++)
                variances[c][i] =
                        (float) restoration.variance(Float.isNaN(expected[i]) ? 0 : expected[i], i);
        }
        return new Plane(variances, measured.width(), measured.height());
    }

    private static double meanOf(Plane plane) {
        double sum = 0;
        for (final float[] channel : plane.channels())
            for (final float value : channel) sum += value;
        return sum / plane.channels().length / plane.size();
    }

    /** Missing pixels may hold anything, NaN included, and must not reach a sum. */
    private static Plane withoutMissing(Plane measured, boolean[] missing) {
        final Plane known = measured.copy();
        for (final float[] channel : known.channels())
            for (int i = 0; i < channel.length; i++) if (missing[i]) channel[i] = 0;
        return known;
    }

    /** The range that holds rare objects as well; {@link #range} if there are none. */
    IntensityRange wide() {
        final IntensityRange wide = range.holding(original, missing, typical);
        return restoration.whole() == null || wide.equals(range)
                ? wide
                : wide.and(restoration.whole().measured().wide());
    }

    /** The same problem in another range. */
    Problem in(IntensityRange other) {
        return new Problem(
                original,
                measured,
                restoration,
                neighbour,
                missing,
                variance,
                typical,
                other,
                null);
    }

    /**
     * What is left of this problem when the objects beyond the range are known.
     *
     * @param estimate the image restored in the {@linkplain #wide wide range}, in the operator's
     *     size
     */
    Problem rest(Plane estimate) {
        final boolean[][] far = new boolean[original.channels().length][];
        for (int c = 0; c < far.length; c++)
            far[c] = range.beyond(original, c, missing, typical, 0);
        final Plane part = BeyondRange.of(estimate, range, degradation(), original, far);
        if (part == null) return this;
        return new Problem(
                original,
                BeyondRange.without(measured, part, degradation(), width(), height()),
                restoration,
                neighbour == null ? null : BeyondRange.taken(neighbour, part),
                missing,
                variance,
                typical,
                range,
                part);
    }

    /** Pixels that were measured without noise keep their value to the last bit. */
    void restoreKnown(Plane restored) {
        if (noise() > 0 || !degradation().measuresPixels()) return;
        for (int c = 0; c < restored.channels().length; c++)
            for (int i = 0; i < restored.size(); i++)
                if (missing == null || !missing[i])
                    restored.channels()[c][i] = original.channels()[c][i];
    }

    /**
     * {@return for each pixel of the restored image how far the truth lies from the result, in
     * standard deviations of the samples; 0 where it was measured without noise}
     */
    float[] errorPerSpread() {
        final Spread spread = degradation().spread();
        final float[] factors = new float[width() * height()];
        Arrays.fill(factors, (float) spread.factor());
        if (missing == null || !degradation().measuresPixels()) return factors;
        final double measuredPixels = noise() > 0 ? spread.factorOfMeasured() : 0;
        for (int i = 0; i < factors.length; i++)
            if (!missing[i]) factors[i] = (float) measuredPixels;
        return factors;
    }

    /** What happened, as an operator on images of a prior; belongs to the caller. */
    LinearOperator operator(NDManager manager, DiffusionPrior prior, Progress progress) {
        final LinearOperator operator =
                degradation().operator(manager, prior.channels(), height(), width());
        operator.askBeforeIterations(progress);
        return operator;
    }
}
