/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.task;

import java.util.Comparator;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.deqir.Restoration;
import org.deqir.Restorer;
import org.deqir.Sampling;
import org.deqir.command.image.PlaneSource;
import org.deqir.command.image.Region;
import org.deqir.command.image.SliceSelection;
import org.deqir.command.key.NoiseKeys;
import org.deqir.image.Plane;
import org.deqir.physics.degradation.Identity;
import org.deqir.progress.Progress;

/** Denoising, with one binning for all slices of a stack. */
class DenoiseTask extends RestorationTask {

    /** Pixels of context around a selection. */
    private static final int CONTEXT = 32;

    DenoiseTask(PlaneSource source, String suffix, NoiseKeys noise) {
        super(source, suffix, new Identity(), noise, CONTEXT);
    }

    /**
     * A stack whose slices were denoised differently would flicker, so that the slice in the middle
     * decides for all; the first and last slices of a z-stack are often out of focus.
     */
    @Override
    Sampling settled(
            Sampling sampling,
            Restorer restorer,
            SliceSelection slices,
            Region region,
            Progress progress) {
        if (slices.size() == 1 || sampling.binning() > 0) return sampling;
        final OptionalInt found = middle(slices, region);
        if (found.isEmpty()) return sampling;
        final int middle = found.getAsInt();
        final Plane measured = measurement(middle, region.context());
        return sampling.withBinning(
                restorer.binning(
                        measured,
                        new Restoration(
                                new Identity(),
                                noise(middle, region.context(), measured).model(),
                                sampling,
                                source.limits()),
                        progress));
    }

    /** The plane nearest to the middle with something to denoise in it, if there is one. */
    final OptionalInt middle(SliceSelection slices, Region region) {
        final int half = slices.size() / 2;
        return IntStream.range(0, slices.size())
                .boxed()
                .sorted(Comparator.comparingInt(i -> Math.abs(i - half)))
                .mapToInt(slices::index)
                .filter(index -> blank(index, region.context()).isEmpty())
                .findFirst();
    }
}
