/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.restoration;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.deqir.ChainOptions;
import org.deqir.ChainState;
import org.deqir.Restoration;
import org.deqir.RestorationReport;
import org.deqir.RestorationResult;
import org.deqir.Sampling;
import org.deqir.Sampling.SolverChoice;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.diffusion.GaussianNoise;
import org.deqir.diffusion.TimestepSequence;
import org.deqir.diffusion.TimestepSequence.Spacing;
import org.deqir.equilibrium.Combination;
import org.deqir.equilibrium.FreshNoise;
import org.deqir.equilibrium.HeldQuantity;
import org.deqir.equilibrium.NoiseMix;
import org.deqir.equilibrium.RestorationChain;
import org.deqir.equilibrium.guidance.InitializationOptimization.Outcome;
import org.deqir.equilibrium.guidance.Objective;
import org.deqir.equilibrium.solver.FixedPointSolver;
import org.deqir.equilibrium.solver.PublishedAnderson;
import org.deqir.equilibrium.solver.Solution;
import org.deqir.equilibrium.solver.SolverKind;
import org.deqir.equilibrium.solver.SolverSettings;
import org.deqir.equilibrium.solver.SolverTrace;
import org.deqir.equilibrium.solver.Trajectory;
import org.deqir.image.IntensityRange;
import org.deqir.image.Pixels;
import org.deqir.image.Plane;
import org.deqir.network.TorchEngine;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.step.HardProjection;
import org.deqir.progress.Progress;

/**
 * The method as Cao et al. 2024 published it: from noise through uniform timesteps, every estimate
 * projected onto what explains a measurement without noise, all states solved for together by
 * Anderson acceleration.
 *
 * <p>What the options leave open has the authors' values: 25 steps, etw 0.1, nw 0, m 5, λ 1e-3, β
 * 1, at most 15 rounds to a residual of 1e-2.
 */
public final class PublishedMethod {

    private static final int STEPS = 25;
    private static final double ETW = 0.1;
    private static final int ROUNDS = 15;

    private final DiffusionPrior prior;
    private final Sampling sampling;
    private final ChainOptions options;
    private final Problem problem;
    private final PriorUnits units;
    private final GaussianNoise field;

    /**
     * @param prior a prior for as many channels as the restored image has, whose predictor takes
     *     images of any size
     * @param measured the measurement as an image, finite wherever it is known; not changed
     * @param restoration in published mode
     */
    public PublishedMethod(DiffusionPrior prior, Plane measured, Restoration restoration) {
        this.prior = prior;
        sampling = restoration.sampling();
        options = sampling.options();
        final Problem ranged = Problem.of(measured, restoration, null);
        problem =
                ranged.in(
                        options.range() == null
                                ? extremes(measured, ranged.missing())
                                : options.range());
        units = new PriorUnits(problem);
        field = new GaussianNoise(sampling.seed(), sampling.plane());
    }

    /** From the least to the largest known grey level. */
    private static IntensityRange extremes(Plane measured, boolean[] missing) {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (final float[] channel : measured.channels())
            for (int i = 0; i < channel.length; i++) {
                if (missing != null && missing[i]) continue;
                low = Math.min(low, channel[i]);
                high = Math.max(high, channel[i]);
            }
        return low < high ? new IntensityRange(low, high) : IntensityRange.of(measured, missing, 0);
    }

    /**
     * {@return the number of timesteps}
     *
     * @param sampling what the user asked for; 0 steps stand for the published number
     */
    public static int steps(Sampling sampling) {
        return sampling.steps() > 0 ? sampling.steps() : STEPS;
    }

    private static int rounds(Sampling sampling) {
        return sampling.iterations() > 0 ? sampling.iterations() : ROUNDS;
    }

    /**
     * The solver, where {@code AUTO} is the published one; descent on the start has to solve the
     * chain in every round, and its gradient is that of the solved one.
     */
    private static SolverChoice solver(Restoration restoration) {
        final SolverChoice choice = restoration.sampling().solver();
        if (choice != SolverChoice.AUTO) return choice;
        return restoration.optimization().isOn() ? SolverChoice.SEQUENTIAL : SolverChoice.ANDERSON;
    }

