/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.group;

import java.util.List;
import org.deqir.command.key.NeighbourKeys;
import org.scijava.plugin.Parameter;

/** The keys that say which planes of a stack help to restore another. */
public final class NearbyKeys {

    /** Their names, in the order of the dialog. */
    public static final List<String> NAMES = List.of("neighbours", "along", "exposures");

    @Parameter(
            label = "Neighbours",
            description =
                    "Frames or slices to each side that are averaged with each where they show the"
                            + " same; 0 for none.",
            min = "0",
            max = "10")
    public Integer neighbours = 0;

    @Parameter(
            label = "Along",
            description = "What neighbours follow each other in; auto is time if there are frames.",
            choices = {"auto", "time", "z"})
    public String along = "auto";

    @Parameter(
            label = "Show exposures",
            description =
                    "A second image: of how many exposures each pixel has the noise, 1 where no"
                            + " neighbour shows the same.")
    public Boolean exposures = false;

    /** {@return what the keys say} */
    public NeighbourKeys values() {
        return new NeighbourKeys(neighbours, along, exposures);
    }

    /** {@return keys that do not count} */
    public List<String> idle() {
        return neighbours == 0 ? List.of("along", "exposures") : List.of();
    }
}
