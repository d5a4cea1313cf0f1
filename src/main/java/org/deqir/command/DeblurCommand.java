/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deqir.command.base.DeqirCommand;
import org.deqir.command.base.NeighbouredCommand;
import org.deqir.command.group.BlurKeys;
import org.deqir.command.group.KeyGroup;
import org.deqir.command.image.PlaneSource;
import org.deqir.command.key.OperatorKeys;
import org.deqir.command.key.VolumeKeys;
import org.deqir.command.task.RestorationTask;
import org.deqir.command.task.Tasks;
import org.scijava.command.Command;
import org.scijava.plugin.Attr;
import org.scijava.plugin.Menu;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;

/** Plugins ▸ DeqIR ▸ DeqIR Deblur...: undoes a known blur. */
@Plugin(
        type = Command.class,
        menu = {
            @Menu(label = "Plugins"),
            @Menu(label = "DeqIR"),
            @Menu(label = "DeqIR Deblur...", weight = 2)
        },
        iconPath = DeqirCommand.ICON,
        headless = true,
        attrs = @Attr(name = DeqirCommand.HELP, value = DeqirCommand.HELP_PAGE))
public class DeblurCommand extends NeighbouredCommand {

    @KeyGroup private final BlurKeys blurring = new BlurKeys();

    @Parameter(
            label = "Dimensions",
            description =
                    "2: slice by slice; 3: volumes, with a PSF of several slices; auto: 3 if image and"
                            + " PSF image have several.",
            choices = {"auto", "2", "3"})
    private String dimensions = "auto";

    @Override
    protected Map<String, List<String>> dialogChoices() {
        final Map<String, List<String>> choices = super.dialogChoices();
        choices.put("psf", openImages());
        return choices;
    }

    @Override
    public Set<String> idleKeys() {
        final Set<String> idle = super.idleKeys();
        idle.addAll(blurring.idle(true));
        return idle;
    }

    @Override
    public RestorationTask task(PlaneSource source) {
        final OperatorKeys.Blur keys = blurring.values();
        final RestorationTask task =
                VolumeKeys.isOfVolumes(dimensions, keys, source.image())
                        ? Tasks.deblurVolumes(source, "deblurred", keys, noise())
                        : Tasks.deblur(source, "deblurred", keys, noise());
        return task.with(nearby.values());
    }
}
