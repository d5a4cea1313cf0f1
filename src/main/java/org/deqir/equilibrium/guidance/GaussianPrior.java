/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.guidance;

import ai.djl.ndarray.NDArray;

/**
 * How far a first state has moved, mean (x − m)²/(2 s²): minus the logarithm of a Gaussian density
 * around the state that the chain would start from, with the spread of the noise at its level.
 */
public final class GaussianPrior implements Loss {

    private final NDArray mean;
    private final double deviation;

    /**
     * @param mean m, (K or 1, C, H, W)
     * @param deviation s &gt; 0
     */
    public GaussianPrior(NDArray mean, double deviation) {
        if (!(deviation > 0))
            throw new IllegalArgumentException(
                    "The standard deviation must be above 0, not " + deviation + ".");
        this.mean = mean;
        this.deviation = deviation;
    }

    @Override
    public Value at(NDArray image) {
        return LossTensors.scoped(
                image,
                x -> {
                    final double norm = x.size() / x.size(0) * deviation * deviation;
                    final NDArray difference = x.sub(mean);
                    return new Value(
                            LossTensors.sum(difference.square()) / (2 * norm),
                            difference.div(norm));
                });
    }
}
