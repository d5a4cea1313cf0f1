/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.operator;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.pooling.Pool;
import java.util.Arrays;
import org.deqir.physics.Tensors;

/**
 * The mean of each block of f × f pixels (super-resolution ×f; binning on a camera).
 *
 * <p>Every block is an independent problem with one singular value, 1/f, whose direction is the
 * constant; a Householder reflection completes it to a basis. The spectrum has the shape of the
 * image, with the block's mean at its first pixel.
 */
public final class BlockAverageOperator extends AbstractSpectralOperator {

    private final int factor;
    private final Shape blocks;
    private final UnitVectorReflection reflection;

    /**
     * Averaging of blocks of {@code factor} pixels along each side, of images whose sides are
     * multiples of it.
     */
    public BlockAverageOperator(
            NDManager manager, int channels, int height, int width, int factor) {
        super(
                manager,
                Tensors.imageShape(channels, height, width),
                reducedShape(channels, height, width, factor),
                singularValues(channels, height, width, factor),
                new Shape(channels, height, width));
        this.factor = factor;
        blocks = new Shape(-1, channels, height / factor, factor, width / factor, factor);
        final double[] unit = new double[factor * factor];
        Arrays.fill(unit, 1.0 / factor);
        reflection =
                new UnitVectorReflection(constants, unit, new Shape(1, 1, 1, factor, 1, factor));
    }

    /** (C, H/f, W/f). */
    static Shape reducedShape(int channels, int height, int width, int factor) {
        if (factor < 1 || height % factor != 0 || width % factor != 0)
            throw new IllegalArgumentException(
                    String.format(
                            "An image of %s × %s pixels cannot be reduced by a factor of %s: both"
                                    + " sides must be multiples of it.",
                            width, height, factor));
        return new Shape(channels, height / factor, width / factor);
    }

    @Override
    protected NDArray forward(NDArray x) {
        final Shape block = new Shape(factor, factor);
        return Pool.avgPool2d(x, block, block, new Shape(0, 0), false, false);
    }

    @Override
    protected NDArray transposed(NDArray y) {
        return spread(y, 1f / (factor * factor));
    }

    @Override
    protected NDArray inverted(NDArray y) {
        return spread(y, 1f);
    }

    @Override
    protected NDArray analysed(NDArray x) {
        return reflection.reflect(x.reshape(blocks)).reshape(x.getShape());
    }

    @Override
    protected NDArray synthesised(NDArray v) {
        return analysed(v);
    }

    @Override
    protected NDArray measurementAnalysed(NDArray y) {
        final Shape s = y.getShape();
        final NDArray corner = y.reshape(s.get(0), s.get(1), s.get(2), 1, s.get(3), 1);
        final NDArray rows = Tensors.zeroPad(corner, 3, factor);
        return Tensors.zeroPad(rows, 5, factor)
                .reshape(s.get(0), s.get(1), s.get(2) * factor, s.get(3) * factor)
                .duplicate();
    }

    @Override
    public String describe() {
        return "block average ×" + factor;
    }

    /** Every value, scaled, at all pixels of its block. */
    private NDArray spread(NDArray y, float scale) {
        return y.mul(scale).repeat(2, factor).repeat(3, factor);
    }

    private static float[] singularValues(int channels, int height, int width, int factor) {
        final float[] values = new float[Math.multiplyExact(channels, height * width)];
        for (int row = 0; row < channels * height; row += factor)
            for (int column = 0; column < width; column += factor)
                values[row * width + column] = 1f / factor;
        return values;
    }
}
