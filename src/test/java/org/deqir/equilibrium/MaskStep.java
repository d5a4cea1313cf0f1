/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.deqir.physics.DataStep;

/**
 * Data step of images of which some pixels were measured with noise σ_y: these are pulled towards
 * the measurement y, x̂₀ = (σ_y²·x₀ + σ²·y) / (σ_y² + σ²); with σ_y = 0 they become it.
 */
final class MaskStep implements DataStep {

    private final NDArray mask;
    private final NDArray y;
    private final double noise;

    /**
     * @param mask 1 where measured, (1, C, H, W)
     * @param y (K or 1, C, H, W)
     */
    MaskStep(NDArray mask, NDArray y, double noise) {
        this.mask = mask;
        this.y = y;
        this.noise = noise;
    }

    @Override
    public NDArray apply(NDArray x0, double[] sigma, double[] nextSigma) {
        try (NDManager sub = x0.getManager().newSubManager()) {
            final NDArray weight = weight(sub, sigma).mul(mask);
            final NDArray measured = y.repeat(0, x0.size(0) / y.size(0));
            measured.attach(sub);
            final NDArray result = x0.add(measured.sub(x0).mul(weight));
            result.attach(x0.getManager());
            return result;
        }
    }

    @Override
    public NDArray adjoint(NDArray v, double[] sigma, double[] nextSigma) {
        try (NDManager sub = v.getManager().newSubManager()) {
            final NDArray result = v.mul(weight(sub, sigma).mul(mask).neg().add(1));
            result.attach(v.getManager());
            return result;
        }
    }

    private NDArray weight(NDManager manager, double[] sigma) {
        final float[] values = new float[sigma.length];
        for (int i = 0; i < values.length; i++)
            values[i] = (float) (sigma[i] * sigma[i] / (noise * noise + sigma[i] * sigma[i]));
        return manager.create(values, new Shape(values.length, 1, 1, 1));
    }

    @Override
    public void close() {
        // the arrays are the test's
    }
}
