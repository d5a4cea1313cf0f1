/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.base;

import ij.ImagePlus;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.deqir.command.key.Keys;
import org.deqir.command.key.MacroOptions;
import org.deqir.progress.Progress;
import org.scijava.Context;
import org.scijava.command.CommandInfo;
import org.scijava.command.CommandService;
import org.scijava.convert.ConvertService;
import org.scijava.module.Module;
import org.scijava.module.ModuleService;

/**
 * A command with the keys that a macro would give, for something else than a macro: nobody is asked
 * and nothing is shown.
 *
 * @param module the command as SciJava sees it, with inputs and outputs
 * @param command the command itself
 */
public record FilledCommand<C extends DeqirCommand>(Module module, C command) {

    /**
     * Keys that have no meaning here.
     *
     * @param place for what, as in "for blocks"
     * @param reasons why not, by key
     */
    public record Refused(String place, Map<String, String> reasons) {}

    /**
     * Fills a command.
     *
     * @param refused keys that keep their defaults
     * @throws IllegalArgumentException if keys or values are not possible, with a sentence
     */
    public static <C extends DeqirCommand> FilledCommand<C> of(
            Context context, Class<C> type, String keys, Refused refused, ImagePlus image) {
        final CommandInfo info = context.service(CommandService.class).getCommand(type);
        final Module module = context.service(ModuleService.class).createModule(info);
        final C command = type.cast(module.getDelegateObject());
        final Map<String, Object> defaults = new HashMap<>();
        for (final String key : refused.reasons().keySet())
            if (info.getInput(key) != null) defaults.put(key, module.getInput(key));
        new MacroOptions(keys).fill(module, context.service(ConvertService.class));
        defaults.forEach(
                (key, usual) -> {
                    if (!Objects.equals(module.getInput(key), usual))
                        throw new IllegalArgumentException(
                                String.format(
                                        "%s = '%s' has no meaning for %s: %s; leave it out.",
                                        key,
                                        module.getInput(key),
                                        refused.place(),
                                        refused.reasons().get(key)));
                });
        command.image = image;
        command.prepareWithin(module);
        Keys.check(module);
        return new FilledCommand<>(module, command);
    }

    /**
     * Runs the command.
     *
     * @return its result
     * @throws IllegalArgumentException if it cannot be done, with a sentence
     */
    public ImagePlus run(Progress progress) {
        command.execute(progress);
        return (ImagePlus) module.getOutput("result");
    }
}
