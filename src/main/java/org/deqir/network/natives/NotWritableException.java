/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.natives;

import java.io.IOException;
import java.nio.file.Path;

/** A folder cannot be written; another one may do. */
final class NotWritableException extends IOException {

    private static final long serialVersionUID = 1;

    NotWritableException(Path folder, IOException cause) {
        super("Cannot write into " + folder + ": " + cause.getMessage(), cause);
    }
}
