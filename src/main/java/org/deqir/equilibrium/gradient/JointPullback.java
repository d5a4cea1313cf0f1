/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.gradient;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import java.util.Arrays;
import java.util.List;
import org.deqir.diffusion.TimestepSequence;
import org.deqir.equilibrium.HeldQuantity;
import org.deqir.equilibrium.RestorationChain;

/**
 * Products vᵀ·∂F/∂(x_T, X) with the Jacobian of the joint map F at fixed states, from the adjoints
 * of its parts: first a cheap scan from the clean end to the noisy one, then one batch of products
 * with the network's Jacobian.
 *
 * <p>Entry i of a gradient, i = 0 … T−1, belongs to the state before step i, so entry 0 to x_T. F
 * does not depend on x_0, the state after the last step. As F, its adjoint is triangular: entry i
 * depends on entries of v after steps i … T−1 only.
 */
final class JointPullback {

    private final RestorationChain chain;
    private final HeldQuantity held;
    private final NDArray start;
    private final List<NDArray> states;
    private final PullbackCalls calls;
    private final NDManager manager;

    /**
     * @param start x_T
     * @param states the states after steps 0 … T−1, at which the Jacobian is taken
     * @param manager owner of all results
     */
    JointPullback(
            RestorationChain chain,
            HeldQuantity held,
            NDArray start,
            List<NDArray> states,
            PullbackCalls calls,
            NDManager manager) {
        this.chain = chain;
        this.held = held;
        this.start = start;
        this.states = states;
        this.calls = calls;
        this.manager = manager;
    }

    /**
     * What the scan gives.
     *
     * @param held gradient with respect to the held quantity of each step; null where it is 0
     * @param start gradient with respect to x_T along the scan, not through the network
     */
    record Scan(NDArray[] held, NDArray start) implements AutoCloseable {
        @Override
        public void close() {
            for (final NDArray h : held) if (h != null) h.close();
            start.close();
        }
    }

    /**
     * The adjoint of F's scan for gradients with respect to the new state after each step; null
     * where one is 0.
     */
    Scan scan(NDArray[] v) {
        final int length = chain.length();
        final NDArray[] h = new NDArray[length];
        NDArray later = null;
        for (int i = length - 1; i >= 0; i--) {
            final NDArray total = sum(later, v[i]);
            if (later != null) later.close();
            later = null;
            if (total == null) continue;
            try (total) {
                final HeldQuantity.Gradients gradients = held.pullBackCarry(chain, i, total);
                h[i] = nonZero(gradients.held());
                later = nonZero(gradients.x());
            }
        }
        return new Scan(h, later == null ? owned(start.zerosLike()) : later);
    }

    /**
     * Products with the Jacobian of the evaluations of steps {@code from} … {@code to} − 1.
     *
     * @param scan gradients with respect to the held quantities
     * @return for each step of the chain the gradient with respect to the state before it; null for
     *     other steps and where it is 0
     */
    NDArray[] throughNetwork(Scan scan, int from, int to) {
        final int[] steps = new int[to - from];
        int count = 0;
        for (int i = from; i < to; i++) if (scan.held()[i] != null) steps[count++] = i;
        final NDArray[] result = new NDArray[chain.length()];
        final int perCall = Math.max(1, calls.maxBatch() / Math.toIntExact(start.size(0)));
        for (int i = 0; i < count; i += perCall)
            batch(scan, Arrays.copyOfRange(steps, i, Math.min(count, i + perCall)), result);
        return result;
    }

    private void batch(Scan scan, int[] steps, NDArray[] result) {
        final TimestepSequence levels = chain.levels();
        final int images = Math.toIntExact(start.size(0));
        try (NDManager sub = manager.newSubManager()) {
            final NDList before = new NDList();
            final NDList epsilon = new NDList();
            final double[] timesteps = new double[steps.length * images];
            for (int i = 0; i < steps.length; i++) {
                final int step = steps[i];
                before.add(step == 0 ? start : states.get(step - 1));
                final NDArray v = scan.held()[step].mul(-levels.sigma(step));
                v.attach(sub);
                epsilon.add(v);
                Arrays.fill(timesteps, i * images, (i + 1) * images, levels.timestep(step));
            }
            final NDArray x = NDArrays.concat(before);
            x.attach(sub);
            final NDArray product = calls.pullBack(x, timesteps, NDArrays.concat(epsilon));
            for (int i = 0; i < steps.length; i++) {
                final NDArray part = product.get(new NDIndex(i * images + ":" + (i + 1) * images));
                final NDArray gradient = held.pullBackHold(chain, steps[i], scan.held()[steps[i]]);
                gradient.addi(part);
                result[steps[i]] = owned(gradient);
            }
        }
    }

    private NDArray sum(NDArray a, NDArray b) {
        if (a == null && b == null) return null;
        if (a == null) return owned(b.duplicate());
        return owned(b == null ? a.duplicate() : a.add(b));
    }

    /** Skips what would be products with nothing. */
    private NDArray nonZero(NDArray gradient) {
        try (NDArray norm = gradient.norm()) {
            if (norm.getFloat() != 0) return owned(gradient);
        }
        gradient.close();
        return null;
    }

    private NDArray owned(NDArray array) {
        array.attach(manager);
        return array;
    }
}
