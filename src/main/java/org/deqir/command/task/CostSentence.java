/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.task;

import java.awt.Rectangle;
import java.util.Locale;
import org.deqir.Cost;
import org.deqir.Restoration;
import org.deqir.Restorer;
import org.deqir.Sampling;
import org.deqir.command.image.Region;
import org.deqir.command.image.SliceSelection;
import org.deqir.command.prior.PriorService;
import org.deqir.command.ui.CommandProgress;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.physics.Degradation;
import org.deqir.physics.degradation.Identity;
import org.deqir.physics.noise.NoiseModel;

/** Says what a run will take: network evaluations, time and memory. */
public final class CostSentence {

    private static final double MEGA = 1e6;
    private static final double GIGA = 1e9;

    private final PriorService priors;
    private final DiffusionPrior prior;
    private final Sampling sampling;
    private final PlaneOptimization optimization;
    private final boolean warm;

    /**
     * @param priors tells how long the prior takes on this machine
     */
    public CostSentence(
            PriorService priors,
            DiffusionPrior prior,
            Sampling sampling,
            PlaneOptimization optimization,
            boolean warm) {
        this.priors = priors;
        this.prior = prior;
        this.sampling = sampling;
        this.optimization = optimization;
        this.warm = warm;
    }

    /** {@return the sentence that tells calls of the network, time and memory} */
    public String of(RestorationTask task, SliceSelection selection, Region region) {
        final Rectangle part = region.context();
        if (task.volumes() != null)
            return sentence(
                    task.volumes().cost(prior, sampling, selection, region),
                    selection,
                    part.width,
                    part.height);
        final int index = task.first(selection, part);
        final Degradation degradation = task.degradation(index, part);
        final int channels = task.source.isRgb() ? 3 : 1;
        final Cost cold =
                new Restorer(prior)
                        .cost(
                                task.measurement(index, part),
                                channels,
                                selection.size(),
                                new Restoration(
                                                degradation == null ? new Identity() : degradation,
                                                new NoiseModel.None(),
                                                sampling,
                                                task.source.limits())
                                        .withOptimization(optimization.of(index, part)));
        final Cost all = warm ? cold.warm(selection.size()) : cold;
        return sentence(all, selection, part.width * task.scale(), part.height * task.scale());
    }

    /** The cost of the selected slices; its planes are of the given size. */
    private String sentence(Cost all, SliceSelection selection, int width, int height) {
        final double seconds = all.planes() * priors.secondsPerEvaluation(prior, width, height);
        return String.format(
                Locale.ROOT,
                "%s, %s: about %s, %s of memory, on the %s",
                count(selection.size(), "slice"),
                all.evaluations() == all.most()
                        ? count(all.most(), "network evaluation")
                        : all.evaluations() + " to " + count(all.most(), "network evaluation"),
                CommandProgress.duration(seconds),
                memory(all.bytes()),
                prior.device());
    }

    private static String count(long number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }

    /** {@return bytes in words, never 0} */
    public static String memory(long bytes) {
        return bytes < GIGA
                ? Math.max(1, Math.round(bytes / MEGA)) + " MB"
                : String.format(Locale.ROOT, "%.1f GB", bytes / GIGA);
    }
}
