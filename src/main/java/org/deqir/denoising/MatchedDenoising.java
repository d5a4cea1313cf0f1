/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.denoising;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.deqir.Optimization;
import org.deqir.Restoration;
import org.deqir.RestorationReport;
import org.deqir.RestorationResult;
import org.deqir.Sampling;
import org.deqir.Whole;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.diffusion.GaussianNoise;
import org.deqir.image.Plane;
import org.deqir.physics.noise.FineNoise;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;
import org.deqir.restoration.Inversion;

/**
 * Denoises at the noise that there is, and smooths from there to the noise that is stated.
 *
 * <p>A network predicts noise of the level it is told. Told of twice the noise there is, it takes
 * the noise away and adds its negative. So the noise is measured ({@link FineNoise}), the network
 * is told of that at most, and its correction is gated ({@link CorrectionGate}).
 *
 * <p>What is stated beyond (a larger noise, or {@code strength} above 1) asks for a smoother image.
 * The result is then shown again, with noise of a higher level added and, in a second call, taken
 * away, and the mean of both answers replaces it as far as it is smoother. Steps of this kind
 * follow each other up to the stated level, each from the result of the one before: a larger value
 * only ever smooths. They also remove what a measurement between neighbours does not show, noise
 * that is correlated.
 */
final class MatchedDenoising {

    /** Share of the level told at which measured noise is taken for all of it. */
    private static final double MATCHING = 0.95;

    private static final double LEAST_MATCHING = 0.5;

    /** Largest ratio of the stated to the measured level that is looked at. */
    private static final double MOST_EXCESS = 64;

    /**
     * Exponent of the ratio of stated to shown level: to a contradiction between statement and
     * image each side contributes.
     */
    private static final double EXCESS_EXPONENT = 0.7;

    /** Ratio of the levels of successive steps. */
    private static final double STEP = 2;

    /** Ratio from which on a step is made in full; below, the more of it the larger it is. */
    private static final double FULL_STEP = 1.75;

    private static final long SEED = 0x6d617463L;

    /** Calls, at most, that smooth after the first. */
    static int mostSmoothingCalls() {
        return 2 * steps(1, Math.pow(MOST_EXCESS, EXCESS_EXPONENT)).size();
    }

    private final DiffusionPrior prior;
    private final Restoration restoration;
    private final double sigma;

    /**
     * @param restoration of an image with white noise
     * @param sigma standard deviation of the stated noise, grey levels
     */
    MatchedDenoising(DiffusionPrior prior, Restoration restoration, double sigma) {
        this.prior = prior;
        this.restoration = restoration;
        this.sigma = sigma;
    }

    /** Denoises a plane. */
    RestorationResult solve(Plane measured, Progress progress) {
        if (restoration.variances() == null) return even(measured, progress);
        final EvenNoise noise = new EvenNoise(measured, restoration.variances().channels()[0]);
        return noise.undone(even(noise.made(measured), progress));
    }

    private RestorationResult even(Plane measured, Progress progress) {
        final double told = sigma * restoration.sampling().strength();
        final double seen = seen(measured);
        final double first = first(told, seen);
        final double last = first * Math.pow(told / first, EXCESS_EXPONENT);
        final List<Double> levels = seen > 0 ? steps(first, last) : List.of();
        final double part = 1.0 / (1 + 2 * levels.size());
        final List<RestorationReport> reports = new ArrayList<>();
        final RestorationResult start = start(measured, first, progress.part(0, part));
        reports.add(start.report());
        Plane restored = start.restored();
        double before = first;
        for (int i = 0; i < levels.size(); i++) {
            final double share =
                    Math.min(1, Math.log(levels.get(i) / before) / Math.log(FULL_STEP));
            restored =
                    smoothed(
                            restored,
                            levels.get(i),
                            share,
                            i,
                            reports,
                            progress.part((1 + 2 * i) * part, (3 + 2 * i) * part));
            before = levels.get(i);
        }
        return new RestorationResult(
                restored,
                null,
                RestorationReport.combine(reports)
                        .withNoise(restoration.noise().describe())
                        .withChain(chain(start.report().chain(), levels.size(), first, last))
                        .withChiSquare(chiSquare(measured, restored)));
    }

    private double seen(Plane measured) {
        return restoration.whole() == null
                ? FineNoise.of(measured) / matching(measured)
                : restoration.whole().measured().seen();
    }

    private static double first(double told, double seen) {
        return Math.min(told, Math.max(seen, told / MOST_EXCESS));
    }

