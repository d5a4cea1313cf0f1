/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.operator;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/**
 * An operator that keeps some pixels as they are and drops the others: U = V = I, and A = Aᵀ = A⁺ =
 * S with singular values 0 and 1.
 */
abstract class PixelwiseOperator extends AbstractSpectralOperator {

    /**
     * @param kept 1 for each entry of the image that is kept, 0 for the others
     */
    PixelwiseOperator(NDManager manager, Shape shape, float[] kept) {
        super(manager, shape, shape, kept, shape);
    }

    /** A x, an array of its own. */
    abstract NDArray keep(NDArray x);

    @Override
    protected final NDArray forward(NDArray x) {
        return keep(x);
    }

    @Override
    protected final NDArray transposed(NDArray y) {
        return keep(y);
    }

    @Override
    public final NDArray inverted(NDArray y) {
        return keep(y);
    }

    @Override
    protected final NDArray analysed(NDArray x) {
        return x.duplicate();
    }

    @Override
    protected final NDArray synthesised(NDArray v) {
        return v.duplicate();
    }

    @Override
    protected final NDArray measurementAnalysed(NDArray y) {
        return keep(y);
    }
}
