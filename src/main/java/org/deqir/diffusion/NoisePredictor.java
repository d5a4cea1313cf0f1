/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.diffusion;

import ai.djl.ndarray.NDArray;

/**
 * ε_θ: predicts the noise n in x_t = √ᾱ_t·x₀ + √(1 − ᾱ_t)·n.
 *
 * <p>Implementations accept any H × W (they pad and crop where their network needs it) and any
 * batch size.
 */
public interface NoisePredictor extends AutoCloseable {

    /** {@return channels C of the images this predictor takes: 1 for grey, 3 for RGB} */
    int channels();

    /**
     * The predicted noise.
     *
     * @param x noisy images (N, C, H, W), float32
     * @param timesteps timestep t of each row, in the numbering of the network's training schedule;
     *     fractions are allowed and interpolate the embedding
     * @return (N, C, H, W), float32, owned by the manager of {@code x}; nothing else outlives the
     *     call
     * @throws IllegalArgumentException if C or the number of timesteps does not fit
     */
    NDArray predict(NDArray x, double[] timesteps);

    /** {@return images that go through the network for one image of a {@link #predict}} */
    default int evaluationsPerImage() {
        return 1;
    }

    /** {@return what the network runs on, in words for the user: {@code cpu}, {@code cuda}, …} */
    default String device() {
        return "cpu";
    }

    /**
     * {@return native memory that a call takes at its peak, in bytes per pixel of all images of its
     * batch together, beside weights, argument and result} An estimate that leans to the safe side;
     * 0 where a call takes no memory worth mentioning.
     */
    default long bytesPerPixel() {
        return 0;
    }

    /** {@return the network as messages name it: the model it is of, where it is of one} */
    default String name() {
        return getClass().getName();
    }

    /**
     * {@return the innermost network, which lives as long as a prior, where what is around it may
     * be made anew for each plane: what was measured is remembered by it}
     */
    default NoisePredictor origin() {
        return this;
    }

    /** Frees the network's weights. */
    @Override
    void close();
}
