/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.ui;

import ij.IJ;
import java.util.function.BooleanSupplier;
import org.deqir.progress.Progress;
import org.scijava.app.StatusService;
import org.scijava.task.Task;
import org.scijava.task.TaskService;

/**
 * Shows a command's progress in ImageJ's status bar and Fiji's task ring, with the time that is
 * left, and cancels on ESC, on the cross of the task and when the command itself was cancelled.
 *
 * <p>Close it when the command ends, however it ends.
 */
public final class CommandProgress implements Progress, AutoCloseable {

    private static final int RESOLUTION = 1000;

    private final StatusService status;
    private final Task task;
    private final BooleanSupplier commandCanceled;
    private final LossPlot plot;
    private final long start = System.nanoTime();

    /**
     * Starts a task in the status bar; ESC that was pressed before does not count.
     *
     * @param commandCanceled asked whether the command was cancelled
     */
    public CommandProgress(
            String title,
            StatusService status,
            TaskService tasks,
            BooleanSupplier commandCanceled) {
        this.status = status;
        this.task = tasks.createTask(title);
        this.commandCanceled = commandCanceled;
        this.plot = new LossPlot(title + ", loss");
        IJ.resetEscape();
        task.setProgressMaximum(RESOLUTION);
        task.start();
    }

    @Override
    public void update(String stage, double fraction) {
        final double done = Math.max(0, Math.min(1, fraction));
        final int value = (int) Math.round(done * RESOLUTION);
        final String text = stage + remaining(done, (System.nanoTime() - start) * 1e-9);
        task.setProgressValue(value);
        task.setStatusMessage(text);
        status.showStatus(value, RESOLUTION, text);
    }

    @Override
    public void measured(String quantity, int index, double value) {
        plot.add(index, value);
    }

    /**
     * {@return how long the rest takes after {@code seconds}, as in {@code " (about 2 min left)"};
     * empty until enough is done, 0 to 1, to tell}
     */
    public static String remaining(double done, double seconds) {
        if (done < 0.02 || done >= 1 || seconds < 1) return "";
        return " (about " + duration(seconds * (1 - done) / done) + " left)";
    }

    /** {@return a duration in words: seconds below two minutes, minutes below two hours, hours} */
    public static String duration(double seconds) {
        if (seconds < 120) return Math.max(1, Math.round(seconds)) + " s";
        if (seconds < 7200) return Math.round(seconds / 60) + " min";
        return Math.round(seconds / 3600) + " h";
    }

    @Override
    public boolean isCanceled() {
        return IJ.escapePressed() || task.isCanceled() || commandCanceled.getAsBoolean();
    }

    @Override
    public void close() {
        task.finish();
        // ImageJ's bar stays where it is until it is told of the end.
        status.showProgress(RESOLUTION, RESOLUTION);
        status.clearStatus();
    }
}
