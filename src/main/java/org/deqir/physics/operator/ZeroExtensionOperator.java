/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.operator;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.deqir.physics.Tensors;

/**
 * Extends an image by zeros on all sides; followed by a {@link PsfOperator} it makes a convolution
 * of an image with dark surroundings.
 */
final class ZeroExtensionOperator extends AbstractOperator {

    private final int marginHeight;
    private final int marginWidth;

    /** The extension by rows above and below and columns on the left and right, ≥ 0. */
    ZeroExtensionOperator(
            NDManager manager,
            int channels,
            int height,
            int width,
            int marginHeight,
            int marginWidth) {
        super(
                manager,
                Tensors.imageShape(channels, height, width),
                new Shape(channels, height + 2L * marginHeight, width + 2L * marginWidth));
        this.marginHeight = marginHeight;
        this.marginWidth = marginWidth;
    }

    @Override
    protected NDArray forward(NDArray x) {
        return pad(pad(x, 2, marginHeight), 3, marginWidth).duplicate();
    }

    @Override
    protected NDArray transposed(NDArray y) {
        final NDArray rows = Tensors.slice(y, 2, marginHeight, imageShape().get(1));
        return Tensors.slice(rows, 3, marginWidth, imageShape().get(2)).duplicate();
    }

    @Override
    public String describe() {
        return "borders of zeros of " + marginWidth + " × " + marginHeight + " px";
    }

    private static NDArray pad(NDArray x, int axis, int margin) {
        if (margin == 0) return x;
        final long[] shape = x.getShape().getShape().clone();
        shape[axis] = margin;
        final NDArray zeros = x.getManager().zeros(new Shape(shape));
        return zeros.concat(x, axis).concat(zeros, axis);
    }
}
