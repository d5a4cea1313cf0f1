/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.deqir.diffusion.CallLimits;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.diffusion.TiledNoisePredictor;
import org.deqir.image.IntensityRange;
import org.deqir.image.Volume;
import org.deqir.physics.VolumeDegradation;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;
import org.deqir.restoration.Memory;
import org.deqir.volume.IsolatedVoxels;
import org.deqir.volume.VolumeCost;
import org.deqir.volume.VolumeInversion;
import org.deqir.volume.WholeVolume;

/**
 * Restores volumes with a diffusion prior of planes: the measurement is explained as a whole, in
 * three dimensions, and the prior sees the slices of three orientations.
 *
 * <p>Volumes stay in their own grey levels, and the input is never changed. Does not own the prior.
 * Several threads may use one restorer; each needs memory of its own.
 */
public final class VolumeRestorer {

    /** Share of the free memory that a network call may take. */
    private static final double SHARE_OF_A_CALL = 0.5;

    private final DiffusionPrior prior;
    private final CallLimits limits;
    private final long memory;

    /**
     * Takes what memory is free.
     *
     * @param prior one for a single channel; stays the caller's, who closes it after the last
     *     restoration
     */
    public VolumeRestorer(DiffusionPrior prior) {
        this(prior, Memory.available());
    }

    /**
     * Takes memory that is stated. Where a volume needs more as a whole, its data step is made in
     * blocks that overlap; range, noise, first guess and levels are those of the whole.
     *
     * @param prior for grey images; stays the caller's
     * @param memory bytes of tensors at most
     */
    public VolumeRestorer(DiffusionPrior prior, long memory) {
        this(
                prior,
                CallLimits.within(
                        (long) (SHARE_OF_A_CALL * memory), prior.predictor().bytesPerPixel()),
                memory);
    }

    /**
     * Takes memory and limits of network calls that are stated.
     *
     * @param prior for grey images; stays the caller's
     * @param limits of network calls, which one that lacks memory lowers
     * @param memory bytes of tensors at most
     */
    public VolumeRestorer(DiffusionPrior prior, CallLimits limits, long memory) {
        this.memory = memory;
        this.limits = limits;
        this.prior = Objects.requireNonNull(prior, "prior");
        if (prior.channels() != 1)
            throw new IllegalArgumentException(
                    "The model \""
                            + prior.name()
                            + "\" is for images of "
                            + prior.channels()
                            + " channels; volumes need a model for grey images.");
    }

    /**
     * Restores a volume of one channel. A constant one comes back as it is. Isolated voxels far
     * outside the range of the others do not take part and stay as they were measured.
     *
     * @param measured the measurement; not changed
     * @param degradation what happened to it
     * @param noise its noise, in its own grey levels
     * @param sampling how to compute the answer
     * @param progress asked before every network call and every iteration whether to go on
     * @return the restored volume and the report
     * @throws IllegalArgumentException if voxels are NaN or infinite, or if the volume needs more
     *     memory than is free
     * @throws java.util.concurrent.CancellationException if the user cancelled
     */
    public VolumeResult restore(
            Volume measured,
            VolumeDegradation degradation,
            NoiseModel noise,
            Sampling sampling,
            Progress progress) {
        return restore(measured, degradation, noise, sampling, null, progress);
    }

