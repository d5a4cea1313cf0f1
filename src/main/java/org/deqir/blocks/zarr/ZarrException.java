/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks.zarr;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A file that is not what a Zarr image may hold. The message names the file and what is wrong with
 * it.
 */
public final class ZarrException extends IOException {

    private static final long serialVersionUID = 1L;

    ZarrException(Path file, String problem) {
        super(file + ": " + problem);
    }

    ZarrException(Path file, String problem, Throwable cause) {
        super(file + ": " + problem, cause);
    }
}
