/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.checkpoint;

import java.io.IOException;

/**
 * A file is not a checkpoint, is damaged, or holds what is not accepted. The message is one
 * sentence for the user that names the file. What it cites of the file is made harmless: control
 * characters are replaced and long texts cut.
 */
public final class CheckpointException extends IOException {

    private static final long serialVersionUID = 1L;

    private static final int LONGEST = 1000;

    /** With a sentence for the user: what is wrong with which file. */
    public CheckpointException(String message) {
        super(printable(message));
    }

    /** With a sentence for the user and what led to it. */
    public CheckpointException(String message, Throwable cause) {
        super(printable(message), cause);
    }

    private static String printable(String message) {
        final String line = message.replaceAll("[\\p{Cntrl}\u2028\u2029]", "?");
        return line.length() <= LONGEST
                ? line
                : line.substring(0, LONGEST / 2)
                        + " \u2026 "
                        + line.substring(line.length() - LONGEST / 2);
    }
}
