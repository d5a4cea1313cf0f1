/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.group;

import java.util.Set;
import org.scijava.plugin.Parameter;

/** The keys of a coarser or finer pixel grid. */
public final class GridKeys {

    @Parameter(
            label = "Scale",
            description = "Fine pixels per coarse pixel along each side.",
            min = "2",
            max = "8")
    public Integer scale = 2;

    @Parameter(
            label = "Kernel",
            description =
                    "How fine pixels make a coarse one; binning and camera pixels take the average.",
            choices = {"average", "bicubic", "subsample"})
    public String kernel = "average";

    /** {@return keys that do not count} */
    public Set<String> idle(boolean counts) {
        return counts ? Set.of() : Set.of("scale", "kernel");
    }
}
