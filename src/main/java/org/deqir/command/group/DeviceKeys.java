/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.group;

import org.scijava.plugin.Parameter;

/** The keys that say what a network runs on, and in which number format. */
public final class DeviceKeys {

    @Parameter(
            label = "Precision",
            description = "Number format of the network; auto takes the faster one.",
            choices = {"auto", "float32", "bfloat16"})
    public String precision = "auto";

    @Parameter(
            label = "Device",
            description =
                    "What the network runs on; gpu is CUDA or Apple's MPS, auto is CUDA if your"
                            + " PyTorch finds any.",
            choices = {"auto", "cpu", "gpu", "cuda", "mps"})
    public String device = "auto";
}
