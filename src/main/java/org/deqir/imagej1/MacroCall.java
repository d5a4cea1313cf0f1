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
import org.deqir.command.key.MacroOptions;
import org.scijava.ItemVisibility;
import org.scijava.module.Module;
import org.scijava.module.ModuleItem;
import org.scijava.widget.Button;
import org.scijava.widget.TextWidget;

/** How a macro calls a command, and the options with which it repeats a run. */
final class MacroCall {

    private MacroCall() {}

    /** The options given by the macro that runs on this thread; none if none runs. */
    static MacroOptions options() {
        return new MacroOptions(Macro.getOptions());
    }

    /** Whether a macro or script, not a click in the menu, started the command on this thread. */
    static boolean calledByMacro() {
        return Thread.currentThread().getName().startsWith("Run$_");
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

    static boolean isImage(ModuleItem<?> input) {
        return input.getType() == ImagePlus.class;
    }
}
