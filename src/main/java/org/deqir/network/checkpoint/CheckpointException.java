/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.checkpoint;

import java.io.IOException;

/**
 * A file is not a checkpoint, is damaged, or holds what is not accepted. The message is one
 * sentence for the user that names the file.
 */
public final class CheckpointException extends IOException {

    private static final long serialVersionUID = 1L;

    /** With a sentence for the user. */
    public CheckpointException(String message) {
        super(message);
    }

    /** With a sentence for the user and what led to it. */
    public CheckpointException(String message, Throwable cause) {
        super(message, cause);
    }
}
