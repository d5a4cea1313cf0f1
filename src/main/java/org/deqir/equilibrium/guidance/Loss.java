/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.guidance;

import ai.djl.ndarray.NDArray;

/**
 * A scalar function of images with its gradient.
 *
 * <p>Images are (K, C, H, W) in the prior's units. The K rows do not depend on one another: the
 * value is the sum over them, each divided by its own number of samples, so that a weight means the
 * same for images of every size.
 *
 * <p>What a loss was made of belongs to the caller and must live as long as the loss.
 */
public interface Loss {

    /**
     * A value and the gradient there.
     *
     * @param value the loss
     * @param gradient ∂value/∂image, (K, C, H, W)
     */
    record Value(double value, NDArray gradient) implements AutoCloseable {
        @Override
        public void close() {
            gradient.close();
        }
    }

    /**
     * Value and gradient, which belongs to the manager of the image; nothing else outlives the
     * call.
     */
    Value at(NDArray image);
}
