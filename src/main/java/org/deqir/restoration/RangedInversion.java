/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.restoration;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import org.deqir.ChainState;
import org.deqir.Restoration;
import org.deqir.RestorationResult;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.equilibrium.RestorationChain;
import org.deqir.equilibrium.guidance.InitializationOptimization.Outcome;
import org.deqir.equilibrium.guidance.MeasurementConsistency;
import org.deqir.equilibrium.guidance.Objective;
import org.deqir.equilibrium.solver.FixedPointSolver;
import org.deqir.equilibrium.solver.Solution;
import org.deqir.equilibrium.solver.Trajectory;
import org.deqir.image.Plane;
import org.deqir.network.TorchEngine;
import org.deqir.physics.DataStep;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.Spread;
import org.deqir.progress.Progress;

/** Solves a problem in the one range of grey levels that it states. */
final class RangedInversion {

    private final DiffusionPrior prior;
    private final Problem problem;
    private final Restoration restoration;
    private final PriorUnits units;
    private final Chains chains;

    RangedInversion(DiffusionPrior prior, Problem problem) {
        this.prior = prior;
        this.problem = problem;
        restoration = problem.restoration();
        units = new PriorUnits(problem);
        chains = new Chains(prior, problem);
    }

    /**
     * What was found.
     *
     * @param whole the mean of the samples in the operator's size, which may exceed the field
     */
    record Answer(RestorationResult result, Plane whole) {}

    /**
     * The answer.
     *
     * @param spread whether to tell its standard deviation
     * @throws java.util.concurrent.CancellationException if the user cancelled
     */
    Answer solve(boolean spread, Progress progress) {
        final Report report = new Report(prior, problem);
        progress.checkCanceled();
        try (NDManager manager = TorchEngine.newManager();
                LinearOperator operator = problem.operator(manager, prior, progress)) {
            final NDArray y = units.measurement(manager, operator);
            final MeasurementNoise noise = new MeasurementNoise(problem, units, operator, y);
            final Start start = Start.of(problem, prior, units, operator, noise, manager, progress);
            try (DataStep dataStep = noise.dataStep(start.recipe().priorWeight())) {
                final NDArray guess = start.guess(units, manager, operator, dataStep);
                final RestorationChain chain = chains.chain(start.recipe(), dataStep, guess);
                final boolean optimize = restoration.optimization().isOn();
                final Progress first =
                        optimize ? progress.part(0, StartOptimization.SHARE_BEFORE) : progress;
                try (NDArray x = chain.start(guess);
                        Solution solution =
                                chains.solver(chain, guess, false, progress)
                                        .solve(chain, x, first)) {
                    final Answer answer =
                            optimize
                                    ? optimized(
                                            start,
                                            dataStep,
                                            start.recipe().levels() == 1 ? guess : solution.x0(),
                                            solution,
                                            operator,
                                            y,
                                            noise,
                                            report,
                                            progress.part(StartOptimization.SHARE_BEFORE, 1))
                                    : answer(solution.x0(), solution, null, start, noise, report);
                    return spread
                            ? new Answer(
                                    withSpread(answer.result(), manager, operator, noise, progress),
                                    answer.whole())
                            : answer;
                }
            }
        }
    }

    /**
     * @param outcome of the optimisation of the start; null without one
     */
    private Answer answer(
            NDArray images,
            Solution solution,
            Outcome outcome,
            Start start,
            MeasurementNoise noise,
            Report report) {
        final double chiSquare = noise.chiSquare(images);
        final Plane mean = Samples.mean(units.fields(images));
        problem.restoreKnown(mean);
        return new Answer(
                new RestorationResult(
                        mean, null, report.of(start, solution.trace(), outcome, chiSquare)),
                units.wholeMean(images));
    }

    /**
     * The answer after descent on the first state of a short chain, which starts from what the
     * whole chain has found; of a chain of one level, on the state it starts from itself.
     *
     * @param guess what the short chain starts from
     * @param unguided the solution of the whole chain
     */
    private Answer optimized(
            Start start,
            DataStep dataStep,
            NDArray guess,
            Solution unguided,
            LinearOperator operator,
            NDArray y,
            MeasurementNoise noise,
            Report report,
            Progress progress) {
        final RestorationChain chain = chains.chain(start.recipe().shortened(), dataStep, guess);
        final FixedPointSolver solver = chains.solver(chain, guess, true, progress);
        try (NDArray precision = noise.precision();
                NDArray x = chain.start(guess);
                Outcome outcome =
                        new StartOptimization(problem)
                                .run(
                                        solver,
                                        chain,
                                        x,
                                        unguided,
                                        Objective.EMPTY.ofImage(
                                                "measurement",
                                                1,
                                                new MeasurementConsistency(operator, y, precision)),
                                        progress)) {
            return answer(outcome.image(), unguided, outcome, start, noise, report);
        }
    }

    /** A result with the calibrated spread of samples of the posterior. */
    private RestorationResult withSpread(
            RestorationResult result,
            NDManager manager,
            LinearOperator operator,
            MeasurementNoise noise,
            Progress progress) {
        final long start = System.nanoTime();
        final Spread spread = problem.degradation().spread();
        final Recipe recipe = Recipe.ofSpread(spread, problem.noise(), restoration.sampling());
        try (DataStep dataStep = noise.dataStep(recipe.priorWeight());
                NDArray guess =
                        units.images(
                                manager,
                                operator,
                                spread.aroundResult()
                                        ? result.restored()
                                        : Start.classical(problem, prior, progress),
                                recipe.samples())) {
            final RestorationChain chain = chains.chain(recipe, dataStep, guess);
            try (NDArray x = chain.start(guess);
                    Solution solution =
                            chains.solver(chain, guess, false, progress)
                                    .solve(chain, x, progress)) {
                final Plane deviation =
                        Samples.smoothDeviation(
                                units.fields(solution.x0()),
                                spread.aroundResult() ? result.restored() : null,
                                problem.errorPerSpread());
                return new RestorationResult(
                        result.restored(),
                        deviation,
                        result.report()
                                .withEvaluationsBefore(
                                        solution.trace().evaluations(),
                                        (System.nanoTime() - start) * 1e-9)
                                .withChain(
                                        result.report().chain()
                                                + "; uncertainty: "
                                                + recipe.describeSpread(spread)));
            }
        }
    }

    /**
     * The way of the chain from the classical first guess, level after level.
     *
     * @throws java.util.concurrent.CancellationException if the user cancelled
     */
    List<ChainState> follow(Progress progress) {
        final Recipe recipe = problem.recipe();
        try (NDManager manager = TorchEngine.newManager();
                LinearOperator operator = problem.operator(manager, prior, progress)) {
            final NDArray y = units.measurement(manager, operator);
            final MeasurementNoise noise = new MeasurementNoise(problem, units, operator, y);
            try (DataStep dataStep = noise.dataStep(recipe.priorWeight())) {
                final NDArray guess =
                        units.images(
                                manager, operator, Start.classical(problem, prior, progress), 1);
                final RestorationChain chain = chains.chain(recipe, dataStep, guess);
                try (NDArray x = chain.start(guess);
                        Trajectory way = Trajectory.of(chain, x, 1, progress)) {
                    return units.states(chain.levels(), way);
                }
            }
        }
    }
}
