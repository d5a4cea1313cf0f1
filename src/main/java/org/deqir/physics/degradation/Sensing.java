/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.degradation;

import ai.djl.ndarray.NDArray;
import org.deqir.physics.Degradation;
import org.deqir.physics.Levels;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.Spread;

/**
 * A list of coefficients is measured, with orthonormal patterns: A Aᵀ = I, so that the back
 * projection holds exactly what was measured.
 */
public interface Sensing extends Degradation {

    @Override
    default boolean measuresImages() {
        return false;
    }

    /** A⁺y knows a share of the coefficients only: the chain must begin far from it. */
    @Override
    default Levels levels(double noise) {
        return Levels.from(2, noise, 16, Levels.WEIGHT_OF_SINGLE_CALLS, false);
    }

    /**
     * Samples that start far from the result lie as far apart everywhere. Those that start near it
     * differ where it is wrong, by a fraction of its error.
     */
    @Override
    default Spread spread() {
        return new Spread(0.5, 0.8, true, 2.9, 2.9);
    }

    @Override
    default NDArray toImage(LinearOperator operator, NDArray y) {
        return operator.adjoint(y);
    }

    @Override
    default NDArray fromImage(LinearOperator operator, NDArray image) {
        return operator.apply(image);
    }
}
