/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.testing;

import ij.IJ;
import ij.ImagePlus;
import ij.WindowManager;
import ij.gui.GenericDialog;
import ij.macro.Interpreter;
import ij.measure.ResultsTable;
import java.awt.Window;
import java.util.ArrayList;
import java.util.List;
import org.deqir.imagej1.CommandMenu;
import org.deqir.imagej1.HeadlessMacro;
import org.deqir.imagej1.MacroOutcome;

/**
 * Runs the text of real macros in the ImageJ of this Java, without a display.
 *
 * <pre>{@code
 * MacroRunner.Result result = MacroRunner.run("""
 *         newImage("noisy", "8-bit ramp", 64, 64, 1);
 *         run("DeqIR Denoise...", "noise=gaussian sigma=5");
 *         """);
 * ImagePlus denoised = result.succeeded().image("noisy-denoised");
 * }</pre>
 *
 * <p>All commands of the class path are known by their labels, those of the tests included. Every
 * run starts with no image open and an empty results table. ImageJ is one per Java, so tests that
 * use this class must not run concurrently.
 */
public final class MacroRunner {

    /**
     * How a macro ended.
     *
     * @param outcome error, log and returned text
     * @param images the images it left open, in the order in which they were opened
     */
    public record Result(MacroOutcome outcome, List<ImagePlus> images) {

        /** This, if the macro came to its end. */
        public Result succeeded() {
            outcome.error()
                    .ifPresent(
                            error -> {
                                throw new AssertionError("The macro failed: " + error);
                            });
            return this;
        }

        /** The message with which the macro stopped; it must have failed. */
        public String error() {
            return outcome.error()
                    .orElseThrow(
                            () ->
                                    new AssertionError(
                                            "The macro did not fail; " + describeImages()));
        }

        /** What it printed or logged, one line each. */
        public String log() {
            return outcome.log();
        }

        /** The only open image with a title. */
        public ImagePlus image(String title) {
            final List<ImagePlus> found =
                    images.stream().filter(image -> image.getTitle().equals(title)).toList();
            if (found.size() == 1) return found.get(0);
            throw new AssertionError(
                    found.size() + " images are named " + title + "; " + describeImages());
        }

        /** The titles of the images it left open. */
        public List<String> titles() {
            return images.stream().map(ImagePlus::getTitle).toList();
        }

        private String describeImages() {
            return "open are " + titles();
        }
    }

    private static boolean ready;

    private MacroRunner() {}

    /** Runs a macro without an argument. */
    public static Result run(String macro) {
        return run(macro, "");
    }

    /** Runs a macro that asks for {@code getArgument()}. */
    public static synchronized Result run(String macro, String argument) {
        prepare();
        close();
        final MacroOutcome outcome = HeadlessMacro.run(macro, argument);
        return new Result(outcome, images());
    }

    /** Runs a macro on an image, which is open and active when the macro starts. */
    public static synchronized Result run(ImagePlus image, String macro) {
        prepare();
        close();
        image.show();
        final MacroOutcome outcome = HeadlessMacro.run(macro, "");
        return new Result(outcome, images());
    }

    private static void prepare() {
        if (ready) return;
        if (Window.class.isAssignableFrom(GenericDialog.class))
            throw new IllegalStateException(
                    "Tests with macros need target/ij-headless.jar before ij.jar on the class path,"
                            + " as 'mvn test' puts it.");
        HeadlessMacro.initialize();
        CommandMenu.register();
        ready = true;
    }

    private static void close() {
        for (ImagePlus image : images()) {
            image.changes = false;
            image.close();
            Interpreter.removeBatchModeImage(image);
        }
        WindowManager.setTempCurrentImage(null);
        ResultsTable.getResultsTable().reset();
        IJ.resetEscape();
    }

    private static List<ImagePlus> images() {
        final List<ImagePlus> images = new ArrayList<>();
        for (int id : Interpreter.getBatchModeImageIDs())
            images.add(Interpreter.getBatchModeImage(id));
        return images;
    }
}
