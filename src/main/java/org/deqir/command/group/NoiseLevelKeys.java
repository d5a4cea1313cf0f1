/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.group;

import org.deqir.command.key.NoiseKeys;
import org.scijava.plugin.Parameter;

/** The keys that say how much noise there is, for each kind of noise. */
public final class NoiseLevelKeys {

    @Parameter(
            label = "Sigma (grey levels)",
            description = "gaussian: standard deviation of the noise.",
            min = "0")
    public Double sigma = 0.0;

    @Parameter(
            label = "Gain (grey levels per photon)",
            description = "poisson-gaussian: gain of the camera.",
            min = "0")
    public Double gain = 0.0;

    @Parameter(
            label = "Offset (grey levels)",
            description = "poisson-gaussian: grey level without light.")
    public Double offset = 0.0;

    @Parameter(
            label = "Readout (grey levels)",
            description = "poisson-gaussian: standard deviation of the readout noise.",
            min = "0")
    public Double readout = 0.0;

    /** {@return the noise that the keys state} */
    public NoiseKeys of(String noise) {
        return new NoiseKeys(noise, sigma, gain, offset, readout);
    }
}
