/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.group;

import org.scijava.command.Command;
import org.scijava.command.CommandInfo;
import org.scijava.command.CommandModule;
import org.scijava.module.ModuleException;
import org.scijava.util.ClassUtils;

/** A command with the values of its own parameters and those of its {@link KeyGroup}s. */
final class GroupedModule extends CommandModule {

    GroupedModule(CommandInfo info) throws ModuleException {
        super(info);
    }

    GroupedModule(CommandInfo info, Command command) {
        super(info, command);
    }

    @Override
    public Object getInput(String name) {
        return getInfo().getInput(name) instanceof GroupedItem<?> item
                ? ClassUtils.getValue(item.getField(), item.holder(getCommand()))
                : super.getInput(name);
    }

    @Override
    public void setInput(String name, Object value) {
        if (getInfo().getInput(name) instanceof GroupedItem<?> item)
            ClassUtils.setValue(item.getField(), item.holder(getCommand()), value);
        else super.setInput(name, value);
    }
}
