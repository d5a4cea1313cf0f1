/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.volume;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.Tensors;
import org.deqir.physics.operator.LeastSquares;
import org.deqir.progress.Progress;

/**
 * The operator of a volume, computed block by block with the operator of a block: the same but for
 * rounding.
 */
final class BlockwiseOperator implements LinearOperator {

    private static final int ITERATIONS = 100;
    private static final double TOLERANCE = 1e-5;

    private final LinearOperator operator;
    private final VolumeBlocks blocks;
    private Progress progress = Progress.NONE;

    /**
     * @param operator of a block; closed with this one
     */
    BlockwiseOperator(LinearOperator operator, VolumeBlocks blocks) {
        this.operator = operator;
        this.blocks = blocks;
    }

    /** The operator of a block. */
    LinearOperator ofBlock() {
        return operator;
    }

    /** The blocks. */
    VolumeBlocks blocks() {
        return blocks;
    }

    @Override
    public Shape imageShape() {
        return blocks.field();
    }

    @Override
    public Shape measurementShape() {
        return blocks.measured();
    }

    @Override
    public void askBeforeIterations(Progress newProgress) {
        progress = newProgress;
        operator.askBeforeIterations(newProgress);
    }

    @Override
    public NDArray apply(NDArray x) {
        Tensors.requireShape(x, imageShape(), describe(), "images");
        final NDArray y = x.getManager().zeros(new Shape(x.size(0)).addAll(measurementShape()));
        for (final VolumeBlocks.Block block : blocks.all()) {
            progress.checkCanceled();
            try (NDManager scope = x.getManager().newSubManager()) {
                final NDArray part =
                        operator.apply(block.field(Tensors.view(x, scope)).duplicate());
                fill(block.core(Tensors.view(y, scope)), block.coreOfBlock(part));
            }
        }
        return y;
    }

    @Override
    public NDArray adjoint(NDArray y) {
        Tensors.requireShape(y, measurementShape(), describe(), "measurements");
        final NDArray x = y.getManager().zeros(new Shape(y.size(0)).addAll(imageShape()));
        for (final VolumeBlocks.Block block : blocks.all()) {
            progress.checkCanceled();
            try (NDManager scope = y.getManager().newSubManager()) {
                final NDArray whole = Tensors.view(y, scope);
                final NDArray core = block.measured(whole).zerosLike();
                fill(block.coreOfBlock(core), block.core(whole));
                block.field(Tensors.view(x, scope)).addi(operator.adjoint(core));
            }
        }
        return x;
    }

    private static void fill(NDArray view, NDArray values) {
        view.set(new NDIndex(":"), values);
    }

    @Override
    public NDArray pseudoInverse(NDArray y) {
        return new LeastSquares(this, ITERATIONS, TOLERANCE).solve(y);
    }

    @Override
    public String describe() {
        return operator.describe();
    }

    @Override
    public void close() {
        operator.close();
    }
}
