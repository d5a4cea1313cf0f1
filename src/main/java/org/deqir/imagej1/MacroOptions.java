/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.imagej1;

import ij.ImagePlus;
import ij.Macro;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.scijava.Context;
import org.scijava.ItemVisibility;
import org.scijava.convert.ConvertService;
import org.scijava.module.Module;
import org.scijava.module.ModuleItem;
import org.scijava.util.Types;
import org.scijava.widget.Button;
import org.scijava.widget.TextWidget;

/**
 * The options of a command in a macro, {@code "key=value key2=[a value] flag=true"}, by Fiji's
 * rules.
 *
 * <p>A key is the name of an input in lower case. A value with spaces stands in brackets. A flag is
 * always written as {@code flag=true} or {@code flag=false}. A key that is not given leaves the
 * input alone.
 */
final class MacroOptions {

    private final Context context;
    private final String text;

    MacroOptions(Context context, String text) {
        this.context = context;
        this.text = text;
    }

    /** The options given by the macro that runs on this thread; none if none runs. */
    static MacroOptions ofCaller(Context context) {
        final String options = Macro.getOptions();
        return new MacroOptions(context, options == null ? "" : options);
    }

    /** Whether a macro or script, not a click in the menu, started the command on this thread. */
    static boolean calledByMacro() {
        return Thread.currentThread().getName().startsWith("Run$_");
    }

    /** The value of a key, or null if it is not given. */
    String get(String key) {
        return Macro.getValue(text, key, null);
    }

    /**
     * Sets the inputs whose keys are given, except images, and marks them as resolved.
     *
     * @throws IllegalArgumentException if a value is not of the type of its input
     */
    void fill(Module module) {
        for (ModuleItem<?> input : module.getInfo().inputs()) {
            final String value = get(input.getName());
            if (value == null || isImage(input) || !isChosenByUser(module, input)) continue;
            module.setInput(input.getName(), convert(input, value));
            module.resolveInput(input.getName());
        }
    }

    private Object convert(ModuleItem<?> input, String value) {
        final Class<?> type = Types.box(input.getType());
        final boolean flag = type == Boolean.class;
        final Object converted =
                flag && !value.equalsIgnoreCase("true") && !value.equalsIgnoreCase("false")
                        ? null
                        : context.service(ConvertService.class).convert(value, type);
        if (converted == null)
            throw new IllegalArgumentException(
                    "The macro option "
                            + input.getName()
                            + "="
                            + value
                            + " is not understood: "
                            + expected(type)
                            + " is expected.");
        return converted;
    }

    private static String expected(Class<?> type) {
        if (type == Boolean.class) return "true or false";
        if (type == Double.class || type == Float.class) return "a number";
        if (Number.class.isAssignableFrom(type)) return "a whole number";
        return "a value of type " + type.getSimpleName();
    }

    /**
     * The options with which a macro repeats a run.
     *
     * @param excluded names of inputs that no macro gives
     * @return pairs of key and value; quotes and backslashes are escaped, brackets are not added
     */
    static List<List<String>> of(Module module, Set<String> excluded) {
        final List<List<String>> options = new ArrayList<>();
        for (ModuleItem<?> input : module.getInfo().inputs()) {
            final Object value = input.getValue(module);
            if (value == null || excluded.contains(input.getName()) || !isRecorded(input)) continue;
            final String text =
                    value instanceof ImagePlus image ? image.getTitle() : value.toString();
            options.add(List.of(input.getName(), text.replace("\\", "\\\\").replace("\"", "\\\"")));
        }
        return options;
    }

    private static boolean isRecorded(ModuleItem<?> input) {
        return input.getVisibility() != ItemVisibility.MESSAGE
                && input.getVisibility() != ItemVisibility.INVISIBLE
                && input.getType() != Button.class
                && !String.valueOf(input.getWidgetStyle()).contains(TextWidget.PASSWORD_STYLE);
    }

    private static boolean isChosenByUser(Module module, ModuleItem<?> input) {
        return input.getVisibility() != ItemVisibility.MESSAGE
                && input.getType() != Button.class
                && !module.isInputResolved(input.getName());
    }

    static boolean isImage(ModuleItem<?> input) {
        return input.getType() == ImagePlus.class;
    }
}