    /**
     * Restores a block of a volume with what was measured on the whole.
     *
     * @param measured the block with its surroundings; not changed
     * @param degradation what happened to the volume
     * @param noise its noise, in its own grey levels
     * @param sampling how to compute the answer
     * @param whole what {@link #measure} gave, at the block's place; null to measure the block
     * @param progress asked before every network call and every iteration whether to go on
     * @return the restored block and the report
     * @throws IllegalArgumentException if voxels are NaN or infinite, or if the block needs more
     *     memory than is free
     * @throws java.util.concurrent.CancellationException if the user cancelled
     */
    public VolumeResult restore(
            Volume measured,
            VolumeDegradation degradation,
            NoiseModel noise,
            Sampling sampling,
            WholeVolume whole,
            Progress progress) {
        for (int i = 0; i < measured.size(); i++)
            if (!Float.isFinite(measured.samples()[i]))
                throw new IllegalArgumentException(
                        "The volume holds "
                                + measured.samples()[i]
                                + " at x = "
                                + i % measured.width()
                                + ", y = "
                                + i / measured.width() % measured.height()
                                + ", z = "
                                + i / measured.width() / measured.height()
                                + "; only finite values can be restored.");
        if (sampling.mode() == Sampling.Mode.PUBLISHED)
            throw new IllegalArgumentException(
                    "The published method restores planes without noise, not volumes: mode fidelity"
                            + " or sample does.");
        requireMemory(measured, degradation, sampling);
        final IsolatedVoxels isolated = IsolatedVoxels.of(measured, noise);
        final IsolatedVoxels outlying =
                isolated.beyond(whole == null ? isolated.range() : whole.levels());
        final VolumeResult result =
                inversion(outlying.filled(), degradation, noise, sampling, whole, progress)
                        .solve(progress);
        if (outlying.isEmpty()) return result;
        outlying.putBack(result.restored(), degradation.scale());
        final RestorationReport report = result.report();
        return new VolumeResult(
                result.restored(),
                result.standardDeviation(),
                report.withNoise(
                        report.noise() + "; " + outlying.describe("were left as they were")));
    }

    private VolumeInversion inversion(
            Volume measured,
            VolumeDegradation degradation,
            NoiseModel noise,
            Sampling sampling,
            WholeVolume whole,
            Progress progress) {
        return new VolumeInversion(
                new DiffusionPrior(
                        prior.name(),
                        prior.sha256(),
                        new TiledNoisePredictor(prior.predictor(), limits, progress),
                        prior.schedule()),
                measured,
                degradation,
                noise,
                sampling,
                memory,
                whole);
    }

    /**
     * What the blocks of a volume take over from the whole. Restored with it, a block has the
     * range, the noise, the first guess and the random numbers that it has in the whole.
     *
     * @param samples parts of the volume that stand for all of it, not constant
     * @param degradation what happened to the volume
     * @param noise its noise
     * @param sampling how the blocks are going to be restored
     * @param progress asked before every network call and every iteration whether to go on
     * @return for a block at slice 0, row 0, column 0
     */
    public WholeVolume measure(
            List<Volume> samples,
            VolumeDegradation degradation,
            NoiseModel noise,
            Sampling sampling,
            Progress progress) {
        final List<IsolatedVoxels> isolated =
                samples.stream().map(sample -> IsolatedVoxels.of(sample, noise)).toList();
        final IntensityRange levels =
                isolated.stream()
                        .map(IsolatedVoxels::range)
                        .reduce(
                                (a, b) ->
                                        new IntensityRange(
                                                Math.min(a.low(), b.low()),
                                                Math.max(a.high(), b.high())))
                        .orElseThrow();
        return WholeVolume.of(
                isolated.stream().map(some -> some.beyond(levels).filled()).toList(),
                levels,
                noise,
                (sample, whole) -> inversion(sample, degradation, noise, sampling, whole, progress),
                progress);
    }

    private void requireMemory(Volume measured, VolumeDegradation degradation, Sampling sampling) {
        final Cost cost =
                cost(measured.width(), measured.height(), measured.depth(), degradation, sampling);
        if (cost.bytes() <= memory) return;
        throw new IllegalArgumentException(
                String.format(
                        Locale.ROOT,
                        "The volume of %d × %d × %d voxels needs about %.1f GB of memory even in"
                                + " blocks, but %.1f GB are free. Select a part of it, or fewer"
                                + " slices.",
                        measured.width(),
                        measured.height(),
                        measured.depth(),
                        cost.bytes() * 1e-9,
                        memory * 1e-9));
    }

    /**
     * {@return what restoring a volume will take}
     *
     * @param width voxels in a row of the measured volume
     * @param height its rows
     * @param depth its slices
     * @param degradation what happened to the volume
     * @param sampling how to compute the answer
     */
    public Cost cost(
            int width, int height, int depth, VolumeDegradation degradation, Sampling sampling) {
        return VolumeCost.of(prior, limits, width, height, depth, degradation, sampling, memory);
    }
}
