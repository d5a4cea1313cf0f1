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
import org.deqir.command.group.KeyGroup;
import org.deqir.command.group.MissingKeys;
import org.deqir.command.image.PlaneSource;
import org.deqir.command.task.RestorationTask;
import org.deqir.command.task.Tasks;
import org.scijava.command.Command;
import org.scijava.plugin.Attr;
import org.scijava.plugin.Menu;
import org.scijava.plugin.Plugin;

/** Plugins ▸ DeqIR ▸ DeqIR Inpaint...: fills in missing pixels. */
@Plugin(
        type = Command.class,
        menu = {
            @Menu(label = "Plugins"),
            @Menu(label = "DeqIR"),
            @Menu(label = "DeqIR Inpaint...", weight = 4)
        },
        iconPath = DeqirCommand.ICON,
        headless = true,
        attrs = @Attr(name = DeqirCommand.HELP, value = DeqirCommand.HELP_PAGE))
public class InpaintCommand extends NeighbouredCommand {

    @KeyGroup private final MissingKeys absent = new MissingKeys();

    /** Fills in missing pixels and leaves the known ones alone, unless told about their noise. */
    public InpaintCommand() {
        noise = "none";
    }

    @Override
    protected Map<String, List<String>> dialogChoices() {
        final Map<String, List<String>> choices = super.dialogChoices();
        choices.put("mask", openImages());
        return choices;
    }

    @Override
    public Set<String> idleKeys() {
        final Set<String> idle = super.idleKeys();
        idle.addAll(absent.idle(true));
        return idle;
    }

    @Override
    public RestorationTask task(PlaneSource source) {
        return Tasks.inpaint(source, "inpainted", absent.missing, absent.mask, noise())
                .with(nearby.values());
    }
}
