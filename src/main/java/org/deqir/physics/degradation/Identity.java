/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.degradation;

import ai.djl.ndarray.NDManager;
import org.deqir.physics.Degradation;
import org.deqir.physics.Levels;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.operator.IdentityOperator;

/** Nothing but noise. */
public record Identity() implements Degradation {

    @Override
    public LinearOperator operator(NDManager manager, int channels, int height, int width) {
        return new IdentityOperator(manager, channels, height, width);
    }

    @Override
    public String describe() {
        return "noise only";
    }

    @Override
    public boolean measuresPixels() {
        return true;
    }

    /** One network call at the noise's own level is the whole chain. */
    @Override
    public Levels levels(double noise) {
        return new Levels(Math.max(noise, 1e-3), noise, 1, 1, false);
    }
}
