/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.volume;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.function.BiFunction;
import org.deqir.physics.DataStep;
import org.deqir.physics.Tensors;
import org.deqir.progress.Progress;

/**
 * A data step of a volume, made block by block and blended where blocks overlap. Far from the
 * blocks' borders a block's step is that of the whole.
 */
final class BlockwiseDataStep implements DataStep {

    private final VolumeBlocks blocks;
    private final BiFunction<NDManager, VolumeBlocks.Block, DataStep> steps;
    private final Progress progress;

    /**
     * @param steps the step of a block, with its memory in the manager that is given
     * @param progress asked before each block whether to go on
     */
    BlockwiseDataStep(
            VolumeBlocks blocks,
            BiFunction<NDManager, VolumeBlocks.Block, DataStep> steps,
            Progress progress) {
        this.blocks = blocks;
        this.steps = steps;
        this.progress = progress;
    }

    @Override
    public NDArray apply(NDArray x0, double[] sigma, double[] nextSigma) {
        final NDArray sum = x0.zerosLike();
        for (final VolumeBlocks.Block block : blocks.all()) {
            progress.checkCanceled();
            try (NDManager scope = x0.getManager().newSubManager();
                    DataStep step = steps.apply(scope, block)) {
                final NDArray part = block.field(Tensors.view(x0, scope)).duplicate();
                final NDArray result = step.apply(part, sigma, nextSigma);
                block.field(Tensors.view(sum, scope)).addi(block.weighted(result));
            }
        }
        return sum;
    }

    @Override
    public NDArray adjoint(NDArray v, double[] sigma, double[] nextSigma) {
        final NDArray sum = v.zerosLike();
        for (final VolumeBlocks.Block block : blocks.all()) {
            progress.checkCanceled();
            try (NDManager scope = v.getManager().newSubManager();
                    DataStep step = steps.apply(scope, block)) {
                final NDArray part =
                        block.weighted(block.field(Tensors.view(v, scope)).duplicate());
                block.field(Tensors.view(sum, scope)).addi(step.adjoint(part, sigma, nextSigma));
            }
        }
        return sum;
    }

    @Override
    public void close() {
        // Steps are closed block by block.
    }
}
