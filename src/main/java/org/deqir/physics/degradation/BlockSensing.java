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
import org.deqir.physics.operator.sensing.BlockSensingOperator;

/**
 * Every block of pixels is measured by orthonormalised Gaussian patterns.
 *
 * @param ratio measurements per pixel, above 0 and up to 1
 * @param seed seed of the patterns
 * @param blockSize edge of a block in pixels
 */
public record BlockSensing(double ratio, long seed, int blockSize) implements Sensing {

    /**
     * @throws IllegalArgumentException unless the ratio is above 0 and up to 1 and the size of a
     *     block is accepted
     */
    public BlockSensing {
        Tensors.requireRatio(ratio);
        Tensors.requireInRange("Block size", blockSize, 1, BlockSensingOperator.LARGEST_BLOCK);
    }

    @Override
    public LinearOperator operator(NDManager manager, int channels, int height, int width) {
        return new BlockSensingOperator(manager, channels, height, width, ratio, seed, blockSize);
    }

    @Override
    public String describe() {
        return String.format(
                Locale.ROOT,
                "block sensing of %.4g %% in blocks of %d px, seed %d",
                100 * ratio,
                blockSize,
                seed);
    }
}
