/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.dialog;

import java.awt.GraphicsEnvironment;
import org.deqir.command.base.DeqirCommand;
import org.scijava.Context;
import org.scijava.module.Module;
import org.scijava.module.ModuleItem;
import org.scijava.module.process.AbstractPreprocessorPlugin;
import org.scijava.module.process.PreprocessorPlugin;
import org.scijava.plugin.Plugin;
import org.scijava.widget.InputHarvester;

/**
 * Prepares the inputs of DeqIR commands, once the given values are known, and shows their dialog.
 * Other commands pass untouched.
 */
@Plugin(type = PreprocessorPlugin.class, priority = InputHarvester.PRIORITY + 1)
public class DialogPreprocessor extends AbstractPreprocessorPlugin {

    @Override
    public void process(Module module) {
        if (ask(getContext(), module)) return;
        cancel(null);
        ((DeqirCommand) module.getDelegateObject()).stopCaller();
    }

    /** {@return whether a command is one of DeqIR's} */
    public static boolean isOurs(Module module) {
        return module.getDelegateObject() instanceof DeqirCommand;
    }

    /**
     * Prepares the inputs of a command and lets the user choose those that nobody gave; false if
     * the user gave up. Without effect on commands that are not DeqIR's.
     */
    public static boolean ask(Context context, Module module) {
        final Module form = prepare(module);
        if (form == module || !(module.getDelegateObject() instanceof DeqirCommand command))
            return true;
        if (form.getInfo().inputs().iterator().hasNext() && !GraphicsEnvironment.isHeadless()) {
            final CommandDialog dialog = new CommandDialog(context, module.getInfo(), form);
            if (!dialog.show()) return false;
            command.askAgainBy(dialog::show);
        }
        // Whatever is unresolved, a message too, SciJava would show in a second dialog.
        for (final ModuleItem<?> input : module.getInfo().inputs())
            module.resolveInput(input.getName());
        return true;
    }

    /**
     * {@return what a dialog should show of a command, whose inputs take what is stored in the
     * image for keys that are not given} For commands that are not DeqIR's, the module itself.
     */
    public static Module prepare(Module module) {
        return module.getDelegateObject() instanceof DeqirCommand command
                ? command.prepare(module)
                : module;
    }
}
