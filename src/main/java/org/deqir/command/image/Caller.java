/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.image;

import ij.IJ;
import ij.ImagePlus;
import ij.Macro;
import ij.WindowManager;
import ij.macro.Interpreter;
import ij.plugin.frame.Recorder;
import java.util.List;

/**
 * What the caller of a command has in its thread: the image that ImageJ's {@code run} acts on, the
 * options, and the macro itself.
 *
 * <p>SciJava makes a command on the thread that asks for it, and prepares and runs it on another,
 * where ImageJ's {@code WindowManager.getCurrentImage()} and {@code Macro.getOptions()} know
 * nothing of the caller. So all of this is read when the command is made.
 */
public final class Caller {

    private static final String TITLE = "DeqIR";

    private final Thread thread = Thread.currentThread();
    private final ImagePlus image = WindowManager.getTempCurrentImage();

    /** Whether ImageJ's {@code run} called, in a macro or a script. */
    private final boolean run;

    private final String options;

    /** The macro whose own {@code run} it is; null in a script and without {@code run}. */
    private final Interpreter macro;

    /** Looks for who runs the command: the thread that made it, its ancestors and their macro. */
    public Caller() {
        final List<String> callers =
                StackWalker.getInstance()
                        .walk(
                                frames ->
                                        frames.map(f -> f.getClassName() + "." + f.getMethodName())
                                                .toList());
        run = callers.contains("ij.IJ.run");
        options = run ? Macro.getOptions() : null;
        macro = callers.contains("ij.macro.Functions.doRun") ? Interpreter.getInstance() : null;
    }

    /** {@return whether ImageJ's {@code run} called the command, in a macro or a script} */
    public boolean isRun() {
        return run;
    }

    /** {@return whether the command runs elsewhere than where it was called, as in Fiji} */
    public boolean isElsewhere() {
        return Thread.currentThread() != thread;
    }

    /** {@return the options of {@code run}; null if there are none} */
    public String options() {
        return options;
    }

    /**
     * {@return the image that the caller acts on; null if there is none}
     *
     * @throws IllegalArgumentException if this cannot be told
     */
    public ImagePlus image() {
        if (image != null) {
            if (image.getProcessor() == null)
                throw new IllegalArgumentException(
                        "The image '" + image.getTitle() + "' was closed.");
            return image;
        }
        // An earlier command may have left its image in this thread.
        if (isElsewhere()) WindowManager.setTempCurrentImage(null);
        return unambiguous(
                WindowManager.getCurrentImage(), run ? Interpreter.getLastBatchModeImage() : null);
    }

    /** What is meant where an image without a window may be; either can be null. */
    static ImagePlus unambiguous(ImagePlus front, ImagePlus batch) {
        if (front == null) return batch;
        if (batch != null && front != batch)
            throw new IllegalArgumentException(
                    "It is not clear which image is meant, '"
                            + batch.getTitle()
                            + "' of the macro or '"
                            + front.getTitle()
                            + "' in front: name it by image=[title].");
        return front;
    }

    /**
     * Stops the macro or script that called {@code run}, with what is wrong or null; its message is
     * told by others. On the caller's own thread nothing happens: there the one who calls the
     * command stops the macro. A command of the menu is not recorded.
     */
    public void stop(String problem) {
        if (!run) Recorder.disableCommandRecording(); // Fiji would write it without its keys
        if (!run || !isElsewhere()) return;
        if (macro != null) {
            macro.setIgnoreErrors(true); // ImageJ would tell it once more, and throw here
            IJ.error(TITLE, Macro.MACRO_CANCELED); // or a macro that called this one goes on
            macro.abort(problem);
        }
        Macro.abort(); // thrown in the caller's thread, once this run has come to its end
    }
}
