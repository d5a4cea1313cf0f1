/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import ij.ImagePlus;
import java.util.List;
import org.deqir.ChainState;
import org.deqir.command.base.AnyTaskCommand;
import org.deqir.command.base.DeqirCommand;
import org.deqir.command.image.Provenance;
import org.deqir.command.image.Region;
import org.deqir.command.image.SliceSelection;
import org.deqir.command.image.Titles;
import org.deqir.command.image.TrajectoryImage;
import org.deqir.command.task.RestorationTask;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.progress.Progress;
import org.scijava.command.Command;
import org.scijava.plugin.Attr;
import org.scijava.plugin.Menu;
import org.scijava.plugin.Plugin;

/**
 * Plugins ▸ DeqIR ▸ DeqIR Show Trajectory...: how the chain comes from its start to the restored
 * image, level after level, for one slice.
 */
@Plugin(
        type = Command.class,
        menu = {
            @Menu(label = "Plugins"),
            @Menu(label = "DeqIR"),
            @Menu(label = "DeqIR Show Trajectory...", weight = 22)
        },
        iconPath = DeqirCommand.ICON,
        headless = true,
        attrs = @Attr(name = DeqirCommand.HELP, value = DeqirCommand.HELP_PAGE))
public class ShowTrajectoryCommand extends AnyTaskCommand {

    /** One slice, unless the keys say otherwise. */
    public ShowTrajectoryCommand() {
        which.slices = "current";
    }

    @Override
    protected String suffix() {
        return "trajectory";
    }

    @Override
    protected boolean canWriteFiles() {
        return false;
    }

    @Override
    protected ImagePlus compute(
            DiffusionPrior prior,
            RestorationTask task,
            SliceSelection selection,
            Region region,
            Progress progress) {
        if (selection.size() != 1)
            throw new IllegalArgumentException(
                    "slices = '%s' are %s slices: a trajectory is that of one."
                            .formatted(which.slices, selection.size()));
        final List<ChainState> states =
                runner(prior, task).follow(task, selection.index(0), region.context(), progress);
        final ImagePlus stack =
                new TrajectoryImage(task.source, region, scale())
                        .build(Titles.derived(image.getTitle(), suffix()), states);
        new Provenance()
                .add("command", macroLine())
                .add("version", version())
                .add("slice", selection.index(0))
                .add("levels", states.size() - 1)
                .writeTo(stack);
        return stack;
    }
}
