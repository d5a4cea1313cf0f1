/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.degradation;

import ai.djl.ndarray.NDManager;
import java.util.Locale;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.Tensors;
import org.deqir.physics.operator.sensing.WalshHadamardOperator;

/**
 * A random subset of the Walsh–Hadamard coefficients is measured (single-pixel camera).
 *
 * @param ratio share that is measured, above 0 and up to 1
 * @param seed seed of the choice
 */
public record WalshHadamardSensing(double ratio, long seed) implements Sensing {

    /**
     * @throws IllegalArgumentException unless the ratio is above 0 and up to 1
     */
    public WalshHadamardSensing {
        Tensors.requireRatio(ratio);
    }

    @Override
    public LinearOperator operator(NDManager manager, int channels, int height, int width) {
        return new WalshHadamardOperator(manager, channels, height, width, ratio, seed);
    }

    @Override
    public String describe() {
        return String.format(
                Locale.ROOT, "Walsh–Hadamard sensing of %.4g %%, seed %d", 100 * ratio, seed);
    }
}
