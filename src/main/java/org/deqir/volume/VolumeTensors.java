/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.volume;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.deqir.image.Volume;

/** Volumes as tensors (1, D, H, W) of float32, and back. */
final class VolumeTensors {

    private VolumeTensors() {}

    /**
     * A volume as a tensor.
     *
     * @param manager owner of the result
     */
    static NDArray of(NDManager manager, Volume volume) {
        return manager.create(
                volume.samples(), new Shape(1, volume.depth(), volume.height(), volume.width()));
    }

    /**
     * The middle of a tensor (1, D, H, W).
     *
     * @param margins slices, rows and columns to leave out at each of their two ends
     */
    static Volume middle(NDArray tensor, int... margins) {
        final Shape shape = tensor.getShape();
        final StringBuilder window = new StringBuilder(":");
        for (int axis = 0; axis < margins.length; axis++)
            window.append(", ")
                    .append(margins[axis])
                    .append(':')
                    .append(shape.get(axis + 1) - margins[axis]);
        try (NDArray view = tensor.get(window.toString());
                NDArray middle = view.duplicate()) {
            final Shape size = middle.getShape();
            return new Volume(
                    middle.toFloatArray(), (int) size.get(3), (int) size.get(2), (int) size.get(1));
        }
    }
}
