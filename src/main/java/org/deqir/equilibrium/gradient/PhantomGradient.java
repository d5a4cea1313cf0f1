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
import org.deqir.equilibrium.HeldQuantity;
import org.deqir.equilibrium.RestorationChain;
import org.deqir.progress.Progress;

/**
 * The phantom gradient (Geng et al., "On Training Implicit Models", NeurIPS 2021): the gradient
 * through a few damped iterations Z ← (1−τ)·Z + τ·F(Z, x_T) that start at the equilibrium.
 *
 * <p>The iterations stay at the equilibrium, so the Jacobian is that at X* in all of them. This
 * truncates the Neumann series of the exact gradient and damps its terms: cheap, and the direction
 * is often good enough. How many terms are needed depends on what F holds. With the predicted noise
 * held, as published, F carries x_T itself down to x_0, and one step suffices to see it. With the
 * estimate of the clean image held, x_0 depends on x_T through T evaluations, and fewer steps than
 * T give 0.
 */
public final class PhantomGradient implements EquilibriumGradient {

    private final double damping;
    private final int steps;
    private final HeldQuantity held;
    private final int maxBatch;

    /**
     * @param damping τ, above 0 to 1
     * @param steps number of damped iterations, at least 1
     * @param held what F holds
     * @param maxBatch most images in one network call
     */
    public PhantomGradient(double damping, int steps, HeldQuantity held, int maxBatch) {
        if (!(damping > 0 && damping <= 1))
            throw new IllegalArgumentException(
                    "The damping must be above 0 and at most 1, not " + damping + ".");
        if (steps < 1)
            throw new IllegalArgumentException(
                    "A phantom gradient needs at least 1 step, not " + steps + ".");
        this.damping = damping;
        this.steps = steps;
        this.held = held;
        this.maxBatch = maxBatch;
    }

    @Override
    public Result pullBack(
            RestorationChain chain,
            NDArray start,
            List<NDArray> states,
            NDArray v,
            Progress progress) {
        final PullbackCalls calls =
                new PullbackCalls(
                        chain.predictor(),
                        maxBatch,
                        steps * chain.length() * start.size(0),
                        progress);
        try (NDManager sub = start.getManager().newSubManager()) {
            final Gradients gradients = pullBack(chain, start, states, v, calls, sub);
            final NDArray gradient = gradients.carried().add(gradients.states()[0]);
            gradient.attach(start.getManager());
            return new Result(gradient, calls.pullbacks(), steps, Double.NaN);
        }
    }

    /**
     * Gradients with respect to x_T and to all states of the joint state.
     *
     * @param carried with respect to x_T where F carries it from step to step
     * @param states entry i with respect to the state before step i as the network sees it, so
     *     entry 0 to x_T again; entry T with respect to x_0
     */
    record Gradients(NDArray carried, NDArray[] states) {}

    /** All gradients, which belong to {@code owner}. */
    Gradients pullBack(
            RestorationChain chain,
            NDArray start,
            List<NDArray> states,
            NDArray v,
            PullbackCalls calls,
            NDManager owner) {
        final int length = chain.length();
        final JointPullback system = new JointPullback(chain, held, start, states, calls, owner);
        final NDArray[] after = new NDArray[length];
        after[length - 1] = owned(v.duplicate(), owner);
        final NDArray carried = owned(start.zerosLike(), owner);
        final NDArray first = owned(start.zerosLike(), owner);
        for (int n = 0; n < steps; n++)
            try (JointPullback.Scan scan = system.scan(after)) {
                final NDArray[] products = system.throughNetwork(scan, 0, length);
                Combination.add(carried, scan.start(), damping);
                if (products[0] != null) Combination.add(first, products[0], damping);
                for (int i = 1; i < length; i++)
                    after[i - 1] = damped(after[i - 1], products[i], owner);
                after[length - 1] = damped(after[length - 1], null, owner);
                for (final NDArray product : products) if (product != null) product.close();
            }
        final NDArray[] all = new NDArray[length + 1];
        all[0] = first;
        for (int i = 0; i < length; i++)
            all[i + 1] = after[i] == null ? owned(start.zerosLike(), owner) : after[i];
        return new Gradients(carried, all);
    }

    /** (1−τ)·before + τ·product; null stands for 0. */
    private NDArray damped(NDArray before, NDArray product, NDManager owner) {
        if (before == null && product == null) return null;
        final NDArray sum =
                before == null ? product.zerosLike() : owned(before.mul(1 - damping), owner);
        if (before != null) before.close();
        if (product != null) Combination.add(sum, product, damping);
        return owned(sum, owner);
    }

    private static NDArray owned(NDArray array, NDManager owner) {
        array.attach(owner);
        return array;
    }
}
