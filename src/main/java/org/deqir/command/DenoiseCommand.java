/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import java.util.ArrayList;
import java.util.List;
import org.deqir.Sampling;
import org.deqir.command.base.DeqirCommand;
import org.deqir.command.base.NeighbouredCommand;
import org.deqir.command.image.PlaneSource;
import org.deqir.command.task.RestorationTask;
import org.deqir.command.task.Tasks;
import org.scijava.command.Command;
import org.scijava.plugin.Attr;
import org.scijava.plugin.Menu;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;

/** Plugins ▸ DeqIR ▸ DeqIR Denoise...: removes Gaussian or photon noise. */
@Plugin(
        type = Command.class,
        menu = {
            @Menu(label = "Plugins"),
            @Menu(label = "DeqIR"),
            @Menu(label = "DeqIR Denoise...", weight = 1)
        },
        iconPath = DeqirCommand.ICON,
        headless = true,
        attrs = @Attr(name = DeqirCommand.HELP, value = DeqirCommand.HELP_PAGE))
public class DenoiseCommand extends NeighbouredCommand {

    @Parameter(
            label = "Strength",
            description = "Factor on the assumed noise: above 1 smoother, below 1 more detail.",
            min = "0.1",
            max = "10")
    private Double strength = 1.0;

    @Parameter(
            label = "Binning (0 = measured)",
            description =
                    "Pixels along each side over which to average first: 1 for none, 2 or more for"
                            + " images oversampled for their noise.",
            min = "0",
            max = "4")
    private Integer binning = 0;

    @Override
    protected List<String> lastKeys() {
        final List<String> keys = new ArrayList<>(super.lastKeys());
        keys.addAll(NOISE_KEYS.size(), List.of("strength", "binning"));
        return keys;
    }

    @Override
    protected boolean areNeighboursRare() {
        return false;
    }

    @Override
    public List<String> noiseChoices() {
        return List.of("auto", "gaussian", "poisson-gaussian");
    }

    @Override
    public Sampling sampling() {
        return super.sampling().withStrength(strength).withBinning(binning);
    }

    @Override
    public RestorationTask task(PlaneSource source) {
        requireOther("There is nothing to denoise in", "keeps the measurement as it is");
        return Tasks.denoise(source, "denoised", noise(), nearby.values());
    }
}
