/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.img.Img;
import net.imglib2.type.numeric.RealType;
import org.deqir.denoising.Denoising;
import org.deqir.denoising.StabilizedDenoising;
import org.deqir.diffusion.CallLimits;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.diffusion.JoiningNoisePredictor;
import org.deqir.diffusion.TiledNoisePredictor;
import org.deqir.image.IntensityLimits;
import org.deqir.image.Plane;
import org.deqir.image.Planes;
import org.deqir.physics.noise.IsolatedPixels;
import org.deqir.progress.Progress;
import org.deqir.progress.SharedProgress;
import org.deqir.restoration.AcceptableInput;
import org.deqir.restoration.AlikeChannels;
import org.deqir.restoration.Inversion;
import org.deqir.restoration.Memory;
import org.deqir.restoration.Outlying;
import org.deqir.restoration.PublishedMethod;
import org.deqir.restoration.StartOptimization;

/**
 * Restores images with a diffusion prior.
 *
 * <p>A prior of one channel restores the channels of an image one after another; a prior of three
 * restores red, green and blue together. Images stay in their own grey levels, and the input is
 * never changed.
 *
 * <p>Images of any size are restored in bounded memory: the network sees tiles, blended at every
 * noise level. When memory is short, a call gets fewer tiles, then smaller ones. A restorer keeps
 * these limits for its next images.
 *
 * <p>Isolated pixels far outside the range of the others ({@link IsolatedPixels}) do not take part:
 * they come back as they were measured.
 *
 * <p>Does not own the prior. Several threads may use one restorer; each needs memory of its own.
 */
public final class Restorer {

    /** Share of the free memory that a network call may take. */
    private static final double SHARE_OF_A_CALL = 0.5;

    /** Pixels in a call above which nothing is gained by more of them. */
    private static final long PIXELS_TOGETHER = 128 * 128;

    private static final long MOST_TOGETHER = 16;

    private final DiffusionPrior prior;
    private final CallLimits limits;

    /**
     * A restorer that gives the network as much at once as the free memory allows.
     *
     * @param prior stays the caller's, who closes it after the last restoration
     */
    public Restorer(DiffusionPrior prior) {
        this(
                prior,
                CallLimits.within(
                        (long) (SHARE_OF_A_CALL * Memory.available()),
                        prior.predictor().bytesPerPixel()));
    }

    /**
     * @param prior stays the caller's, who closes it after the last restoration
     * @param limits how much the network is given at once; lowered where that is too much
     */
    public Restorer(DiffusionPrior prior, CallLimits limits) {
        this.prior = Objects.requireNonNull(prior, "prior");
        this.limits = Objects.requireNonNull(limits, "limits");
    }

    /** {@return what restores; not to be closed} */
    public DiffusionPrior prior() {
        return prior;
    }

    /**
     * Restores one plane.
     *
     * @param measured the measurement; not changed
     * @param restoration what happened to it and how to compute the answer
     * @param progress asked before every network call whether to go on
     * @return the restored plane, {@code scale} times as wide and high as the measured one
     * @throws IllegalArgumentException if the plane does not fit the prior or the degradation, or
     *     holds NaN or infinite samples that are not declared missing or if a solver that holds all
     *     noise levels at once needs more memory than is free
     * @throws org.deqir.diffusion.OutOfMemory if memory does not suffice for the smallest tile
     * @throws java.util.concurrent.CancellationException if the user cancelled
     */
    public RestorationResult restore(Plane measured, Restoration restoration, Progress progress) {
        return restore(measured, restoration, null, progress);
    }