    /**
     * {@return network evaluations at least: one for each state, and one more round of a joint
     * solver}
     */
    public static long leastEvaluations(Restoration restoration) {
        final Sampling sampling = restoration.sampling();
        final int least = solver(restoration) == SolverChoice.SEQUENTIAL ? 1 : 2;
        return (long) least * steps(sampling) * sampling.samples();
    }

    /** {@return network evaluations of one solution at most} */
    public static long mostEvaluations(Restoration restoration) {
        final Sampling sampling = restoration.sampling();
        final int most =
                switch (solver(restoration)) {
                    case SEQUENTIAL -> 1;
                    case AUTO, ANDERSON -> Math.max(1, rounds(sampling) - 1);
                    case PARALLEL, TRIANGULAR -> rounds(sampling);
                };
        return (long) most * steps(sampling) * sampling.samples();
    }

    /** {@return images that the solver holds for each sample} */
    public static long states(Restoration restoration) {
        final Sampling sampling = restoration.sampling();
        final int history =
                sampling.options().history() == null
                        ? SolverSettings.DEFAULT.history()
                        : sampling.options().history();
        return switch (solver(restoration)) {
            case SEQUENTIAL -> restoration.optimization().isOn() ? 2L * steps(sampling) : 1;
            case PARALLEL -> 3L * steps(sampling);
            case AUTO, ANDERSON, TRIANGULAR -> (5 + 2L * history) * steps(sampling);
        };
    }

    /**
     * Solves the problem.
     *
     * @return the restored plane, or the mean of the samples with their standard deviation
     * @throws java.util.concurrent.CancellationException if the user cancelled
     */
    public RestorationResult solve(Progress progress) {
        final long began = System.nanoTime();
        progress.checkCanceled();
        try (NDManager manager = TorchEngine.newManager();
                LinearOperator operator = problem.operator(manager, prior, progress);
                HardProjection projection =
                        new HardProjection(operator, units.measurement(manager, operator))) {
            final Shape shape = shape(operator, sampling.samples());
            final RestorationChain chain = chain(projection, shape);
            final boolean optimize = problem.restoration().optimization().isOn();
            final Progress first =
                    optimize ? progress.part(0, StartOptimization.SHARE_BEFORE) : progress;
            try (NDArray x = start(chain, manager, operator, sampling.samples(), progress);
                    Solution solution = solver(optimize).solve(chain, x, first)) {
                if (!optimize) return result(chain, solution.x0(), solution, null, began);
                try (Outcome outcome =
                        new StartOptimization(problem)
                                .run(
                                        solver(true),
                                        chain,
                                        x,
                                        solution,
                                        Objective.EMPTY,
                                        progress.part(StartOptimization.SHARE_BEFORE, 1))) {
                    return result(chain, outcome.image(), solution, outcome, began);
                }
            }
        }
    }

    /**
     * @param outcome of the optimisation of the start; null without one
     */
    private RestorationResult result(
            RestorationChain chain,
            NDArray images,
            Solution solution,
            Outcome outcome,
            long began) {
        final Plane[] samples = units.fields(images);
        final Plane mean = Samples.mean(samples);
        problem.restoreKnown(mean);
        return new RestorationResult(
                mean,
                samples.length == 1 ? null : Samples.standardDeviation(samples, mean),
                report(chain, solution.trace(), outcome, (System.nanoTime() - began) * 1e-9));
    }

    /**
     * {@return the way of the sequential chain, level after level}
     *
     * @param progress asked before every network call whether to go on
     * @throws java.util.concurrent.CancellationException if the user cancelled
     */
    public List<ChainState> follow(Progress progress) {
        try (NDManager manager = TorchEngine.newManager();
                LinearOperator operator = problem.operator(manager, prior, progress);
                HardProjection projection =
                        new HardProjection(operator, units.measurement(manager, operator))) {
            final RestorationChain chain = chain(projection, shape(operator, 1));
            try (NDArray x = start(chain, manager, operator, 1, progress);
                    Trajectory way = Trajectory.of(chain, x, 1, progress)) {
                return units.states(chain.levels(), way);
            }
        }
    }

