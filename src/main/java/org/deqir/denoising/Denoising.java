/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.denoising;

import java.util.ArrayList;
import java.util.List;
import org.deqir.Optimization;
import org.deqir.Restoration;
import org.deqir.RestorationReport;
import org.deqir.RestorationResult;
import org.deqir.Sampling;
import org.deqir.Whole;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.diffusion.TurningNoisePredictor;
import org.deqir.image.IntensityLimits;
import org.deqir.image.Plane;
import org.deqir.image.Smoothing;
import org.deqir.progress.Progress;

/**
 * Denoises a plane: at its own size, or averaged over blocks first where that is better.
 *
 * <p>Microscope images are often oversampled for their noise: a point is four pixels wide and a
 * pixel collects one photon. The prior was trained on images where neighbouring pixels differ, and
 * the Anscombe transform needs some photons per pixel. Means over blocks of k × k pixels have k²
 * times the photons and structure as fine as the prior expects; all k² ways to lay the blocks are
 * denoised and averaged ({@link ShiftedBinning}), which costs as much as denoising the plane
 * itself.
 */
public final class Denoising {

    /** Denoisings after the first where samples were clipped, as in {@link ClippedDenoising}. */
    private static final int UNCLIPPING_ROUNDS = 2;

    /** Share of the time that the choice of the binning is said to take. */
    private static final double CHOICE_SHARE = 0.5;

    private final DiffusionPrior prior;
    private final Restoration restoration;

    /**
     * @param prior which denoises
     * @param restoration of the identity under noise
     */
    public Denoising(DiffusionPrior prior, Restoration restoration) {
        this.prior = prior;
        this.restoration = restoration;
    }

    /**
     * {@return whether a restoration is one that this class is for}
     *
     * @param restoration what is asked for
     */
    public static boolean applies(Restoration restoration) {
        return restoration.degradation().isIdentity() && !restoration.noise().isExact();
    }

    /**
     * {@return estimates, at most, that smooth each denoised image up to the noise that is stated}
     */
    public static int mostSmoothingCalls() {
        return MatchedDenoising.mostSmoothingCalls();
    }

    /**
     * Denoises a plane that has as many channels as the prior.
     *
     * @param measured finite grey levels; not changed
     * @param progress asked before every network call whether to go on
     * @return the denoised plane
     * @throws java.util.concurrent.CancellationException if the user cancelled
     */
    public RestorationResult solve(Plane measured, Progress progress) {
        final BinningChoice.Choice choice = binning(measured, progress.part(0, CHOICE_SHARE));
        final Progress rest = choice.evaluations() == 0 ? progress : progress.part(CHOICE_SHARE, 1);
        final int samples = restoration.sampling().samples();
        final RestorationResult result =
                solve(
                        measured,
                        choice.binning(),
                        samples > 1 ? rest.part(0, 1.0 / (1 + samples)) : rest);
        final RestorationResult denoised =
                new RestorationResult(
                        result.restored(),
                        null,
                        result.report()
                                .withEvaluationsBefore(choice.evaluations(), choice.seconds()));
        return samples > 1
                ? withDeviation(denoised, choice.binning(), rest.part(1.0 / (1 + samples), 1))
                : denoised;
    }

    private RestorationResult withDeviation(
            RestorationResult denoised, int binning, Progress progress) {
        final Denoising single =
                new Denoising(
                        prior,
                        restoration
                                .withSampling(
                                        restoration
                                                .sampling()
                                                .withMode(Sampling.Mode.FIDELITY)
                                                .withSamples(1))
                                .withOptimization(Optimization.NONE));
        return new Bootstrap(restoration)
                .of(denoised, (plane, part) -> single.solve(plane, binning, part), progress);
    }

