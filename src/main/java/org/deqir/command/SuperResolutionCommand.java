/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

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

    @Parameter(
            label = "Scale",
            description =
                    "Pixels of the result per pixel of the image along each side; with axis=z slices"
                            + " per slice.",
            min = "2",
            max = "8",
            callback = "updateCost",
            persist = false)
    private Integer scale = 2;

    @Parameter(
            label = "Kernel",
            description =
                    "How fine pixels made a coarse one: average as binning and camera pixels do;"
                            + " subsample, for axis=z, takes one of the slices.",
            choices = {"average", "bicubic", "subsample"},
            callback = "updateCost",
            persist = false)
    private String kernel = "average";

    @Parameter(
            label = "Axis",
            description = "xy: finer pixels in every slice; z: finer slices of every volume.",
            choices = {"xy", "z"},
            callback = "updateCost",
            persist = false)
    private String axis = "xy";

    @Override
    RestorationTask task(PlaneSource source) {
        if (axis.equals("z"))
            return Tasks.finerSlices(source, "z-x" + scale, scale, kernel, noise());
        if (kernel.equals("subsample"))
            throw new IllegalArgumentException(
                    "kernel = 'subsample' is for axis = 'z'; pixels are average or bicubic.");
        return Tasks.enlarge(source, "x" + scale, scale, kernel, noise());
    }
}
