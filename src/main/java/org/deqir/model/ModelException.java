/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model;

import java.io.IOException;

/**
 * A model is missing, damaged or not what its descriptor says. The message is one sentence for the
 * user that names the model.
 */
public final class ModelException extends IOException {

    private static final long serialVersionUID = 1L;

    /** With a sentence for the user: what is wrong and what to do about it. */
    public ModelException(String message) {
        super(message);
    }

    /** With a sentence for the user and what led to it. */
    public ModelException(String message, Throwable cause) {
        super(message, cause);
    }
}
