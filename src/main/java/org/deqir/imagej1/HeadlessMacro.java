/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.imagej1;

import ij.IJ;
import ij.Menus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Runs an ImageJ macro without a display, always in batch mode.
 *
 * <p>Every command of ImageJ's menus works in it, those of {@code plugins/} included, as far as
 * they need no window. Needs {@code ij-headless.jar}, made by the build, in place of {@code
 * ij.jar}.
 */
public final class HeadlessMacro {

    private static final int FAILED = 1;
    private static final int WRONG_USE = 2;

    private static final String ABORTED = "[aborted]";

    private HeadlessMacro() {}

    /**
     * Runs a macro file and ends this Java: with 0 if the macro came to its end or its own {@code
     * exit()}, 1 if it failed or was aborted, 2 if there is no such file. What the macro prints
     * goes to standard output, errors to standard error.
     *
     * @param arguments the macro file and, optionally, what its {@code getArgument()} returns
     */
    public static void main(String[] arguments) {
        if (arguments.length < 1 || arguments.length > 2) {
            System.err.println("Usage: headless FILE.ijm [ARGUMENT]");
            System.exit(WRONG_USE);
        }
        final Path file = Path.of(arguments[0]).toAbsolutePath();
        if (!Files.isRegularFile(file)) {
            System.err.println("There is no macro file " + file);
            System.exit(WRONG_USE);
        }
        final String argument = arguments.length > 1 ? arguments[1] : "";
        final MacroOutcome outcome = outcome(() -> IJ.runMacroFile(file.toString(), argument));
        System.out.flush();
        System.err.flush();
        System.exit(outcome.error().isPresent() ? FAILED : 0);
    }

    /** {@return how a macro ended that was run with an argument} */
    public static MacroOutcome run(String macro, String argument) {
        return outcome(() -> IJ.runMacro(macro, argument));
    }

    /** Reads ImageJ's menus, so that commands are known by name. */
    public static void initialize() {
        if (Menus.getCommands() == null) IJ.runPlugIn("ij.IJ.init", "");
    }

    private static MacroOutcome outcome(Supplier<String> macro) {
        initialize();
        HeadlessMessages.clear();
        final String[] returned = {null};
        // ImageJ knows by this name that a thread runs a macro and can be stopped by an exception.
        final Thread thread = new Thread(() -> returned[0] = macro.get(), "Macro$");
        thread.setUncaughtExceptionHandler(
                (t, thrown) -> HeadlessMessages.error("Macro", thrown.toString()));
        thread.start();
        try {
            thread.join();
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
            return new MacroOutcome(
                    Optional.of("interrupted while the macro ran"), HeadlessMessages.log(), "");
        }
        if (ABORTED.equals(returned[0]) && !HeadlessMessages.exited())
            if (HeadlessMessages.error().isEmpty())
                HeadlessMessages.error("Macro", "The macro was aborted.");
        final String text = returned[0] == null ? "" : returned[0];
        return new MacroOutcome(HeadlessMessages.error(), HeadlessMessages.log(), text);
    }
}
