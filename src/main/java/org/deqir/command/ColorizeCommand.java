/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import org.deqir.Optimization;
import org.deqir.command.image.PlaneSource;
import org.deqir.command.task.ColorizeTask;
import org.deqir.command.task.PlaneOptimization;
import org.deqir.command.task.RestorationTask;
import org.scijava.command.Command;
import org.scijava.plugin.Attr;
import org.scijava.plugin.Menu;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;

/**
 * Plugins ▸ DeqIR ▸ DeqIR Colorize...: colours a grey image with an RGB prior. The mean of red,
 * green and blue, which is ImageJ's own conversion to grey, stays the same.
 */
@Plugin(
        type = Command.class,
        menu = {
            @Menu(label = "Plugins"),
            @Menu(label = "DeqIR"),
            @Menu(label = "DeqIR Colorize...", weight = 5)
        },
        iconPath = DeqirCommand.ICON,
        headless = true,
        attrs = @Attr(name = DeqirCommand.HELP, value = DeqirCommand.HELP_PAGE))
public class ColorizeCommand extends RestorationCommand {

    @Parameter(
            label = "Optimize (rounds)",
            description =
                    "Rounds of descent on the start of the chain until the measurement is explained;"
                            + " 0 for none.",
            min = "0",
            max = "10000",
            callback = "updateCost",
            persist = false)
    private Integer optimize = 0;

    @Override
    final int descents() {
        return optimize;
    }

    @Override
    PlaneOptimization optimization(RestorationTask task) {
        final Optimization descent = optimization(Optimization.RATE_WITHOUT_GUIDE);
        return (index, part) -> descent;
    }

    @Override
    RestorationTask task(PlaneSource source) {
        return new ColorizeTask(source);
    }
}
