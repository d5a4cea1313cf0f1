/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.diffusion;

import ai.djl.engine.EngineException;
import java.util.List;
import java.util.Locale;

/** Not even the smallest part of a computation fits into memory. */
public final class OutOfMemory extends IllegalStateException {

    private static final long serialVersionUID = 1;

    /**
     * What PyTorch's allocators say, on Linux, on Windows, on GPUs, from the C++ library, and from
     * oneDNN, which tells nothing of the reason: calls that went well before fail that way when
     * they get no memory.
     */
    private static final List<String> WORDS =
            List.of(
                    "can't allocate memory",
                    "not enough memory",
                    "out of memory",
                    "bad_alloc",
                    "could not create a primitive",
                    "could not execute a primitive");

    OutOfMemory(String message, Throwable cause) {
        super(message, cause);
    }

    /**
     * Whether a call failed because native memory was short. Java's own memory is another matter:
     * smaller tiles would not need less of it.
     */
    static boolean isCauseOf(Throwable failure) {
        for (Throwable e = failure; e != null; e = e.getCause())
            if (e instanceof EngineException && e.getMessage() != null) {
                final String message = e.getMessage().toLowerCase(Locale.ROOT);
                if (WORDS.stream().anyMatch(message::contains)) return true;
            }
        return false;
    }
}
