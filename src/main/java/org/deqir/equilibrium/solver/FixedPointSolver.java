/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.solver;

import ai.djl.ndarray.NDArray;
import java.util.concurrent.CancellationException;
import org.deqir.equilibrium.RestorationChain;
import org.deqir.progress.Progress;

/**
 * Finds the states of a chain, which are the fixed point of its joint map F.
 *
 * <p>Solvers are immutable: one may serve several threads.
 */
public interface FixedPointSolver {

    /**
     * Solves a chain.
     *
     * @param chain the chain
     * @param start its first state x_T, (K, C, H, W); not changed
     * @param progress is told how far the work is, and asked before every network call whether to
     *     go on
     * @return the states; its arrays belong to a child of the manager of {@code start}, the caller
     *     closes it
     * @throws CancellationException if the user cancelled; nothing is left in native memory
     * @throws ArithmeticException if the network's answer is not finite
     */
    Solution solve(RestorationChain chain, NDArray start, Progress progress);
}
