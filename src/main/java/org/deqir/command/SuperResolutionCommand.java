/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import org.deqir.command.base.DeqirCommand;
import org.deqir.command.base.OptimizedRestorationCommand;
import org.deqir.command.group.GridKeys;
import org.deqir.command.group.KeyGroup;
import org.deqir.command.image.PlaneSource;
import org.deqir.command.task.RestorationTask;
import org.deqir.command.task.Tasks;
import org.scijava.command.Command;
import org.scijava.plugin.Attr;
import org.scijava.plugin.Menu;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;

/** Plugins ▸ DeqIR ▸ DeqIR Super-Resolution...: a finer pixel grid. */
@Plugin(
        type = Command.class,
        menu = {
            @Menu(label = "Plugins"),
            @Menu(label = "DeqIR"),
            @Menu(label = "DeqIR Super-Resolution...", weight = 3)
        },
        iconPath = DeqirCommand.ICON,
        headless = true,
        attrs = @Attr(name = DeqirCommand.HELP, value = DeqirCommand.HELP_PAGE))
public class SuperResolutionCommand extends OptimizedRestorationCommand {

    @KeyGroup private final GridKeys grid = new GridKeys();

    @Parameter(
            label = "Axis",
            description =
                    "xy: finer pixels in every slice; z: finer slices of every volume, with kernel=average or subsample, which takes one of the slices.",
            choices = {"xy", "z"})
    private String axis = "xy";

    @Override
    public RestorationTask task(PlaneSource source) {
        if (axis.equals("z"))
            return Tasks.finerSlices(source, "z-x" + grid.scale, grid.scale, grid.kernel, noise());
        if (grid.kernel.equals("subsample"))
            throw new IllegalArgumentException(
                    "kernel = 'subsample' is for axis = 'z'; pixels are average or bicubic.");
        return Tasks.enlarge(source, "x" + grid.scale, grid.scale, grid.kernel, noise());
    }
}
