/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.task;

import java.awt.Rectangle;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.deqir.AveragedRestorer;
import org.deqir.Restoration;
import org.deqir.Restorer;
import org.deqir.Sampling;
import org.deqir.command.image.PlaneSource;
import org.deqir.command.image.Region;
import org.deqir.command.image.SliceSelection;
import org.deqir.command.key.NeighbourKeys;
import org.deqir.command.key.Noise;
import org.deqir.command.key.NoiseKeys;
import org.deqir.image.Plane;
import org.deqir.physics.noise.StackNoise;
import org.deqir.progress.Progress;

/**
 * Denoising of the planes of a stack with what their neighbours in time or depth share with them.
 *
 * <p>Noise and binning are those of the whole stack, so that a plane's result does not depend on
 * which others are restored.
 */
final class NeighbourDenoiseTask extends DenoiseTask {

    /** Pairs of planes, spread over the stack, from which the noise is estimated. */
    private static final int PAIRS = 5;

    /** The noise of each channel; one thread at a time asks for it. */
    private final Map<Integer, StackNoise> estimates = new HashMap<>();

    /** The settings for planes without their neighbours, once they were needed. */
    private Sampling alone;

    NeighbourDenoiseTask(
            PlaneSource source, String suffix, NoiseKeys noise, NeighbourKeys neighbours) {
        super(source, suffix, noise);
        with(neighbours);
    }

    @Override
    Noise noise(int index, Rectangle part, Plane measured) {
        return noise.isAuto()
                ? new Noise(estimate(index, part).model(), List.of())
                : super.noise(index, part, measured);
    }

    /** Restoring one plane decides nothing for the others. */
    @Override
    Sampling settled(
            Sampling sampling,
            Restorer restorer,
            SliceSelection slices,
            Region region,
            Progress progress) {
        return settled(sampling, restorer, region, true, progress);
    }

    @Override
    synchronized Sampling settledAlone(
            Sampling sampling, Restorer restorer, Region region, Progress progress) {
        if (alone == null) alone = settled(sampling, restorer, region, false, progress);
        return alone;
    }

    /** With the binning that suits the plane in the middle of the stack. */
    private Sampling settled(
            Sampling sampling,
            Restorer restorer,
            Region region,
            boolean averaged,
            Progress progress) {
        if (sampling.binning() > 0) return sampling;
        final OptionalInt middle = middle(SliceSelection.parse("all", source.image()), region);
        if (middle.isEmpty()) return sampling;
        final Measured measured = measured(middle.getAsInt(), region.context());
        final Restoration ofOne =
                new Restoration(
                        degradation(middle.getAsInt(), region.context()),
                        measured.noise().model(),
                        sampling,
                        source.limits());
        return sampling.withBinning(
                averaged && measured.fused() != null
                        ? restorer.binning(
                                measured.fused().plane(),
                                AveragedRestorer.ofAverage(
                                        ofOne, AveragedRestorer.exposures(measured.fused())),
                                progress)
                        : restorer.binning(measured.plane(), ofOne, progress));
    }

    /** The noise of the channel of a plane. */
    private StackNoise estimate(int index, Rectangle part) {
        final int channel = source.image().convertIndexToPosition(index)[0];
        return estimates.computeIfAbsent(
                channel,
                c -> {
                    final StackNoise found = StackNoise.estimate(pairs(c, part), source.limits());
                    notices.add(
                            (source.image().getNChannels() > 1 ? "Channel " + c + ": " : "")
                                    + found.finding());
                    return found;
                });
    }

    private List<Plane[]> pairs(int channel, Rectangle part) {
        final List<int[]> all = new ArrayList<>();
        for (int index = 1; index <= source.image().getStackSize(); index++) {
            if (source.image().convertIndexToPosition(index)[0] != channel) continue;
            for (final NeighbourKeys.Neighbour next :
                    neighbourhood().keys().of(source.image(), index))
                if (next.steps() == 1 && next.index() > index)
                    all.add(new int[] {index, next.index()});
        }
        final List<Plane[]> pairs = new ArrayList<>();
        final int count = Math.min(PAIRS, all.size());
        for (int i = 0; i < count; i++) {
            final int[] pair = all.get((int) ((i + 0.5) * all.size() / count));
            final Plane first = source.read(pair[0], part);
            final Plane second = source.read(pair[1], part);
            if (!first.hasNonFinite() && !second.hasNonFinite())
                pairs.add(new Plane[] {first, second});
        }
        return pairs;
    }
}
