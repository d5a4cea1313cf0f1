/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.ui;

import ij.ImageListener;
import ij.ImagePlus;
import ij.WindowManager;
import ij.gui.StackWindow;
import ij.macro.Interpreter;
import ij.measure.ResultsTable;
import org.scijava.thread.ThreadService;

/**
 * Makes results reachable for the calling macro.
 *
 * <p>With a user interface SciJava shows a command's outputs itself. In batch mode and headless it
 * shows them too late or not at all, so the macro's next line would act on the input. There the
 * result is registered with ImageJ and made the current image of the thread that called the
 * command, not of the command's own: pool threads are used again, and the next command would get a
 * stale image.
 */
public final class ResultDisplay {

    private ResultDisplay() {}

    /**
     * Opens an image for the calling macro and makes it the current one.
     *
     * @return whether that was needed; if not, SciJava will show the image
     */
    public static boolean show(ThreadService threads, ImagePlus result) {
        if (!Interpreter.isBatchMode()) return false;
        result.show();
        final Thread caller = threads.getParent(null);
        if (caller == null) return true; // the macro's own thread: show() made it current
        WindowManager.setTempCurrentImage(null);
        WindowManager.setTempCurrentImage(caller, result);
        return true;
    }

    /**
     * Makes a slice, from 1, of a stack that is not open yet the one that is seen first, with the
     * slider at its place: ImageJ opens every stack with the slider at 1.
     */
    public static void openAt(ImagePlus stack, int slice) {
        stack.setSlice(slice);
        ImagePlus.addImageListener(
                new ImageListener() {
                    @Override
                    public void imageOpened(ImagePlus opened) {
                        if (opened != stack) return;
                        ImagePlus.removeImageListener(this);
                        if (stack.getWindow() instanceof StackWindow window)
                            window.updateSliceSelector();
                    }

                    @Override
                    public void imageUpdated(ImagePlus updated) {
                        // Only opening moves the slider.
                    }

                    @Override
                    public void imageClosed(ImagePlus closed) {
                        if (closed == stack) ImagePlus.removeImageListener(this);
                    }
                });
    }

    /**
     * {@return ImageJ's Results table} What a row has no figure for is NaN in it: ImageJ would
     * write 0, which looks measured.
     */
    public static ResultsTable resultsTable() {
        final ResultsTable table = ResultsTable.getResultsTable();
        table.setNaNEmptyCells(true);
        return table;
    }
}
