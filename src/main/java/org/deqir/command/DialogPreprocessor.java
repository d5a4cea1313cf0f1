/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import org.scijava.module.Module;
import org.scijava.module.ModuleItem;
import org.scijava.module.process.AbstractPreprocessorPlugin;
import org.scijava.module.process.PreprocessorPlugin;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;
import org.scijava.plugin.PluginService;
import org.scijava.widget.InputHarvester;

/**
 * Prepares the inputs of DeqIR commands, once the given values are known, and has SciJava's own
 * dialog show them as a {@link DialogModule}. Other commands pass untouched.
 */
@Plugin(type = PreprocessorPlugin.class, priority = InputHarvester.PRIORITY + 1)
public class DialogPreprocessor extends AbstractPreprocessorPlugin {

    @Parameter private PluginService plugins;

    @Override
    public void process(Module module) {
        final Module dialog = prepare(module);
        if (dialog == module) return;
        for (final PreprocessorPlugin harvester :
                plugins.createInstancesOfType(PreprocessorPlugin.class)) {
            if (!(harvester instanceof InputHarvester)) continue;
            harvester.process(dialog);
            if (harvester.isCanceled()) {
                cancel(harvester.getCancelReason());
                ((DeqirCommand) module.getDelegateObject()).stopCaller();
                return;
            }
        }
        // Whatever is unresolved, a message too, SciJava would show in a second dialog.
        for (final ModuleItem<?> input : module.getInfo().inputs())
            module.resolveInput(input.getName());
    }

    /**
     * Prepares the inputs of a command: takes what is stored in the image for keys that are not
     * given. Without effect on commands that are not DeqIR's.
     *
     * @param module a command whose given inputs are set and resolved
     * @return what a dialog should show: a view of the inputs, or the module itself for commands
     *     that are not DeqIR's
     */
    public static Module prepare(Module module) {
        return module.getDelegateObject() instanceof DeqirCommand command
                ? command.prepare(module)
                : module;
    }
}
