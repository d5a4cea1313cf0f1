/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.key;

import ij.ImagePlus;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.scijava.Context;
import org.scijava.ItemVisibility;
import org.scijava.module.Module;
import org.scijava.module.ModuleInfo;
import org.scijava.module.ModuleItem;
import org.scijava.service.Service;

/**
 * The keys of a command: the inputs that a macro or script can give. Macros are held to the ranges
 * and choices of the annotations; SciJava checks them in dialogs only.
 */
public final class Keys {

    /** Style of a text that is the path of a file or a folder. */
    public static final String FILE_OR_FOLDER = "both";

    /** Style of a text that has the keys of another command. */
    public static final String OF_COMMAND = "keys";

    private Keys() {}

    /** {@return all keys, those of superclasses first} */
    public static List<ModuleItem<?>> of(ModuleInfo command) {
        return andMessages(command).stream()
                .filter(item -> item.getVisibility() != ItemVisibility.MESSAGE)
                .toList();
    }

    /** {@return all keys and the messages among them} */
    public static List<ModuleItem<?>> andMessages(ModuleInfo command) {
        final List<ModuleItem<?>> keys = new ArrayList<>();
        for (final ModuleItem<?> item : command.inputs())
            if (!Service.class.isAssignableFrom(item.getType())
                    && !Context.class.isAssignableFrom(item.getType())) keys.add(item);
        return keys;
    }

    /**
     * Checks the values of all keys.
     *
     * @throws IllegalArgumentException for the first value that is missing, not among the choices
     *     or out of range
     */
    public static void check(Module command) {
        for (final ModuleItem<?> item : of(command.getInfo()))
            if (item.getType() != ImagePlus.class) check(item, command.getInput(item.getName()));
    }

    private static void check(ModuleItem<?> item, Object value) {
        final String name = item.getName();
        if (value == null)
            throw new IllegalArgumentException(
                    name + " is missing, or its value is not understood.");
        final List<?> choices = item.getChoices();
        if (choices != null && !choices.isEmpty() && !choices.contains(value))
            throw new IllegalArgumentException(
                    name
                            + " = '"
                            + value
                            + "' is unknown; the choices are: "
                            + choices.stream()
                                    .map(String::valueOf)
                                    .collect(Collectors.joining(", "))
                            + ".");
        if (!(value instanceof Number number)) return;
        final Number least = (Number) item.getMinimumValue();
        final Number most = (Number) item.getMaximumValue();
        final double given = number.doubleValue();
        if (Double.isInfinite(given) || Double.isNaN(given))
            throw new IllegalArgumentException(name + " = " + value + " is not a finite number.");
        if (least != null && given < least.doubleValue())
            throw new IllegalArgumentException(
                    name + " = " + value + " is too small: at least " + least + " is accepted.");
        if (most != null && given > most.doubleValue())
            throw new IllegalArgumentException(
                    name + " = " + value + " is too large: at most " + most + " is accepted.");
    }
}
