/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import org.deqir.Optimization;
import org.deqir.command.base.DeqirCommand;
import org.deqir.command.base.RestorationCommand;
import org.deqir.command.group.DescentKeys;
import org.deqir.command.group.KeyGroup;
import org.deqir.command.image.PlaneSource;
import org.deqir.command.task.ColorizeTask;
import org.deqir.command.task.PlaneOptimization;
import org.deqir.command.task.RestorationTask;
import org.scijava.command.Command;
import org.scijava.plugin.Attr;
import org.scijava.plugin.Menu;
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

    @KeyGroup private final DescentKeys descent = new DescentKeys();

    @Override
    protected final int descents() {
        return descent.optimize;
    }

    @Override
    protected PlaneOptimization optimization(RestorationTask task) {
        final Optimization rounds = optimization(Optimization.RATE_WITHOUT_GUIDE);
        return (index, part) -> rounds;
    }

    @Override
    public RestorationTask task(PlaneSource source) {
        return new ColorizeTask(source);
    }
}
