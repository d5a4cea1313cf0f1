/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.operator;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.Locale;
import org.deqir.physics.Tensors;

/**
 * A weighted sum of the three colours (colorization).
 *
 * <p>Per pixel one singular value, the norm |w| of the weights; a Householder reflection over the
 * channels completes w/|w| to a basis. The spectrum has the shape of the image, with the grey value
 * in its first channel.
 */
public final class GreyProjectionOperator extends AbstractSpectralOperator {

    /** Channels of the images: red, green and blue. */
    public static final int CHANNELS = 3;

    private final double[] weights;
    private final double norm;
    private final NDArray column;
    private final UnitVectorReflection reflection;

    /**
     * The sum of the channels with given weights.
     *
     * @param weights weights of red, green and blue, finite and not all 0; luminance has 0.299,
     *     0.587, 0.114 (ITU-R BT.601)
     */
    public GreyProjectionOperator(NDManager manager, int height, int width, double... weights) {
        super(
                manager,
                Tensors.imageShape(CHANNELS, height, width),
                new Shape(1, height, width),
                singularValues(height, width, weights),
                new Shape(CHANNELS, height, width));
        this.weights = weights.clone();
        norm = norm(weights);
        column = constants.create(toFloat(weights), new Shape(1, CHANNELS, 1, 1));
        final double[] unit = Arrays.stream(weights).map(w -> w / norm).toArray();
        reflection = new UnitVectorReflection(constants, unit, new Shape(1, CHANNELS, 1, 1));
    }

    @Override
    protected NDArray forward(NDArray x) {
        return x.mul(column).sum(new int[] {1}, true);
    }

    @Override
    protected NDArray transposed(NDArray y) {
        return y.mul(column);
    }

    @Override
    protected NDArray inverted(NDArray y) {
        return y.mul(column).mul((float) (1 / (norm * norm)));
    }

    @Override
    protected NDArray analysed(NDArray x) {
        return reflection.reflect(x);
    }

    @Override
    protected NDArray synthesised(NDArray v) {
        return reflection.reflect(v);
    }

    @Override
    protected NDArray measurementAnalysed(NDArray y) {
        return Tensors.zeroPad(y, 1, CHANNELS);
    }

    @Override
    public String describe() {
        return String.format(
                Locale.ROOT,
                "grey projection with weights %.4g, %.4g, %.4g",
                weights[0],
                weights[1],
                weights[2]);
    }

    private static float[] toFloat(double[] values) {
        final float[] narrow = new float[values.length];
        for (int i = 0; i < narrow.length; i++) narrow[i] = (float) values[i];
        return narrow;
    }

    private static float[] singularValues(int height, int width, double[] weights) {
        final double norm = requireNorm(weights);
        final float[] values = new float[CHANNELS * height * width];
        Arrays.fill(values, 0, height * width, (float) norm);
        return values;
    }

    /** {@return the norm of three weights that make a projection} */
    public static double requireNorm(double... weights) {
        if (weights.length != CHANNELS)
            throw new IllegalArgumentException(
                    "A grey projection needs 3 weights, not " + weights.length + ".");
        final double norm = norm(weights);
        if (!(norm > 0 && norm < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException(
                    "The weights "
                            + Arrays.toString(weights)
                            + " of a grey projection must be finite and not all 0.");
        return norm;
    }

    private static double norm(double[] weights) {
        return Math.sqrt(Arrays.stream(weights).map(w -> w * w).sum());
    }
}
