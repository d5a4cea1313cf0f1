/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.imagej1;

import ij.IJ;
import java.io.OutputStream;
import java.io.PrintStream;
import org.scijava.Context;
import org.scijava.app.event.StatusEvent;
import org.scijava.event.EventHandler;
import org.scijava.event.EventService;
import org.scijava.log.LogLevel;
import org.scijava.log.LogMessage;
import org.scijava.log.LogService;
import org.scijava.log.StderrLogService;

/**
 * The one SciJava context in which the commands run, made when the first command is.
 *
 * <p>Log messages from INFO upwards appear in ImageJ's log, status messages and progress in
 * ImageJ's status bar.
 */
final class CommandContext {

    private static Context context;

    /** SciJava keeps listeners by weak references only. */
    private static StatusBar statusBar;

    private CommandContext() {}

    static synchronized Context get() {
        if (context == null) {
            context = new Context();
            final LogService log = context.service(LogService.class);
            if (log instanceof StderrLogService stderr) {
                final PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
                stderr.setPrintStreams(level -> nowhere);
            }
            log.addLogListener(CommandContext::toLogWindow);
            statusBar = new StatusBar();
            context.service(EventService.class).subscribe(statusBar);
        }
        return context;
    }

    private static void toLogWindow(LogMessage message) {
        if (message.level() > LogLevel.INFO) return;
        final String prefix =
                message.level() == LogLevel.INFO
                        ? ""
                        : "[" + LogLevel.prefix(message.level()) + "] ";
        IJ.log(prefix + message.text());
        if (message.throwable() != null) message.throwable().printStackTrace();
    }

    /** Shows what commands report about their progress. */
    private static final class StatusBar {

        @EventHandler
        void onEvent(StatusEvent event) {
            final String text = event.getStatusMessage();
            if (text != null) IJ.showStatus(text);
            final int steps = event.getProgressMaximum();
            if (steps > 0) IJ.showProgress(Math.min(1, (double) event.getProgressValue() / steps));
        }
    }
}
