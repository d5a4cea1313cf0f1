/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.operator.volume;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import org.deqir.physics.Tensors;
import org.deqir.physics.operator.AbstractSpectralOperator;
import org.deqir.physics.operator.UnitVectorReflection;

/**
 * Coarser slices: {@code factor} neighbouring slices of a volume (N, D, H, W) become one, their
 * mean or the middle one of them alone.
 *
 * <p>The spectral basis is the one that a reflection makes of the slices of a group, whose first
 * coefficient is all that is measured.
 */
public final class AxialReductionOperator extends AbstractSpectralOperator {

    private final int factor;
    private final boolean mean;

    /** A slice of the group at unit distance: what a measured slice is of the first coefficient. */
    private final double gain;

    private final Shape groups;
    private final UnitVectorReflection reflection;

    /**
     * @param depth slices of the fine volume, a multiple of the factor
     * @param factor f ≥ 1, fine slices of a coarse one
     * @param mean whether a coarse slice is the mean of its group; otherwise it is slice ⌊f/2⌋
     */
    public AxialReductionOperator(
            NDManager manager, int depth, int height, int width, int factor, boolean mean) {
        super(
                manager,
                Tensors.imageShape(depth, height, width),
                reducedShape(depth, height, width, factor),
                singularValues(depth, height, width, factor, mean),
                new Shape(depth, height, width));
        this.factor = factor;
        this.mean = mean;
        gain = mean ? 1 / Math.sqrt(factor) : 1;
        groups = new Shape(-1, depth / factor, factor, (long) height * width);
        final double[] unit = new double[factor];
        if (mean) Arrays.fill(unit, gain);
        else unit[factor / 2] = 1;
        reflection = new UnitVectorReflection(constants, unit, new Shape(1, 1, factor, 1));
    }

    private static Shape reducedShape(int depth, int height, int width, int factor) {
        if (factor < 1 || depth % factor != 0)
            throw new IllegalArgumentException(
                    depth
                            + " slices cannot be reduced by a factor of "
                            + factor
                            + ": their number must be a multiple of it.");
        return new Shape(depth / factor, height, width);
    }

    private static float[] singularValues(
            int depth, int height, int width, int factor, boolean mean) {
        final int plane = Math.multiplyExact(height, width);
        final float[] values = new float[Math.multiplyExact(depth, plane)];
        final float value = mean ? (float) (1 / Math.sqrt(factor)) : 1;
        for (int z = 0; z < depth; z += factor)
            Arrays.fill(values, z * plane, (z + 1) * plane, value);
        return values;
    }

    @Override
    protected NDArray forward(NDArray x) {
        final NDArray grouped = x.reshape(groups);
        final NDArray reduced =
                mean
                        ? grouped.mean(new int[] {2})
                        : Tensors.slice(grouped, 2, factor / 2, 1).duplicate();
        return reduced.reshape(new Shape(-1).addAll(measurementShape()));
    }

    @Override
    protected NDArray transposed(NDArray y) {
        return measurementAnalysedBack(y.mul(gain));
    }

    @Override
    protected NDArray inverted(NDArray y) {
        return measurementAnalysedBack(y.mul(1 / gain));
    }

    private NDArray measurementAnalysedBack(NDArray scaled) {
        return synthesised(measurementAnalysed(scaled));
    }

    @Override
    protected NDArray analysed(NDArray x) {
        return reflection.reflect(x.reshape(groups)).reshape(x.getShape());
    }

    @Override
    protected NDArray synthesised(NDArray v) {
        return analysed(v);
    }

    @Override
    protected NDArray measurementAnalysed(NDArray y) {
        final Shape s = y.getShape();
        final NDArray first = y.reshape(s.get(0), s.get(1), 1, s.get(2) * s.get(3));
        return Tensors.zeroPad(first, 2, factor)
                .reshape(s.get(0), s.get(1) * factor, s.get(2), s.get(3))
                .duplicate();
    }

    @Override
    public String describe() {
        return (mean ? "mean" : "one") + " of " + factor + " slices";
    }
}
