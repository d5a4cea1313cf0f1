/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.base;

import org.deqir.command.image.Caller;
import org.scijava.Priority;
import org.scijava.convert.ConvertService;
import org.scijava.module.Module;
import org.scijava.module.process.AbstractPreprocessorPlugin;
import org.scijava.module.process.PreprocessorPlugin;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;

/**
 * Takes the image and the options of a DeqIR command from its {@link Caller}, before Fiji looks for
 * them in the wrong thread. Other commands pass untouched.
 */
@Plugin(type = PreprocessorPlugin.class, priority = CallerPreprocessor.MACRO + 1)
public class CallerPreprocessor extends AbstractPreprocessorPlugin {

    /** Priority of what Fiji takes from a macro's options. */
    static final double MACRO = 2 * Priority.VERY_HIGH;

    @Parameter private ConvertService converters;

    @Override
    public void process(Module module) {
        if (module.getDelegateObject() instanceof DeqirCommand command
                && !command.takeFromCaller(module, converters)) cancel(command.getCancelReason());
    }

    /**
     * Puts back what a macro's options were read as: Fiji reads them once more, finds keys inside
     * of values, and takes options of macros that a script was started from.
     */
    @Plugin(type = PreprocessorPlugin.class, priority = CallerPreprocessor.MACRO - 1)
    public static class Again extends AbstractPreprocessorPlugin {

        @Override
        public void process(Module module) {
            if (module.getDelegateObject() instanceof DeqirCommand command)
                command.takeFromCallerAgain();
        }
    }
}
