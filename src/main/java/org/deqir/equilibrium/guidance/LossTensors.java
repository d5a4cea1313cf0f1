/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.guidance;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.function.Function;

/** What the losses share in handling tensors. */
public final class LossTensors {

    private LossTensors() {}

    /**
     * Evaluates a loss on a copy of an image that lives in a manager of its own, and frees all that
     * is derived from it but the gradient.
     *
     * @return value and gradient; the gradient belongs to the manager of the image
     */
    public static Loss.Value scoped(NDArray image, Function<NDArray, Loss.Value> loss) {
        try (NDManager scratch = image.getManager().newSubManager()) {
            final NDArray copy = image.duplicate();
            copy.attach(scratch);
            final Loss.Value value = loss.apply(copy);
            value.gradient().attach(image.getManager());
            return value;
        }
    }

    /** The sum of all samples. */
    static double sum(NDArray array) {
        try (NDArray sum = array.sum()) {
            return sum.getFloat();
        }
    }
}
