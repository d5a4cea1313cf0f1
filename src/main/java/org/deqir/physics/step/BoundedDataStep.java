/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.step;

import ai.djl.ndarray.NDArray;
import org.deqir.physics.DataStep;
import org.deqir.physics.Tensors;

/**
 * A data step whose result is not below a bound: light is not negative.
 *
 * <p>Affine only where the bound is not met. Chains and joint systems, which only apply it, keep
 * their fixed point; {@link #adjoint} is that of the step without the bound.
 */
public final class BoundedDataStep implements DataStep {

    private final DataStep step;
    private final double least;

    /**
     * @param step closed with this one
     * @param least the bound, where images are in [−1, 1]
     */
    public BoundedDataStep(DataStep step, double least) {
        this.step = step;
        this.least = least;
    }

    @Override
    public NDArray apply(NDArray x0, double[] sigma, double[] nextSigma) {
        return Tensors.scoped(x0, x -> step.apply(x, sigma, nextSigma).maximum(least));
    }

    @Override
    public NDArray adjoint(NDArray v, double[] sigma, double[] nextSigma) {
        return step.adjoint(v, sigma, nextSigma);
    }

    @Override
    public void close() {
        step.close();
    }
}
