/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.testing;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.concurrent.atomic.AtomicInteger;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.diffusion.NoisePredictor;
import org.deqir.diffusion.NoiseSchedule;

/**
 * The exact noise predictor of images whose pixels are independent, N(0, deviation²): no network,
 * no weights, an answer that can be written down.
 *
 * <p>ε = √(1−ᾱ)·x / (ᾱ·deviation² + 1 − ᾱ).
 */
public final class WhitePrior implements NoisePredictor {

    private static final NoiseSchedule SCHEDULE = NoiseSchedule.linear(1e-4, 0.02, 1000);

    private final int channels;
    private final double deviation;
    private final AtomicInteger calls = new AtomicInteger();

    public WhitePrior(int channels, double deviation) {
        this.channels = channels;
        this.deviation = deviation;
    }

    /** This predictor as a model. */
    public DiffusionPrior prior() {
        return new DiffusionPrior("white", "0".repeat(64), this, SCHEDULE);
    }

    /** Calls so far. */
    public int calls() {
        return calls.get();
    }

    @Override
    public int channels() {
        return channels;
    }

    @Override
    public NDArray predict(NDArray x, double[] timesteps) {
        calls.incrementAndGet();
        final float[] factors = new float[timesteps.length];
        for (int n = 0; n < factors.length; n++) {
            final double alphaBar = SCHEDULE.alphaBar(timesteps[n]);
            factors[n] =
                    (float)
                            (Math.sqrt(1 - alphaBar)
                                    / (alphaBar * deviation * deviation + 1 - alphaBar));
        }
        try (NDArray factor = x.getManager().create(factors, new Shape(factors.length, 1, 1, 1))) {
            return x.mul(factor);
        }
    }

    @Override
    public void close() {}
}
