/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.group;

import ij.ImagePlus;
import org.deqir.command.image.SliceSelection;
import org.scijava.plugin.Parameter;

/** The key that says which slices of a stack count. */
public final class SliceKeys {

    @Parameter(label = "Slices", description = "all, current, or positions such as 2-7 or 1,3,5-6.")
    public String slices;

    /** Which slices count unless something is said: {@code all} or {@code current}. */
    public SliceKeys(String slices) {
        this.slices = slices;
    }

    /**
     * {@return the slices of a stack that the key names}
     *
     * @throws IllegalArgumentException if it names none, or some that are not there
     */
    public SliceSelection of(ImagePlus image) {
        return SliceSelection.parse(slices, image);
    }
}
