/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.operator;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.deqir.physics.Tensors;

/**
 * Extends an image by its mirror image with the edge pixel repeated (d c b a | a b c d); followed
 * by a {@link PsfOperator} it makes a convolution with reflective borders.
 */
public final class MirrorExtensionOperator extends AbstractOperator {

    private final int marginHeight;
    private final int marginWidth;

    /**
     * The extension by rows above and below, 0 … height, and columns on the left and right, 0 …
     * width.
     */
    public MirrorExtensionOperator(
            NDManager manager,
            int channels,
            int height,
            int width,
            int marginHeight,
            int marginWidth) {
        super(
                manager,
                Tensors.imageShape(channels, height, width),
                extendedShape(channels, height, width, marginHeight, marginWidth));
        this.marginHeight = marginHeight;
        this.marginWidth = marginWidth;
    }

    @Override
    protected NDArray forward(NDArray x) {
        if (marginHeight == 0 && marginWidth == 0) return x.duplicate();
        return extend(extend(x, 2, marginHeight), 3, marginWidth);
    }

    @Override
    protected NDArray transposed(NDArray y) {
        return fold(fold(y, 2, marginHeight), 3, marginWidth).duplicate();
    }

    @Override
    public String describe() {
        return "mirrored borders of " + marginWidth + " × " + marginHeight + " px";
    }

    private static NDArray extend(NDArray x, int axis, int margin) {
        if (margin == 0) return x;
        final long length = x.getShape().get(axis);
        final NDArray before = Tensors.slice(x, axis, 0, margin).flip(axis);
        final NDArray after = Tensors.slice(x, axis, length - margin, margin).flip(axis);
        return NDArrays.concat(new NDList(before, x, after), axis);
    }

    private static NDArray fold(NDArray y, int axis, int margin) {
        if (margin == 0) return y;
        final long length = y.getShape().get(axis) - 2L * margin;
        final NDArray middle = Tensors.slice(y, axis, margin, length);
        final NDArray before = Tensors.slice(y, axis, 0, margin).flip(axis);
        final NDArray after = Tensors.slice(y, axis, margin + length, margin).flip(axis);
        final NDArray zeroShape = zeros(y, axis, length - margin);
        final NDArray atStart = before.concat(zeroShape, axis);
        final NDArray atEnd = zeroShape.concat(after, axis);
        return middle.add(atStart).add(atEnd);
    }

    private static NDArray zeros(NDArray like, int axis, long length) {
        final long[] shape = like.getShape().getShape().clone();
        shape[axis] = length;
        return like.getManager().zeros(new Shape(shape));
    }

    private static Shape extendedShape(
            int channels, int height, int width, int marginHeight, int marginWidth) {
        if (marginHeight < 0 || marginHeight > height || marginWidth < 0 || marginWidth > width)
            throw new IllegalArgumentException(
                    String.format(
                            "An image of %s × %s pixels cannot be mirrored by a margin of %s × %s"
                                    + " pixels: the margin must not exceed the image.",
                            width, height, marginWidth, marginHeight));
        return new Shape(channels, height + 2L * marginHeight, width + 2L * marginWidth);
    }
}
