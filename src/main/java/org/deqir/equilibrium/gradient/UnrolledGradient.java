/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.gradient;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import org.deqir.equilibrium.Combination;
import org.deqir.equilibrium.RestorationChain;
import org.deqir.progress.Progress;

/**
 * Back-propagation through the chain, step after step from the clean end: exact where the states
 * are, with T products with the network's Jacobian that wait for one another.
 *
 * <p>It is also the back substitution of g = J_Fᵀ g + v, since J_F is triangular, and takes the
 * fewest network calls of all exact ways. The network is evaluated again at each state, so that the
 * activations of one call at a time are in memory.
 */
public final class UnrolledGradient implements EquilibriumGradient {

    private final int maxBatch;

    /**
     * @param maxBatch most images in one network call
     */
    public UnrolledGradient(int maxBatch) {
        this.maxBatch = maxBatch;
    }

    @Override
    public Result pullBack(
            RestorationChain chain,
            NDArray start,
            List<NDArray> states,
            NDArray v,
            Progress progress) {
        final int length = chain.length();
        final PullbackCalls calls =
                new PullbackCalls(chain.predictor(), maxBatch, length * start.size(0), progress);
        try (NDManager sub = start.getManager().newSubManager()) {
            NDArray gradient = v.duplicate();
            gradient.attach(sub);
            for (int i = length - 1; i >= 0; i--) {
                final NDArray later = gradient;
                gradient = step(chain, i, i == 0 ? start : states.get(i - 1), later, calls);
                gradient.attach(sub);
                later.close();
            }
            gradient.attach(start.getManager());
            return new Result(gradient, calls.pullbacks(), length, 0);
        }
    }

    /** x' = next(x/√ᾱ − σ·ε(x), ε(x)), backwards. */
    private static NDArray step(
            RestorationChain chain, int step, NDArray x, NDArray v, PullbackCalls calls) {
        final double sigma = chain.levels().sigma(step);
        try (RestorationChain.Gradients next = chain.pullBackNext(step, v);
                NDArray epsilon = Combination.of(next.epsilon(), 1, next.clean(), -sigma);
                NDArray product = calls.pullBack(x, chain.levels().timestep(step), epsilon)) {
            return Combination.of(
                    next.clean(), 1 / Math.sqrt(chain.levels().alphaBar(step)), product, 1);
        }
    }
}
