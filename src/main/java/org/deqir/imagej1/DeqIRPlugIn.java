/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.imagej1;

import ij.IJ;
import ij.plugin.PlugIn;
import org.scijava.Context;
import org.scijava.command.CommandInfo;
import org.scijava.command.CommandService;

/**
 * Runs a DeqIR command from the menu or a macro of an ImageJ 1.x.
 *
 * <p>The argument is the class name of the command, as {@code plugins.config} gives it. In Fiji,
 * where the same commands are in the same menu already, nothing happens but a line in the log.
 */
public class DeqIRPlugIn implements PlugIn {

    private static final String FIJI = "net.imagej.legacy.LegacyService";

    private final String classOfFiji;

    /** Made by ImageJ for each run. */
    public DeqIRPlugIn() {
        this(FIJI);
    }

    DeqIRPlugIn(String classOfFiji) {
        this.classOfFiji = classOfFiji;
    }

    @Override
    public void run(String className) {
        final ClassLoader plugins = getClass().getClassLoader();
        if (isPresent(classOfFiji, plugins)) {
            IJ.log(
                    "DeqIR: this ImageJ has the DeqIR commands without the bridge;"
                            + " remove plugins/DeqIR_Bridge.jar.");
            return;
        }
        final Thread thread = Thread.currentThread();
        final ClassLoader previous = thread.getContextClassLoader();
        thread.setContextClassLoader(plugins);
        try {
            final Context context = CommandContext.get();
            final CommandInfo command = context.service(CommandService.class).getCommand(className);
            if (command == null)
                IJ.error("DeqIR", "There is no command " + className + " in the jars folder.");
            else new CommandRun(context, command).run();
        } finally {
            thread.setContextClassLoader(previous);
        }
    }

    private static boolean isPresent(String className, ClassLoader loader) {
        try {
            Class.forName(className, false, loader);
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }
}