    private static Shape shape(LinearOperator operator, int samples) {
        final Shape image = operator.imageShape();
        return new Shape(samples, image.get(0), image.get(1), image.get(2));
    }

    private NoiseMix mix() {
        return new NoiseMix(
                options.etw() == null ? ETW : options.etw(),
                options.nw() == null ? 0 : options.nw());
    }

    private RestorationChain chain(HardProjection projection, Shape states) {
        final TimestepSequence levels =
                TimestepSequence.below(
                        options.spacing() == null ? Spacing.UNIFORM : options.spacing(),
                        prior.schedule(),
                        steps(sampling),
                        options.first() == null ? prior.schedule().steps() : options.first());
        // As published, one field of noise serves all steps.
        return RestorationChain.of(prior.predictor(), levels, projection)
                .withNoise(mix(), (manager, step) -> field.draw(manager, states, 0, 0, 0, 0));
    }

    /** x_T: noise, or the noisy first guess. */
    private NDArray start(
            RestorationChain chain,
            NDManager manager,
            LinearOperator operator,
            int samples,
            Progress progress) {
        final NDArray noise =
                field.draw(manager, shape(operator, samples), FreshNoise.START, 0, 0, 0);
        if (options.start() != ChainOptions.Start.GUESS) return noise;
        final double alphaBar = chain.levels().alphaBar(0);
        try (noise;
                NDArray guess =
                        units.images(
                                manager,
                                operator,
                                Start.classical(problem, prior, progress),
                                samples)) {
            return Combination.of(guess, Math.sqrt(alphaBar), noise, Math.sqrt(1 - alphaBar));
        }
    }

    private FixedPointSolver solver(boolean keepStates) {
        SolverSettings settings =
                SolverSettings.DEFAULT
                        .withKeepStates(keepStates)
                        .withHeld(Optional.of(HeldQuantity.EPSILON))
                        .withMaxIterations(rounds(sampling))
                        .withMaxBatch(Solvers.batch(problem.height(), problem.width()));
        if (sampling.tolerance() > 0) settings = settings.withTolerance(sampling.tolerance());
        settings = Solvers.with(options, settings);
        return switch (solver(problem.restoration())) {
            case SEQUENTIAL -> SolverKind.SEQUENTIAL.create(settings);
            case PARALLEL -> SolverKind.PARALLEL.create(settings);
            case TRIANGULAR -> SolverKind.TRIANGULAR.create(settings);
            case AUTO, ANDERSON -> new PublishedAnderson(settings);
        };
    }

    private RestorationReport report(
            RestorationChain chain, SolverTrace trace, Outcome outcome, double seconds) {
        final TimestepSequence levels = chain.levels();
        return new RestorationReport(
                prior.name(),
                prior.sha256(),
                problem.degradation().describe(),
                problem.restoration().noise().describe(),
                String.format(
                        Locale.ROOT,
                        "as published, %d timesteps from %s to %s, etw %s, nw %s, from %s, grey"
                                + " levels %s to %s as -1 to 1%s",
                        levels.length(),
                        Pixels.format(levels.timestep(0)),
                        Pixels.format(levels.timestep(levels.length() - 1)),
                        Pixels.format(mix().etw()),
                        Pixels.format(mix().nw()),
                        options.start() == ChainOptions.Start.GUESS ? "a first guess" : "noise",
                        Pixels.format(problem.range().low()),
                        Pixels.format(problem.range().high()),
                        sampling.samples() == 1 ? "" : ", mean of " + sampling.samples()),
                trace.solver(),
                sampling.seed(),
                trace.evaluations() + (outcome == null ? 0 : outcome.evaluations()),
                trace.rounds(),
                trace.finalResidual(),
                trace.converged(),
                Double.NaN,
                seconds,
                outcome == null
                        ? null
                        : Report.of(outcome, problem.restoration().optimization().rounds()));
    }
}