    /**
     * {@return the binning that is stated, or else the one that is best for a plane}
     *
     * @param measured finite grey levels; not changed
     * @param progress asked before every network call whether to go on
     */
    public BinningChoice.Choice binning(Plane measured, Progress progress) {
        final Sampling sampling = restoration.sampling();
        final int stated = sampling.binning();
        if (stated > 1 && sampling.mode() == Sampling.Mode.SAMPLE)
            throw new IllegalArgumentException(
                    "binning = "
                            + stated
                            + " gives the mean alone and cannot be combined with mode = sample;"
                            + " binning = 1 can.");
        if (restoration.optimization().isOn()) {
            if (stated > 1)
                throw new IllegalArgumentException(
                        "binning = "
                                + stated
                                + " cannot be combined with an optimised start, which is that of"
                                + " the image's own pixels; binning = 1 can.");
            return new BinningChoice.Choice(1, 0, 0);
        }
        final BinningChoice choice =
                new BinningChoice(restoration.withSampling(sampling.withSamples(1)));
        return stated > 0
                ? new BinningChoice.Choice(stated, 0, 0)
                : choice.isOpen(measured)
                        ? choice.of(
                                measured,
                                new Denoising(prior, restoration.withVariances(null))::solve,
                                progress)
                        : new BinningChoice.Choice(1, 0, 0);
    }

    /**
     * Denoises with a given binning, or with both that a number of two digits names.
     *
     * @param measured finite grey levels; not changed
     * @param binning pixels along each side of a block, or two digits for two
     * @param progress asked before every network call whether to go on
     * @return the denoised plane
     */
    public RestorationResult solve(Plane measured, int binning, Progress progress) {
        if (binning > Sampling.LARGEST_BINNING)
            return mean(
                    measured,
                    solve(measured, binning / 10, progress.part(0, 0.5)),
                    solve(measured, binning % 10, progress.part(0.5, 1)));
        return binning == 1
                ? unbinned(prior, measured, whole(1), progress)
                : unclipped(measured, binning, progress);
    }

    private RestorationResult mean(
            Plane measured, RestorationResult first, RestorationResult second) {
        final Plane mean = first.restored();
        for (int c = 0; c < mean.channels().length; c++)
            for (int i = 0; i < mean.size(); i++)
                mean.channels()[c][i] =
                        0.5f * (mean.channels()[c][i] + second.restored().channels()[c][i]);
        return new RestorationResult(
                mean,
                null,
                RestorationReport.combine(List.of(first.report(), second.report()))
                        .withChain(
                                "mean of two: "
                                        + first.report().chain()
                                        + "; and "
                                        + second.report().chain())
                        .withChiSquare(chiSquare(measured, mean)));
    }

    private Restoration whole(int binning) {
        final Whole whole = restoration.whole();
        return whole == null ? restoration : restoration.withWhole(whole.binned(binning));
    }

    /**
     * What denoising measures on a plane, for the parts of a larger one.
     *
     * @param measured finite grey levels; not changed
     * @param binning as the result of {@link #binning}
     * @return those of the plane averaged like this; two where two binnings are named
     */
    public List<Whole.Measures> measures(Plane measured, int binning) {
        if (binning > Sampling.LARGEST_BINNING)
            return List.of(measured(measured, binning / 10), measured(measured, binning % 10));
        return List.of(measured(measured, binning));
    }

    private Whole.Measures measured(Plane measured, int binning) {
        final Plane plane =
                binning == 1
                        ? measured
                        : new ShiftedBinning(measured.width(), measured.height(), binning)
                                .bin(measured, 0);
        final Restoration ofPlane = restoration.withNoise(restoration.noise().binned(binning));
        final boolean white = ofPlane.noise().isWhite();
        final Whole.Measures measures =
                new MatchedDenoising(
                                prior, ofPlane, white ? Math.sqrt(ofPlane.noise().variance(0)) : 1)
                        .measures(
                                white
                                        ? plane
                                        : StabilizedDenoising.stabilized(
                                                ofPlane.noise().stabilizing(), plane));
        return new Whole.Measures(
                binning, measures.range(), measures.wide(), Double.NaN, measures.seen());
    }

    /**
     * The prior that sees what it is shown in another orientation, another one for each way to lay
     * the blocks: what it does wrong in one averages out, at no cost.
     */
    private DiffusionPrior turned(int shift) {
        return new DiffusionPrior(
                prior.name(),
                prior.sha256(),
                new TurningNoisePredictor(prior.predictor(), shift),
                prior.schedule());
    }

