/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.gradient;

import ai.djl.ndarray.NDArray;
import java.util.List;
import org.deqir.equilibrium.RestorationChain;
import org.deqir.equilibrium.solver.Solution;
import org.deqir.progress.Progress;

/**
 * Pulls the gradient of a scalar with respect to the restored image x_0 back to the chain's first
 * state x_T, given the states of the chain.
 *
 * <p>The states are the fixed point X* = F(X*, x_T). By the implicit function theorem the gradient
 * is (∂F/∂x_T)ᵀ g with g = J_Fᵀ g + v, whatever solver found X*, and however long it took: nothing
 * of its iterations needs to be kept. What is kept is one tensor per state and the network's
 * activations of one batch.
 */
public interface EquilibriumGradient {

    /**
     * A gradient and what it cost.
     *
     * @param start gradient with respect to x_T, (K, C, H, W)
     * @param pullbacks images whose gradients went through the network
     * @param rounds batches that had to wait for one another
     * @param residual relative change of g in the last round, 0 where the result is exact
     */
    record Result(NDArray start, long pullbacks, int rounds, double residual)
            implements AutoCloseable {
        @Override
        public void close() {
            start.close();
        }
    }

    /**
     * The gradient with respect to x_T.
     *
     * @param chain the chain, whose network can be differentiated
     * @param start x_T, (K, C, H, W)
     * @param states the states after each step, as {@link Solution#states} gives them
     * @param v gradient with respect to x_0, (K, C, H, W)
     * @param progress asked before every network call whether to go on
     * @return owned by the manager of {@code start}
     * @throws IllegalArgumentException if the network cannot be differentiated
     * @throws java.util.concurrent.CancellationException if the user cancelled
     */
    Result pullBack(
            RestorationChain chain,
            NDArray start,
            List<NDArray> states,
            NDArray v,
            Progress progress);
}
