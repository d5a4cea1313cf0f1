/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.group;

import java.lang.reflect.Field;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.scijava.InstantiableException;
import org.scijava.command.Command;
import org.scijava.command.CommandInfo;
import org.scijava.command.CommandModuleItem;
import org.scijava.module.Module;
import org.scijava.module.ModuleException;
import org.scijava.module.ModuleItem;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.PluginInfo;
import org.scijava.util.ClassUtils;

/** A command whose inputs are its own parameters and those of its {@link KeyGroup}s. */
final class GroupedCommandInfo extends CommandInfo {

    /** All inputs by name in the order of their declaration; null until somebody asks. */
    private Map<String, CommandModuleItem<?>> items;

    GroupedCommandInfo(PluginInfo<Command> command) {
        super(command);
    }

    private synchronized Map<String, CommandModuleItem<?>> items() {
        if (items == null) {
            final Map<String, CommandModuleItem<?>> all = new LinkedHashMap<>();
            final Deque<Class<?>> classes = new ArrayDeque<>();
            for (Class<?> c = type(); c != null; c = c.getSuperclass()) classes.push(c);
            for (final Class<?> declaring : classes)
                for (final Field field : declaring.getDeclaredFields())
                    if (field.isAnnotationPresent(KeyGroup.class)) {
                        for (final Field key :
                                ClassUtils.getAnnotatedFields(field.getType(), Parameter.class))
                            all.put(key.getName(), new GroupedItem<>(this, field, key));
                    } else if (field.isAnnotationPresent(Parameter.class)
                            && super.getInput(field.getName()) != null)
                        all.put(field.getName(), new KeyItem<>(this, field));
            items = all;
        }
        return items;
    }

    private Class<?> type() {
        try {
            return loadClass();
        } catch (InstantiableException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public CommandModuleItem<?> getInput(String name) {
        return items().get(name);
    }

    @Override
    public Iterable<ModuleItem<?>> inputs() {
        return List.copyOf(items().values());
    }

    @Override
    public Module createModule() throws ModuleException {
        return new GroupedModule(this);
    }

    @Override
    public Module createModule(Command command) {
        return new GroupedModule(this, command);
    }
}
