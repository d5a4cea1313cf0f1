/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.group;

import java.util.List;
import org.scijava.Priority;
import org.scijava.command.Command;
import org.scijava.command.CommandService;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;
import org.scijava.plugin.PluginInfo;
import org.scijava.plugin.PluginService;
import org.scijava.service.AbstractService;
import org.scijava.service.SciJavaService;
import org.scijava.service.Service;

/**
 * Makes the commands of this project known with the keys of their {@link KeyGroup}s. SciJava's own
 * description of a command knows the fields of its class only.
 *
 * <p>It comes before all other services: Fiji's layer keeps what it finds when it makes the menus.
 */
@Plugin(type = Service.class, priority = Priority.EXTREMELY_HIGH)
public class KeyGroups extends AbstractService implements SciJavaService {

    private static final String OURS = "org.deqir.command.";

    @Parameter private PluginService plugins;

    /** It tells the commands that SciJava has found, so it has to be there before. */
    @Parameter private CommandService commands;

    @Override
    public void initialize() {
        final List<PluginInfo<Command>> plain =
                plugins.getPluginsOfType(Command.class).stream()
                        .filter(info -> info.getClassName().startsWith(OURS))
                        .toList();
        plugins.removePlugins(plain);
        plugins.addPlugins(plain.stream().map(GroupedCommandInfo::new).toList());
    }
}
