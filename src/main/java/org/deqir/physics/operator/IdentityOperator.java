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
import org.deqir.physics.Tensors;

/** A = I: the measurement is the image itself, with noise at most (denoising). */
public final class IdentityOperator extends PixelwiseOperator {

    /** The identity on images of one size. */
    public IdentityOperator(NDManager manager, int channels, int height, int width) {
        this(manager, Tensors.imageShape(channels, height, width));
    }

    private IdentityOperator(NDManager manager, Shape shape) {
        super(manager, shape, ones(shape));
    }

    @Override
    NDArray keep(NDArray x) {
        return x.duplicate();
    }

    @Override
    public String describe() {
        return "identity";
    }

    private static float[] ones(Shape shape) {
        final float[] ones = new float[Math.toIntExact(shape.size())];
        Arrays.fill(ones, 1);
        return ones;
    }
}
