/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.step;

import ai.djl.ndarray.NDArray;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.operator.MaskOperator;

/**
 * The data step of the paper for noise-free measurements: x̂₀ = (I − A⁺A) x₀ + A⁺y, the closest
 * image that explains the measurement (DDNM, Wang et al. 2023; Cao et al. 2024).
 *
 * <p>With noisy measurements it passes the noise through: use {@link SpectralProximalStep} or
 * {@link ConjugateGradientProximalStep} there. Known pixels of a {@link MaskOperator} come back bit
 * by bit.
 */
public final class HardProjection extends AbstractDataStep {

    private final LinearOperator operator;
    private final NDArray explained;

    /**
     * The projection onto what explains y, one measurement (1, …) for all rows, or one for each
     * row. The operator stays the caller's and must live as long as the step.
     */
    public HardProjection(LinearOperator operator, NDArray y) {
        super(operator, y);
        this.operator = operator;
        explained = operator.pseudoInverse(y);
        explained.attach(constants);
    }

    @Override
    NDArray step(NDArray x0, double[] sigma, double[] nextSigma) {
        return nullSpacePart(x0).add(explained);
    }

    @Override
    NDArray linearPart(NDArray v, double[] sigma, double[] nextSigma) {
        return nullSpacePart(v);
    }

    /** (I − A⁺A) x, an orthogonal projection and so its own adjoint. */
    private NDArray nullSpacePart(NDArray x) {
        return x.sub(operator.pseudoInverse(operator.apply(x)));
    }
}
