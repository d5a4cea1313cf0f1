/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.group;

import org.scijava.plugin.Parameter;

/** The key of a descent on the start of the chain that needs no others. */
public final class DescentKeys {

    @Parameter(
            label = "Optimize (rounds)",
            description =
                    "Rounds of descent on the start of the chain until the measurement is explained;"
                            + " 0 for none.",
            min = "0",
            max = "10000")
    public Integer optimize = 0;
}
