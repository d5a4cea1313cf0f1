/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.solver;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.deqir.equilibrium.JointState;
import org.deqir.equilibrium.NetworkCalls;
import org.deqir.equilibrium.RestorationChain;
import org.deqir.progress.Progress;

/** Solves the chain step after step. Exact, and holds one state in memory. */
final class SequentialSolver implements FixedPointSolver {

    private final SolverSettings settings;

    SequentialSolver(SolverSettings settings) {
        this.settings = settings;
    }

    @Override
    public Solution solve(RestorationChain chain, NDArray start, Progress progress) {
        final long began = System.nanoTime();
        final NetworkCalls calls =
                new NetworkCalls(chain.predictor(), settings.maxBatch(), progress);
        final int length = chain.length();
        final JointState x = new JointState(start, length);
        final List<SolverTrace.Iteration> iterations = new ArrayList<>();
        try {
            for (int i = 0; i < length; i++) {
                final long before = calls.evaluations();
                calls.begin(
                        "Restoring, level " + (i + 1) + " of " + length,
                        i / (double) length,
                        (i + 1) / (double) length,
                        x.images());
                final NDArray state = x.before(i);
                try (NDArray epsilon = calls.predict(state, chain.levels().timestep(i));
                        NDArray clean = chain.estimate(i, state, epsilon)) {
                    x.replace(i, chain.next(i, clean, epsilon));
                }
                if (i > 0 && !settings.keepStates()) x.drop(i - 1);
                final double[] residuals = new double[length];
                Arrays.fill(residuals, Double.NaN);
                residuals[i] = 0;
                iterations.add(
                        new SolverTrace.Iteration(
                                residuals,
                                i + 1,
                                calls.evaluations() - before,
                                (System.nanoTime() - began) * 1e-9));
            }
            Residuals.requireFinite(x.row(length - 1), length - 1);
            return new Solution(
                    x,
                    settings.keepStates(),
                    new SolverTrace(
                            SolverKind.SEQUENTIAL.toString(),
                            0,
                            0,
                            iterations,
                            calls.calls(),
                            (System.nanoTime() - began) * 1e-9,
                            true));
        } catch (RuntimeException | Error e) {
            x.close();
            throw e;
        }
    }
}
