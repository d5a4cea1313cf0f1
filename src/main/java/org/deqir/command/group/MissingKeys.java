/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.group;

import java.util.Set;
import org.scijava.plugin.Parameter;

/** The keys that say which pixels are missing. */
public final class MissingKeys {

    @Parameter(
            label = "Missing pixels",
            description = "What marks the missing pixels.",
            choices = {"selection", "mask image", "saturated", "zeros", "nan"})
    public String missing = "selection";

    @Parameter(
            label = "Mask",
            description =
                    "mask image: title of an open image that is not 0 where pixels are missing, or path of an .npy file that is 0 there.")
    public String mask = "";

    /** {@return keys that do not count} */
    public Set<String> idle(boolean counts) {
        if (!counts) return Set.of("missing", "mask");
        return missing.equals("mask image") ? Set.of() : Set.of("mask");
    }
}
