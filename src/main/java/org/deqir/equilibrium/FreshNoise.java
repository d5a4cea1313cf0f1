/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.deqir.diffusion.GaussianNoise;

/**
 * The fresh noise z_t of a chain, one field a step.
 *
 * <p>A chain asks for the same field again and again while its equilibrium is sought, so the answer
 * must depend on the step only.
 */
@FunctionalInterface
public interface FreshNoise {

    /** The step whose noise goes into the first state, before any step is made. */
    int START = -1;

    /**
     * Standard normal noise for a step.
     *
     * @param manager owner of the result
     * @param step 0 for the step that leaves the noisiest level, rising; or {@link #START}
     * @return (K, C, H, W), the shape of the chain's states
     */
    NDArray draw(NDManager manager, int step);

    /**
     * {@return K consecutive samples, from sample 0 on, of images that are restored as a whole}
     *
     * @param noise where the numbers come from
     * @param shape (K, C, H, W) of the chain's states
     */
    static FreshNoise of(GaussianNoise noise, Shape shape) {
        return (manager, step) -> noise.draw(manager, shape, step, 0, 0, 0);
    }
}