    /** What a denoising of a plane measures on it. */
    Whole.Measures measures(Plane measured) {
        final double seen = seen(measured);
        final double first = first(sigma * restoration.sampling().strength(), seen);
        final Whole.Measures measures =
                inversion(measured, first, restoration.optimization()).measures();
        return new Whole.Measures(1, measures.range(), measures.wide(), Double.NaN, seen);
    }

    /** Measured noise may be less than the true one by twice its standard error. */
    private static double matching(Plane measured) {
        return Math.max(LEAST_MATCHING, MATCHING - 2 * FineNoise.relativeError(measured));
    }

    private static List<Double> steps(double first, double last) {
        final List<Double> levels = new ArrayList<>();
        for (double level = first; level < last * (1 - 1e-6); ) {
            level = Math.min(last, level * STEP);
            levels.add(level);
        }
        return levels;
    }

    private static String chain(String first, int steps, double from, double to) {
        return steps == 0
                ? first
                : String.format(
                        Locale.ROOT,
                        "%s, then smoothed from level %.4g to %.4g grey levels in %d pairs of calls",
                        first,
                        from,
                        to,
                        steps);
    }

    /** The restoration at a level that the image has, as far as it has it. */
    private RestorationResult start(Plane measured, double level, Progress progress) {
        final RestorationResult result =
                inversion(measured, level, restoration.optimization()).estimate(progress);
        if (restoration.optimization().isOn()) return result;
        final float[][] shares =
                CorrectionGate.shares(
                        measured,
                        result.restored(),
                        level,
                        restoration.sampling().mode() == Sampling.Mode.SAMPLE
                                ? CorrectionGate.Kind.SAMPLE
                                : CorrectionGate.Kind.ESTIMATE);
        return new RestorationResult(
                CorrectionGate.apply(measured, result.restored(), shares), null, result.report());
    }

    /** One step to a smoother image. */
    private Plane smoothed(
            Plane image,
            double level,
            double share,
            int step,
            List<RestorationReport> reports,
            Progress progress) {
        final Plane more = image.copy();
        final Plane less = image.copy();
        for (int c = 0; c < image.channels().length; c++) {
            final float[] noise = new float[image.size()];
            field(step).fill(noise, 0, 0, 0, c, 0, 0, image.height(), image.width());
            for (int i = 0; i < noise.length; i++) {
                more.channels()[c][i] += (float) (level * noise[i]);
                less.channels()[c][i] -= (float) (level * noise[i]);
            }
        }
        final RestorationResult first =
                inversion(more, level, Optimization.NONE).estimate(progress.part(0, 0.5));
        final RestorationResult second =
                inversion(less, level, Optimization.NONE).estimate(progress.part(0.5, 1));
        reports.add(first.report());
        reports.add(second.report());
        final Plane mean = first.restored();
        for (int c = 0; c < mean.channels().length; c++)
            for (int i = 0; i < mean.size(); i++)
                mean.channels()[c][i] =
                        0.5f * (mean.channels()[c][i] + second.restored().channels()[c][i]);
        final float[][] shares =
                CorrectionGate.shares(image, mean, level, CorrectionGate.Kind.SMOOTHING);
        for (final float[] channel : shares)
            for (int i = 0; i < channel.length; i++) channel[i] *= (float) share;
        return CorrectionGate.apply(image, mean, shares);
    }

    /** The noise of a step, the same wherever an image is cut. */
    private GaussianNoise field(int step) {
        final GaussianNoise field =
                new GaussianNoise(restoration.sampling().seed() + SEED * (1 + step));
        final Whole whole = restoration.whole();
        return whole == null ? field : field.at(whole.top(), whole.left());
    }

    private Inversion inversion(Plane plane, double level, Optimization optimization) {
        final Sampling sampling = restoration.sampling().withStrength(1);
        return new Inversion(
                prior,
                plane,
                new Restoration(
                        restoration.degradation(),
                        new NoiseModel.Gaussian(level),
                        optimization == restoration.optimization()
                                ? sampling
                                : sampling.withMode(Sampling.Mode.FIDELITY).withSamples(1),
                        restoration.limits(),
                        optimization,
                        restoration.whole()));
    }

    private double chiSquare(Plane measured, Plane restored) {
        double sum = 0;
        for (int c = 0; c < measured.channels().length; c++)
            for (int i = 0; i < measured.size(); i++) {
                final double residual =
                        ((double) measured.channels()[c][i] - restored.channels()[c][i]) / sigma;
                sum += residual * residual;
            }
        return sum / measured.channels().length / measured.size();
    }
}
