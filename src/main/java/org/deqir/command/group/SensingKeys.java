/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.group;

import org.deqir.command.key.OperatorKeys;
import org.scijava.plugin.Parameter;

/** The keys of measurements that are fewer than pixels. */
public final class SensingKeys {

    @Parameter(
            label = "Sensing",
            description =
                    "How the measurement is made; scan mask: single pixels, a random share or those that the mask leaves.",
            choices = {"walsh-hadamard", "block", "scan mask"})
    public String sensing = "walsh-hadamard";

    @Parameter(
            label = "Ratio",
            description = "Measurements per pixel, above 0 and up to 1.",
            min = "0",
            max = "1")
    public Double ratio;

    @Parameter(label = "Key", description = "The number that chooses the patterns or pixels.")
    public Long key = 1L;

    @Parameter(
            label = "Block (px)",
            description = "block: edge of the blocks that are measured one by one.",
            min = "1",
            max = "32")
    public Integer block = OperatorKeys.SENSING_BLOCK;

    /**
     * @param ratio the usual measurements per pixel; 0 if it has to be given
     */
    public SensingKeys(double ratio) {
        this.ratio = ratio;
    }
}