    /**
     * {@return one plane of a stack, restored as by {@link #restore(Plane, Restoration, Progress)}
     * with the help of its neighbour} Where the neighbour explains the measurement well enough, the
     * chain starts from it and has fewer levels. Only deblurring makes use of it: denoising is a
     * single level, and where parts of the image are missing or its resolution is lower, the
     * neighbour's would stay.
     *
     * @param measured the measurement; not changed
     * @param restoration what happened to it and how to compute the answer
     * @param neighbour the restored slice or frame next to the measured one, of the size of the
     *     result; null if there is none
     * @param progress asked before every network call whether to go on
     */
    public RestorationResult restore(
            Plane measured, Restoration restoration, Plane neighbour, Progress progress) {
        final boolean colorizing = !restoration.degradation().accepts(1);
        AcceptableInput.require(prior, measured, restoration);
        if (colorizing) return solve(measured, restoration, neighbour, progress);
        final Guide guide = restoration.optimization().guide();
        final AlikeChannels alike =
                AlikeChannels.of(
                        measured,
                        restoration.degradation().missing(),
                        guide == null || guide.reference().channels().length == 1);
        if (prior.channels() == measured.channels().length)
            return alike.impose(solve(measured, restoration, neighbour, progress));
        final int channels = measured.channels().length;
        final RestorationResult[] parts = new RestorationResult[channels];
        final List<RestorationReport> reports = new ArrayList<>();
        for (int c = 0; c < channels; c++) {
            if (!alike.isNeeded(c)) continue;
            parts[c] =
                    solve(
                            measured.channel(c),
                            ofChannel(restoration, c),
                            neighbour == null ? null : neighbour.channel(c),
                            progress.part((double) c / channels, (c + 1.0) / channels));
            reports.add(parts[c].report());
        }
        for (int c = 0; c < channels; c++)
            if (parts[c] == null) parts[c] = ChannelResults.copied(parts[alike.source(c)]);
        return alike.impose(ChannelResults.merged(parts, reports));
    }

