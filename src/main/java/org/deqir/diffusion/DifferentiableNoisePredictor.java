/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.diffusion;

import ai.djl.ndarray.NDArray;

/** A noise predictor whose result can be differentiated with respect to the image. */
public interface DifferentiableNoisePredictor extends NoisePredictor {

    /**
     * A prediction and the product of a vector with its Jacobian.
     *
     * @param noise ε_θ(x, t), (N, C, H, W)
     * @param product vᵀ·∂ε_θ(x, t)/∂x, (N, C, H, W)
     */
    record Pullback(NDArray noise, NDArray product) implements AutoCloseable {
        @Override
        public void close() {
            noise.close();
            product.close();
        }
    }

    /**
     * Predicts the noise and pulls a gradient with respect to the prediction back to the image.
     *
     * <p>Costs about three predictions, and memory for all activations of the network.
     *
     * @param x noisy images (N, C, H, W), float32
     * @param timesteps timestep of each row, as for {@link #predict}
     * @param v gradient of some scalar with respect to the predicted noise, as large as {@code x},
     *     float32
     * @return both results, float32, owned by the manager of {@code x}, with no history of
     *     operations attached
     * @throws IllegalArgumentException if the shapes do not fit
     * @throws IllegalStateException if this computer's library computes wrong gradients
     */
    Pullback pullback(NDArray x, double[] timesteps, NDArray v);

    /**
     * {@return a predictor as one that can be differentiated}
     *
     * @throws IllegalArgumentException if it cannot
     */
    static DifferentiableNoisePredictor of(NoisePredictor predictor) {
        if (predictor instanceof DifferentiableNoisePredictor differentiable) return differentiable;
        throw new IllegalArgumentException(
                "The network "
                        + predictor.getClass().getSimpleName()
                        + " cannot be differentiated, so nothing can be optimised through it.");
    }
}
