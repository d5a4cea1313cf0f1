/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.solver;

import java.util.List;

/**
 * What a solver did: rounds, evaluations, residuals.
 *
 * @param solver name of the solver
 * @param guessRounds network rounds spent on the first iterate
 * @param guessEvaluations network evaluations spent on the first iterate
 * @param iterations the applications of F, in order; for the sequential chain its steps
 * @param calls batches that went through the network, all together; more than {@link #rounds()}
 *     where memory does not hold a whole round
 * @param seconds time from start to end, guess included
 * @param converged whether every state was exact or within the tolerance at the end
 */
public record SolverTrace(
        String solver,
        int guessRounds,
        long guessEvaluations,
        List<Iteration> iterations,
        int calls,
        double seconds,
        boolean converged) {

    /**
     * One application of F.
     *
     * @param residuals change of each state x_{T−1} … x_0, largest over the samples: root mean
     *     square over its pixels, as a multiple of the noise in that state (for x_0: of the last
     *     noise level); NaN where the state was settled before and was not evaluated
     * @param settled number of states at the noisy end that are final after this iteration
     * @param evaluations images that went through the network in this iteration
     * @param seconds time since the solver started, at the end of this iteration
     */
    public record Iteration(double[] residuals, int settled, long evaluations, double seconds) {}

    /** Keeps a copy of the iterations. */
    public SolverTrace {
        iterations = List.copyOf(iterations);
    }

    /** {@return images that went through the network, a sample at a noise level each} */
    public long evaluations() {
        return guessEvaluations + iterations.stream().mapToLong(Iteration::evaluations).sum();
    }

    /** {@return network rounds that had to wait for one another: the depth of the computation} */
    public int rounds() {
        return guessRounds + iterations.size();
    }

    /** {@return residual of x_0 in the last iteration, 0 for the sequential chain} */
    public double finalResidual() {
        final double[] last = iterations.get(iterations.size() - 1).residuals();
        return last[last.length - 1];
    }
}
