/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks;

import java.util.ArrayList;
import java.util.List;
import org.deqir.Cost;
import org.deqir.Sampling;
import org.deqir.VolumeRestorer;
import org.deqir.diffusion.CallLimits;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.Plane;
import org.deqir.image.Volume;
import org.deqir.physics.VolumeDegradation;
import org.deqir.physics.noise.NoiseEstimate;
import org.deqir.physics.noise.NoiseEstimator;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.physics.noise.StatedNoise;
import org.deqir.progress.Progress;
import org.deqir.volume.IsolatedVoxels;
import org.deqir.volume.WholeVolume;

/** What is measured on volumes, and blocks of them. */
final class BlockVolumes {

    /**
     * Memory that a block may take. One number for all computers: it decides whether data steps are
     * made in parts.
     */
    private static final long MEMORY = 16L << 30;

    /** Slices that the noise is estimated from at most. */
    private static final int SLICES_FOR_NOISE = 16;

    private BlockVolumes() {}

    /**
     * What one channel is restored with.
     *
     * @param samples of the channel; empty if there is nothing to restore
     * @param name of the channel in findings
     */
    static BlockPlan.Channel measure(
            DiffusionPrior prior,
            List<Volume> samples,
            BlockRequest.Task task,
            Sampling sampling,
            String name,
            List<String> findings,
            Progress progress) {
        if (samples.isEmpty())
            return new BlockPlan.Channel(new NoiseModel.None(), sampling, null, null);
        final NoiseModel noise;
        List<Volume> usable = samples;
        if (task.noise() == null) {
            final NoiseModel first = estimate(samples).model();
            usable = samples.stream().map(some -> IsolatedVoxels.of(some, first).filled()).toList();
            final NoiseEstimate estimate = estimate(usable);
            findings.add(name + estimate.finding());
            estimate.warnings().forEach(text -> findings.add(name + text));
            noise = estimate.model();
        } else {
            noise = task.noise();
            StatedNoise.objections(noise, slices(samples))
                    .forEach(text -> findings.add(name + text));
        }
        final WholeVolume whole =
                restorer(prior, CallLimits.standard())
                        .measure(usable, task.volume(), noise, sampling, progress);
        return new BlockPlan.Channel(noise, sampling, null, whole);
    }

    private static NoiseEstimate estimate(List<Volume> samples) {
        final Plane slices = slices(samples);
        return NoiseEstimator.estimate(slices.channels()[0], slices.width(), slices.height());
    }

    private static VolumeRestorer restorer(DiffusionPrior prior, CallLimits limits) {
        return new VolumeRestorer(prior, limits, MEMORY);
    }

    /** Some slices, one below the other. */
    private static Plane slices(List<Volume> volumes) {
        final int width = volumes.get(0).width();
        final int height = volumes.get(0).height();
        final int each = Math.max(1, SLICES_FOR_NOISE / volumes.size());
        final List<float[]> slices = new ArrayList<>();
        for (final Volume volume : volumes) {
            final int some = Math.min(each, volume.depth());
            for (int i = 0; i < some; i++)
                slices.add(volume.slice((int) ((i + 0.5) * volume.depth() / some)));
        }
        final float[] all = new float[slices.size() * width * height];
        for (int i = 0; i < slices.size(); i++)
            System.arraycopy(slices.get(i), 0, all, i * width * height, width * height);
        return Plane.of(all, width, slices.size() * height);
    }

    /**
     * A block with its surroundings, restored; {@code place} is that of its first voxel in the
     * whole.
     */
    static Volume restored(
            DiffusionPrior prior,
            Volume measured,
            BlockPlan plan,
            BlockPlan.Channel channel,
            Sampling sampling,
            long... place) {
        final Volume given =
                plan.fillIsolated() && !channel.noise().isExact()
                        ? IsolatedVoxels.of(measured, channel.noise()).filled()
                        : measured;
        final CallLimits limits = CallLimits.standard();
        final Volume restored =
                restorer(prior, limits)
                        .restore(
                                given,
                                plan.volume(),
                                channel.noise(),
                                sampling,
                                channel.volume().at(place[0], place[1], place[2]),
                                Progress.NONE)
                        .restored();
        BlockWorker.requireStandard(limits);
        return restored;
    }

    /** What a block of so many slices, rows and columns takes. */
    static Cost cost(
            DiffusionPrior prior, VolumeDegradation degradation, Sampling sampling, int... size) {
        return restorer(prior, CallLimits.standard())
                .cost(size[2], size[1], size[0], degradation, sampling);
    }
}
