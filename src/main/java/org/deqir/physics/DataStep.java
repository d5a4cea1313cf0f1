/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics;

import ai.djl.ndarray.NDArray;

/**
 * Replaces, in an estimate of the clean image, what the measurement knows: x̂₀ = D(x₀).
 *
 * <p>Noise levels are σ = √((1 − ᾱ)/ᾱ), the standard deviation of the noise relative to an image in
 * [−1, 1]. A batch may mix levels: row n of x₀ has σ = {@code sigma[n]} now and {@code
 * nextSigma[n]} after the step. D is affine in x₀, so that the joint map of a chain keeps its form.
 *
 * <p>Ownership as in {@link LinearOperator}: results belong to the argument's manager.
 */
public interface DataStep extends AutoCloseable {

    /**
     * The data step.
     *
     * @param x0 estimates of the clean image, (N, C, H, W)
     * @param sigma noise level of each row now, N values &gt; 0
     * @param nextSigma noise level of each row after the step, N values ≥ 0, 0 for the last step
     * @return x̂₀, (N, C, H, W)
     */
    NDArray apply(NDArray x0, double[] sigma, double[] nextSigma);

    /**
     * {@return the adjoint of the linear part of {@link #apply} at the same noise levels, for
     * gradients through the chain: Jᵀ v with J = ∂x̂₀/∂x₀, (N, C, H, W)}
     */
    NDArray adjoint(NDArray v, double[] sigma, double[] nextSigma);

    /** Frees what the step precomputed; does not close the operator it was made for. */
    @Override
    void close();
}
