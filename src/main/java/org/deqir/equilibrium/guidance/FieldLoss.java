/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.guidance;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import org.deqir.physics.Degradation;

/**
 * A loss of the field of view alone, for images with a margin around it that only the operator
 * needs.
 */
public final class FieldLoss implements Loss {

    private final Loss loss;
    private final int height;
    private final int width;

    /**
     * @param loss of images of the size of the field
     * @param height rows of the field, which lies in the middle of the images
     * @param width columns of the field
     */
    public FieldLoss(Loss loss, int height, int width) {
        this.loss = loss;
        this.height = height;
        this.width = width;
    }

    @Override
    public Value at(NDArray image) {
        if (image.size(2) == height && image.size(3) == width) return loss.at(image);
        try (NDManager scratch = image.getManager().newSubManager()) {
            final NDArray field = Degradation.cropToField(image, height, width);
            field.attach(scratch);
            final Value value = loss.at(field);
            final NDArray gradient = image.zerosLike();
            final long top = (image.size(2) - height) / 2;
            final long left = (image.size(3) - width) / 2;
            gradient.set(
                    new NDIndex(":, :, {}:{}, {}:{}", top, top + height, left, left + width),
                    value.gradient());
            return new Value(value.value(), gradient);
        }
    }
}
