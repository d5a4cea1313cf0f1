/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.gradient;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import org.deqir.equilibrium.HeldQuantity;
import org.deqir.equilibrium.RestorationChain;
import org.deqir.equilibrium.solver.JointAnderson;
import org.deqir.progress.Progress;

/**
 * The implicit gradient: solves g = J_Fᵀ g + v by fixed-point iteration, with Anderson acceleration
 * if asked, and takes (∂F/∂x_T)ᵀ g.
 *
 * <p>J_F is triangular in time, so after n rounds the n cleanest entries of g are final: at most T
 * rounds are needed, and entries that are final are not evaluated again. A round is one batch of
 * products with the network's Jacobian. The iteration ends earlier where the relative change of g
 * falls below the tolerance.
 */
public final class ImplicitGradient implements EquilibriumGradient {

    private final HeldQuantity held;
    private final double tolerance;
    private final int history;
    private final int maxBatch;

    /**
     * @param held what F holds
     * @param tolerance bound of ‖J_Fᵀ g + v − g‖/‖g‖, ≥ 0; 0 for the exact solution
     * @param history past iterates that Anderson acceleration mixes, ≥ 1; 1 for plain iteration
     * @param maxBatch most images in one network call
     */
    public ImplicitGradient(HeldQuantity held, double tolerance, int history, int maxBatch) {
        if (!(tolerance >= 0))
            throw new IllegalArgumentException("The tolerance must be ≥ 0, not " + tolerance + ".");
        if (history < 1)
            throw new IllegalArgumentException(
                    "The history must be at least 1, not " + history + ".");
        this.held = held;
        this.tolerance = tolerance;
        this.history = history;
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
        try (NDManager sub = start.getManager().newSubManager();
                JointAnderson iterates = new JointAnderson(length, history)) {
            final JointPullback system = new JointPullback(chain, held, start, states, calls, sub);
            // g[i] belongs to the state after step i; the last one is v and stays it.
            final NDArray[] g = new NDArray[length];
            for (int i = 0; i < length - 1; i++) g[i] = owned(start.zerosLike(), sub);
            g[length - 1] = owned(v.duplicate(), sub);
            int rounds = 0;
            double residual = length == 1 ? 0 : Double.POSITIVE_INFINITY;
            // Entries from this one on are final.
            int settled = length - 1;
            while (settled > 0 && residual > tolerance) {
                try (JointPullback.Scan scan = system.scan(g)) {
                    final NDArray[] products = system.throughNetwork(scan, 1, settled + 1);
                    final NDArray[] next = new NDArray[length - 1];
                    for (int i = 0; i < settled; i++)
                        next[i] =
                                products[i + 1] == null
                                        ? owned(start.zerosLike(), sub)
                                        : products[i + 1];
                    residual = change(g, next, settled);
                    settled--;
                    if (settled == 0) residual = 0;
                    iterates.advance(g, next, settled, residual <= tolerance);
                }
                rounds++;
            }
            try (JointPullback.Scan scan = system.scan(g)) {
                final NDArray[] first = system.throughNetwork(scan, 0, 1);
                final NDArray gradient = scan.start().duplicate();
                gradient.attach(start.getManager());
                if (first[0] != null) gradient.addi(first[0]);
                return new Result(gradient, calls.pullbacks(), rounds + 1, residual);
            }
        }
    }

    /** ‖next − g‖ of the entries before {@code settled}, relative to ‖g‖ of all. */
    private static double change(NDArray[] g, NDArray[] next, int settled) {
        double changed = 0;
        double all = 0;
        for (int i = 0; i < g.length; i++) {
            if (i < settled)
                try (NDArray difference = next[i].sub(g[i])) {
                    changed += square(difference);
                }
            all += square(i < settled ? next[i] : g[i]);
        }
        if (!(all < Double.POSITIVE_INFINITY))
            throw new ArithmeticException(
                    "The gradient is not finite: the network or the data step gave NaN or infinite"
                            + " values.");
        return all == 0 ? 0 : Math.sqrt(changed / all);
    }

    private static double square(NDArray array) {
        try (NDArray norm = array.norm()) {
            final double value = norm.getFloat();
            return value * value;
        }
    }

    private static NDArray owned(NDArray array, NDManager owner) {
        array.attach(owner);
        return array;
    }
}
