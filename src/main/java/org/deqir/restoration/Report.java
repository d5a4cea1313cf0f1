/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.restoration;

import org.deqir.OptimizationReport;
import org.deqir.Restoration;
import org.deqir.RestorationReport;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.equilibrium.guidance.InitializationOptimization;
import org.deqir.equilibrium.guidance.InitializationOptimization.Outcome;
import org.deqir.equilibrium.solver.SolverTrace;

/** Reports what was done for a problem; its time runs from when it was made. */
final class Report {

    private final DiffusionPrior prior;
    private final Problem problem;
    private final long start = System.nanoTime();

    Report(DiffusionPrior prior, Problem problem) {
        this.prior = prior;
        this.problem = problem;
    }

    /**
     * @param outcome of the optimisation of the start; null without one
     */
    RestorationReport of(Start from, SolverTrace trace, Outcome outcome, double chiSquare) {
        final Restoration restoration = problem.restoration();
        return new RestorationReport(
                prior.name(),
                prior.sha256(),
                restoration.degradation().describe(),
                restoration.noise().describe(),
                from.recipe().describe()
                        + (problem.beyond() == null ? "" : ", rare objects in a range of their own")
                        + (from.fromNeighbour() ? RestorationReport.FROM_NEIGHBOUR : ""),
                trace.solver(),
                restoration.sampling().seed(),
                trace.evaluations() + (outcome == null ? 0 : outcome.evaluations()),
                trace.rounds(),
                trace.finalResidual(),
                trace.converged(),
                chiSquare,
                (System.nanoTime() - start) * 1e-9,
                outcome == null ? null : of(outcome, restoration.optimization().rounds()));
    }

    /**
     * @param asked rounds that were asked for
     */
    static OptimizationReport of(Outcome outcome, int asked) {
        return new OptimizationReport(
                outcome.rounds(),
                asked,
                outcome.before(),
                outcome.after(),
                switch (outcome.end()) {
                    case ALL_ROUNDS -> "all were made";
                    case REACHED -> "the measurement is explained within its noise";
                    case NO_PROGRESS -> "no further progress";
                    case CANCELLED -> "the best so far";
                    case DIVERGED -> "diverged: the rate is too large; the best so far";
                },
                outcome.end() == InitializationOptimization.End.CANCELLED,
                outcome.pullbacks());
    }
}