    /**
     * Restores planes of one size side by side, their network calls joined: faster than one after
     * another for as many small planes as {@link #together} says.
     *
     * @param measured the measurements; not changed
     * @param restorations one for each, without optimisation if there are several
     * @param progress asked before every network call whether to go on
     * @return the results in the same order; beyond rounding they are those of {@link
     *     #restore(Plane, Restoration, Progress)}
     */
    public List<RestorationResult> restore(
            List<Plane> measured, List<Restoration> restorations, Progress progress) {
        final int count = measured.size();
        if (count == 1) return List.of(restore(measured.get(0), restorations.get(0), progress));
        final JoiningNoisePredictor joined = new JoiningNoisePredictor(prior.predictor(), count);
        final Restorer side =
                new Restorer(
                        new DiffusionPrior(prior.name(), prior.sha256(), joined, prior.schedule()),
                        limits);
        final SharedProgress shared = new SharedProgress(progress, count);
        final ExecutorService threads = Executors.newFixedThreadPool(count);
        try {
            final List<Future<RestorationResult>> results = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                final int part = i;
                results.add(
                        threads.submit(
                                () -> {
                                    try {
                                        return side.restore(
                                                measured.get(part),
                                                restorations.get(part),
                                                shared.part(part));
                                    } finally {
                                        joined.leave();
                                    }
                                }));
            }
            final List<RestorationResult> restored = new ArrayList<>();
            for (final Future<RestorationResult> result : results) restored.add(result.get());
            return restored;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) throw failure;
            if (e.getCause() instanceof Error error) throw error;
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted");
        } finally {
            shared.stop();
            threads.shutdown();
        }
    }

    /**
     * {@return how many planes of a size are best restored together} On a processor a call takes
     * twice as long per pixel for one image of 64 × 64 pixels as for four; from 128 × 128 on
     * nothing is gained.
     *
     * @param width columns of a plane
     * @param height rows of a plane
     * @param restoration what is asked for
     */
    public int together(int width, int height, Restoration restoration) {
        if (restoration.optimization().isOn()) return 1; // gradients are not joined
        if (restoration.sampling().mode() == Sampling.Mode.PUBLISHED) return 1; // batches already
        final long scale = restoration.degradation().scale();
        final int samples = restoration.sampling().samples();
        return (int)
                Math.max(
                        1,
                        Math.min(
                                MOST_TOGETHER,
                                PIXELS_TOGETHER / (scale * scale * width * height * samples)));
    }

    /**
     * The way of the chain that restores one plane: its states from the noisy start to the restored
     * image, solved level after level, without optimisation of the start.
     *
     * <p>Camera noise is shown after its transform has been undone. Samples that the camera clipped
     * are taken as they are; restoring would estimate them in further runs.
     *
     * @param measured the measurement; not changed
     * @param restoration what is asked for
     * @param progress asked before every network call whether to go on
     * @return the states, noisiest first; the last one is the restored image
     * @throws IllegalArgumentException as {@link #restore(Plane, Restoration, Progress)}
     * @throws java.util.concurrent.CancellationException if the user cancelled
     */
    public List<ChainState> follow(Plane measured, Restoration restoration, Progress progress) {
        final Restoration plain = restoration.withOptimization(Optimization.NONE);
        final boolean colorizing = !plain.degradation().accepts(1);
        AcceptableInput.require(prior, measured, plain);
        if (colorizing || prior.channels() == measured.channels().length)
            return followOne(measured, plain, progress);
        final int channels = measured.channels().length;
        final List<List<ChainState>> parts = new ArrayList<>();
        for (int c = 0; c < channels; c++)
            parts.add(
                    followOne(
                            measured.channel(c),
                            plain,
                            progress.part((double) c / channels, (c + 1.0) / channels)));
        return ChannelResults.states(parts);
    }

    private List<ChainState> followOne(Plane plane, Restoration restoration, Progress progress) {
        final DiffusionPrior tiled = tiled(restoration, progress);
        if (restoration.sampling().mode() == Sampling.Mode.PUBLISHED)
            return new PublishedMethod(tiled, plane, restoration).follow(progress);
        final Plane measured = Outlying.pixels(plane, restoration).filled();
        if (restoration.degradation().isIdentity() && !restoration.noise().isWhite())
            return StabilizedDenoising.follow(tiled, measured, restoration, progress);
        return new Inversion(tiled, measured, restoration).follow(progress);
    }

    /** With noise of its own; a guide of several channels guides each by its own. */
    private static Restoration ofChannel(Restoration whole, int channel) {
        final Restoration restoration =
                whole.withSampling(whole.sampling().ofChannelOfPlane(channel));
        final Optimization optimization = restoration.optimization();
        final Guide guide = optimization.guide();
        if (guide == null || guide.reference().channels().length == 1) return restoration;
        return restoration.withOptimization(
                optimization.withGuide(guide.withReference(guide.reference().channel(channel))));
    }

    private RestorationResult solve(
            Plane measured, Restoration restoration, Plane neighbour, Progress progress) {
        cost(measured.width(), measured.height(), measured.channels().length, restoration)
                .requireWithin(Memory.available(), restoration.sampling().solver());
        final DiffusionPrior tiled = tiled(restoration, progress);
        if (restoration.sampling().mode() == Sampling.Mode.PUBLISHED)
            return withTiles(new PublishedMethod(tiled, measured, restoration).solve(progress));
        final IsolatedPixels outlying = Outlying.pixels(measured, restoration);
        final Plane usual = outlying.filled();
        final RestorationResult result =
                Denoising.applies(restoration)
                        ? new Denoising(tiled, restoration).solve(usual, progress)
                        : new Inversion(tiled, usual, restoration, neighbour).solve(progress);
        return withTiles(Outlying.putBack(outlying, result, restoration));
    }

    /** Smaller tiles than others would have had change the result a little: it must be told. */
    private RestorationResult withTiles(RestorationResult result) {
        final int edge = Math.max(result.restored().width(), result.restored().height());
        if (limits.isStandard() || edge <= limits.tile()) return result;
        final RestorationReport report = result.report();
        return new RestorationResult(
                result.restored(),
                result.standardDeviation(),
                report.withChain(
                        "in tiles of at most " + limits.tile() + " pixels, " + report.chain()));
    }

    /** The prior in calls that memory allows; gradients take more of it. */
    private DiffusionPrior tiled(Restoration restoration, Progress progress) {
        final CallLimits ofCalls =
                restoration.optimization().isOn() && limits.tile() > StartOptimization.TILE
                        ? CallLimits.of(
                                StartOptimization.TILE,
                                limits.overlap(),
                                (long) StartOptimization.TILE * StartOptimization.TILE)
                        : limits;
        return new DiffusionPrior(
                prior.name(),
                prior.sha256(),
                new TiledNoisePredictor(prior.predictor(), ofCalls, progress),
                prior.schedule());
    }

    /**
     * Restores every two-dimensional plane (dimensions 0 and 1) of an image of any type.
     *
     * @param <T> type of the pixels
     * @param image the measurement; not changed
     * @param restoration what happened to each plane and how to compute the answer
     * @param progress asked before every network call whether to go on
     * @return an image of the same type and size (enlarged along dimensions 0 and 1 where the
     *     degradation lowered the resolution) and the combined report; integer types hold the
     *     nearest value they can
     * @throws IllegalArgumentException as {@link #restore(Plane, Restoration, Progress)}, or if the
     *     prior is not one for grey images
     */
    public <T extends RealType<T>> RestoredImage<T> restore(
            RandomAccessibleInterval<T> image, Restoration restoration, Progress progress) {
        final int planes = Planes.count(image);
        final int width = Math.toIntExact(image.dimension(0));
        final int height = Math.toIntExact(image.dimension(1));
        final long[] size = image.dimensionsAsLongArray();
        size[0] *= restoration.degradation().scale();
        size[1] *= restoration.degradation().scale();
        final Img<T> restored = Planes.create(image, size);
        final List<RestorationReport> reports = new ArrayList<>();
        for (int p = 0; p < planes; p++) {
            final RestorationResult result =
                    restore(
                            Plane.of(Planes.read(image, p), width, height),
                            restoration.withSampling(restoration.sampling().ofPlane(0, p, 0)),
                            progress.part((double) p / planes, (p + 1.0) / planes));
            Planes.write(restored, p, result.restored().channels()[0]);
            reports.add(result.report());
        }
        return new RestoredImage<>(restored, RestorationReport.combine(reports));
    }

    /**
     * Over how many pixels along each side denoising a plane would average first, where that is
     * left to it ({@link Sampling#binning} 0): measured on the plane, as {@link #restore(Plane,
     * Restoration, Progress)} does it. Of a plane whose channels are denoised one by one, measured
     * on the first.
     *
     * @param measured finite grey levels; not changed
     * @param restoration what is asked for
     * @param progress asked before every network call whether to go on
     * @return 1 if nothing would be averaged, or if the restoration is no denoising
     * @throws java.util.concurrent.CancellationException if the user cancelled
     */
    public int binning(Plane measured, Restoration restoration, Progress progress) {
        if (!Denoising.applies(restoration)) return 1;
        final boolean whole = prior.channels() == measured.channels().length;
        return new Denoising(tiled(restoration, progress), restoration)
                .binning(
                        Outlying.pixels(whole ? measured : measured.channel(0), restoration)
                                .filled(),
                        progress)
                .binning();
    }

    /**
     * What the parts of an image take over from the whole. Restored with it, a part has the range,
     * the noise and the random numbers that it has in the whole.
     *
     * @param sample the image, or a sample of it as one plane of one channel
     * @param restoration of the whole; a binning of 0 is measured here and has to be stated for the
     *     parts ({@link #binning})
     * @param progress asked before every network call whether to go on
     * @return for a part at column 0, row 0
     */
    public Whole measure(Plane sample, Restoration restoration, Progress progress) {
        final Plane usual = Outlying.pixels(sample, restoration).filled();
        final DiffusionPrior tiled = tiled(restoration, progress);
        final List<Whole.Measures> measures;
        if (Denoising.applies(restoration)) {
            final Denoising denoising = new Denoising(tiled, restoration);
            measures = denoising.measures(usual, denoising.binning(usual, progress).binning());
        } else measures = List.of(new Inversion(tiled, usual, restoration).measures());
        return new Whole(
                0,
                0,
                Outlying.range(usual, restoration),
                restoration.limits().clipMany(sample),
                measures);
    }

    /**
     * {@return what restoring one plane will take}
     *
     * @param width columns of the plane
     * @param height its rows
     * @param channels of the image
     * @param restoration what is asked for
     */
    public Cost cost(int width, int height, int channels, Restoration restoration) {
        return cost(width, height, channels, 1, restoration);
    }

    /**
     * {@return what restoring the planes of a stack will take}
     *
     * @param first a plane of the stack, which stands for all: where it is clipped or has rare
     *     bright objects, more is done
     * @param channels of the image: a plane may be one of several grey ones
     * @param slices their number
     * @param restoration of each plane
     */
    public Cost cost(Plane first, int channels, int slices, Restoration restoration) {
        final IntensityLimits limits = restoration.limits();
        final Cost cost =
                cost(
                        first.width(),
                        first.height(),
                        channels,
                        slices,
                        limits.clipMany(first)
                                ? restoration
                                : restoration.withLimits(IntensityLimits.NONE));
        return Inversion.hasRareObjects(first, restoration) ? cost.atMostTwice() : cost;
    }

    private Cost cost(int width, int height, int channels, int slices, Restoration restoration) {
        return Cost.of(prior, limits, width, height, channels, slices, restoration);
    }
}
