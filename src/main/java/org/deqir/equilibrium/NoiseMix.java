/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium;

/**
 * What noise a step carries on to the next level: how much of the predicted noise is dropped and
 * how much fresh noise is added.
 *
 * <p>With σ' the noise level of the next state, x_{t−1} = √ᾱ_{t−1}·x̂₀ + c2·ε + c1·z, c2 =
 * √(1−ᾱ_{t−1})·√(1−etw²), c1 = √(1−ᾱ_{t−1})·nw (Cao et al. 2024, where the two knobs have these
 * names).
 *
 * @param etw share of the predicted noise that is dropped, 0 (none, DDIM) to 1 (all)
 * @param nw weight of the fresh noise, ≥ 0; nw = etw keeps the noise level of the forward process
 */
public record NoiseMix(double etw, double nw) {

    /** No noise is carried on: the chain refines one estimate, the closest to the mean. */
    public static final NoiseMix FIDELITY = new NoiseMix(1, 0);

    /** All noise is fresh in every step: the chain draws one of the images that are likely. */
    public static final NoiseMix SAMPLE = new NoiseMix(1, 1);

    /**
     * @throws IllegalArgumentException if a share is out of its range
     */
    public NoiseMix {
        if (!(etw >= 0 && etw <= 1))
            throw new IllegalArgumentException("etw = " + etw + " is not between 0 and 1.");
        if (!(nw >= 0 && nw < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("nw = " + nw + " is not a number ≥ 0.");
    }
}
