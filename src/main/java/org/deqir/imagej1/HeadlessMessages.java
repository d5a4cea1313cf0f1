/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.imagej1;

import ij.Macro;
import java.awt.HeadlessException;
import java.util.Optional;

/**
 * What a macro says and why it stops, where there is no window to show it in.
 *
 * <p>The headless ImageJ that the build makes calls this class instead of opening its log window
 * and its message boxes: the log goes to standard output, errors go to standard error, and both are
 * remembered until the next {@link #clear()}.
 */
public final class HeadlessMessages {

    private static final StringBuilder LOG = new StringBuilder();
    private static String error;
    private static boolean exited;

    private HeadlessMessages() {}

    /** Forgets everything: a new macro starts. */
    static synchronized void clear() {
        LOG.setLength(0);
        error = null;
        exited = false;
    }

    /** The first error since {@link #clear()}. */
    static synchronized Optional<String> error() {
        return Optional.ofNullable(error);
    }

    /** Whether the macro ended itself by {@code exit()}, which is not an error. */
    static synchronized boolean exited() {
        return exited;
    }

    /**
     * {@return everything logged since {@link #clear()} or the macro's own {@code
     * print("\\Clear")}}
     */
    public static synchronized String log() {
        return LOG.toString();
    }

    /** Called for each line of the log and for the log window's commands. */
    public static synchronized void log(String message) {
        if (message.equals("\\Clear")) {
            LOG.setLength(0);
        } else if (!message.equals("\\Close") && !message.equals("\\Closed")) {
            final String text = message.replaceFirst("^\\\\Update\\d*:", "");
            LOG.append(text).append('\n');
            System.out.println(text);
        }
    }

    /** Called for a message box that is no error. */
    public static void show(String title, String message) {
        System.out.println(message);
    }

    /** Called when a command, or {@code exit("why")}, stops the macro; {@code message} says why. */
    public static void error(String title, String message) {
        fail(message, title == null ? message : title + ": " + message);
    }

    /**
     * Called when the macro language stops the macro, also on behalf of a command; {@code text} has
     * the line of the macro.
     */
    public static void macroError(String message, String text) {
        fail(message, "Macro error: " + text.replaceAll("\\s*\n\\s*", "\n    ").strip());
    }

    private static synchronized void fail(String message, String text) {
        if (error == null) error = message;
        System.err.println(text);
    }

    /** Called when the macro ends itself. */
    public static synchronized void exit() {
        exited = error == null;
    }

    /**
     * Called when a command throws. ImageJ would log the stack trace and go on with the next line;
     * a macro that nobody watches must not.
     *
     * @throws RuntimeException that stops the macro, unless it is being stopped already
     */
    public static void thrown(String command, Throwable cause) {
        if (Macro.MACRO_CANCELED.equals(cause.getMessage())) return;
        report(command, cause);
        throw new RuntimeException(Macro.MACRO_CANCELED);
    }

    /** Called for an exception that nobody expected. */
    public static void unexpected(Throwable cause) {
        report("Macro", cause);
    }

    private static void report(String title, Throwable cause) {
        error(title, describe(cause));
        cause.printStackTrace();
    }

    private static String describe(Throwable cause) {
        if (cause instanceof HeadlessException) return "this needs a display.";
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }
}