    private static RestorationResult unbinned(
            DiffusionPrior prior, Plane plane, Restoration itsRestoration, Progress progress) {
        return itsRestoration.noise().isWhite()
                ? ClippedDenoising.solve(
                        prior,
                        plane,
                        itsRestoration,
                        Math.sqrt(itsRestoration.noise().variance(0)),
                        progress)
                : StabilizedDenoising.solve(prior, plane, itsRestoration, progress);
    }

    private RestorationResult unclipped(Plane measured, int binning, Progress progress) {
        final IntensityLimits limits = restoration.limits();
        final int runs = restoration.isClipped(measured) ? 1 + UNCLIPPING_ROUNDS : 1;
        final List<RestorationReport> reports = new ArrayList<>();
        Plane restored = null;
        for (int run = 0; run < runs; run++)
            restored =
                    binned(
                            run == 0 ? measured : expected(measured, restored),
                            binning,
                            reports,
                            progress.part((double) run / runs, (run + 1.0) / runs));
        final RestorationReport report =
                RestorationReport.combine(reports)
                        .withNoise(
                                restoration.noise().describe()
                                        + (restoration.noise().isWhite()
                                                ? ""
                                                : StabilizedDenoising.IN_WORDS))
                        .withChain(
                                String.format(
                                        "%s on means over %s × %s pixels, mean of all %s ways to"
                                                + " lay them",
                                        reports.get(0).chain(),
                                        binning,
                                        binning,
                                        binning * binning))
                        .withChiSquare(chiSquare(measured, restored));
        return new RestorationResult(restored, null, report);
    }

    private Plane binned(
            Plane plane, int binning, List<RestorationReport> reports, Progress progress) {
        final ShiftedBinning blocks = new ShiftedBinning(plane.width(), plane.height(), binning);
        final Restoration ofMeans =
                new Restoration(
                                restoration.degradation(),
                                restoration.noise().binned(binning),
                                restoration.sampling())
                        .withWhole(
                                restoration.whole() == null
                                        ? null
                                        : restoration.whole().binned(binning));
        final Plane variances = restoration.variances();
        final Plane sum =
                new Plane(
                        new float[plane.channels().length][plane.size()],
                        plane.width(),
                        plane.height());
        for (int shift = 0; shift < blocks.shifts(); shift++) {
            final RestorationResult result =
                    unbinned(
                            turned(shift),
                            blocks.bin(plane, shift),
                            variances == null
                                    ? ofMeans
                                    : ofMeans.withVariances(blocks.bin(variances, shift)),
                            progress.part(
                                    (double) shift / blocks.shifts(),
                                    (shift + 1.0) / blocks.shifts()));
            blocks.addEnlarged(sum, result.restored(), shift);
            reports.add(result.report());
        }
        return sum;
    }

    /** The measurement with what clipped samples are expected to have been. */
    private Plane expected(Plane measured, Plane estimate) {
        final Plane expected = measured.copy();
        final IntensityLimits limits = restoration.limits();
        for (int c = 0; c < expected.channels().length; c++)
            for (int i = 0; i < expected.size(); i++) {
                final float sample = measured.channels()[c][i];
                if (!limits.clips(sample)) continue;
                final float mean = estimate.channels()[c][i];
                final double sigma = Math.sqrt(restoration.variance(mean, i));
                if (sigma > 0)
                    expected.channels()[c][i] =
                            (float) ClippedDenoising.expected(sample, mean, sigma, limits);
            }
        return expected;
    }

    private double chiSquare(Plane measured, Plane restored) {
        double sum = 0;
        int count = 0;
        for (int c = 0; c < measured.channels().length; c++) {
            final float[] expected =
                    Smoothing.gaussian(
                            measured.channels()[c],
                            measured.width(),
                            measured.height(),
                            null,
                            BinningChoice.VARIANCE_SMOOTHING);
            for (int i = 0; i < expected.length; i++) {
                final double variance = restoration.variance(expected[i], i);
                if (!(variance > 0)) continue;
                final double residual = measured.channels()[c][i] - restored.channels()[c][i];
                sum += residual * residual / variance;
                count++;
            }
        }
        return count == 0 ? Double.NaN : sum / count;
    }
}
