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
 * A {@link SymmetricFilter} along the columns and one along the rows, with mirrored borders:
 * Gaussian, uniform and anisotropic blur, bicubic downsampling.
 *
 * <p>A = A_h ⊗ A_w with the decompositions of {@link ReflectiveAxis}; each transform is two matrix
 * products, 2·C·H·W·(H + W) operations an image. The spectrum has the shape of the image; its first
 * H/f × W/f entries hold what is measured.
 */
public final class SeparableFilterOperator extends AbstractSpectralOperator {

    private final SymmetricFilter vertical;
    private final SymmetricFilter horizontal;
    private final AxisMatrices rows;
    private final AxisMatrices columns;

    /**
     * A separable filter along the columns and the rows of images whose sides are multiples of its
     * factors.
     */
    public SeparableFilterOperator(
            NDManager manager,
            int channels,
            int height,
            int width,
            SymmetricFilter vertical,
            SymmetricFilter horizontal) {
        this(
                manager,
                channels,
                vertical,
                horizontal,
                axes(vertical, horizontal, height, width, SeparableFilterOperator::reflective));
    }

    /** A separable filter, which keeps every sample, of images with zeros around them. */
    static SeparableFilterOperator withZeroBorders(
            NDManager manager,
            int channels,
            int height,
            int width,
            SymmetricFilter vertical,
            SymmetricFilter horizontal) {
        return new SeparableFilterOperator(
                manager,
                channels,
                vertical,
                horizontal,
                axes(
                        vertical,
                        horizontal,
                        height,
                        width,
                        (filter, length, side) -> ZeroBorderAxis.of(filter, length)));
    }

    private SeparableFilterOperator(
            NDManager manager,
            int channels,
            SymmetricFilter vertical,
            SymmetricFilter horizontal,
            DecomposedAxis[] axes) {
        super(
                manager,
                Tensors.imageShape(channels, axes[0].right().length, axes[1].right().length),
                new Shape(channels, axes[0].left().length, axes[1].left().length),
                outer(channels, axes[0].singularValues(), axes[1].singularValues()),
                new Shape(channels, axes[0].right().length, axes[1].right().length));
        this.vertical = vertical;
        this.horizontal = horizontal;
        rows = new AxisMatrices(constants, axes[0]);
        columns = axes[0] == axes[1] ? rows : new AxisMatrices(constants, axes[1]);
    }

    @Override
    protected NDArray forward(NDArray x) {
        return product(rows.direct, x, columns.directTransposed);
    }

    @Override
    protected NDArray transposed(NDArray y) {
        return product(rows.directTransposed, y, columns.direct);
    }

    @Override
    protected NDArray analysed(NDArray x) {
        return product(rows.rightTransposed, x, columns.right);
    }

    @Override
    protected NDArray synthesised(NDArray v) {
        return product(rows.right, v, columns.rightTransposed);
    }

    @Override
    protected NDArray measurementAnalysed(NDArray y) {
        final NDArray measured = product(rows.leftTransposed, y, columns.left);
        final NDArray tall = Tensors.zeroPad(measured, 2, imageShape().get(1));
        return Tensors.zeroPad(tall, 3, imageShape().get(2));
    }

    @Override
    public String describe() {
        final String down = vertical.describe();
        final String across = horizontal.describe();
        if (down.equals(across)) return down;
        return down + " vertically, " + across + " horizontally";
    }

    /** L x R. */
    private static NDArray product(NDArray left, NDArray x, NDArray right) {
        return Tensors.multiplyLeft(left, x.matMul(right));
    }

    /** The decompositions along the columns and along the rows; one object where they agree. */
    private static DecomposedAxis[] axes(
            SymmetricFilter vertical,
            SymmetricFilter horizontal,
            int height,
            int width,
            AxisMaker maker) {
        final DecomposedAxis down = maker.axis(vertical, height, "height");
        final boolean same = vertical == horizontal && height == width;
        return new DecomposedAxis[] {down, same ? down : maker.axis(horizontal, width, "width")};
    }

    /** Decomposes a filter along an axis. */
    private interface AxisMaker {
        DecomposedAxis axis(SymmetricFilter filter, int length, String side);
    }

    private static DecomposedAxis reflective(SymmetricFilter filter, int length, String side) {
        if (length < 1 || length % filter.factor() != 0)
            throw new IllegalArgumentException(
                    String.format(
                            "An image %s of %s pixels cannot be reduced by a factor of %s: it must"
                                    + " be a multiple of it.",
                            side, length, filter.factor()));
        return ReflectiveAxis.of(filter, length);
    }

    private static float[] outer(int channels, double[] rows, double[] columns) {
        final float[] values = new float[channels * rows.length * columns.length];
        int i = 0;
        for (int c = 0; c < channels; c++)
            for (final double row : rows)
                for (final double column : columns) values[i++] = (float) (row * column);
        return values;
    }

    /** The matrices of one axis as float32 constants, each with its transpose (a view). */
    private static final class AxisMatrices {

        final NDArray direct;
        final NDArray directTransposed;
        final NDArray left;
        final NDArray leftTransposed;
        final NDArray right;
        final NDArray rightTransposed;

        AxisMatrices(NDManager manager, DecomposedAxis axis) {
            direct = toConstant(manager, axis.matrix());
            directTransposed = direct.transpose();
            leftTransposed = toConstant(manager, axis.left());
            left = leftTransposed.transpose();
            rightTransposed = toConstant(manager, axis.right());
            right = rightTransposed.transpose();
        }

        private static NDArray toConstant(NDManager manager, double[][] matrix) {
            final int columns = matrix[0].length;
            final float[] values = new float[matrix.length * columns];
            for (int row = 0; row < matrix.length; row++)
                for (int column = 0; column < columns; column++)
                    values[row * columns + column] = (float) matrix[row][column];
            return manager.create(values, new Shape(matrix.length, columns));
        }
    }
}
