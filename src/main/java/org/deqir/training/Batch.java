/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.training;

import org.deqir.network.AdamStep;
import org.deqir.network.TrainableNetwork;

/**
 * Noisy patches and the noise in them.
 *
 * @param noisy √ᾱ_t·x₀ + √(1 − ᾱ_t)·n, (N, C, side, side)
 * @param timesteps t of each patch
 * @param noise n, (N, C, side, side)
 * @param side height and width of a patch
 */
record Batch(float[] noisy, float[] timesteps, float[] noise, int side) {

    double step(TrainableNetwork network, AdamStep step, long k) {
        return network.step(noisy, timesteps, noise, side, side, step, k);
    }

    double loss(TrainableNetwork network) {
        return network.loss(noisy, timesteps, noise, side, side);
    }

    float[] prediction(TrainableNetwork network) {
        return network.predict(noisy, timesteps, side, side);
    }
}
