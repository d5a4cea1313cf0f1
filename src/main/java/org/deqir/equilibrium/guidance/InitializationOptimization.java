/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.guidance;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import org.deqir.equilibrium.RestorationChain;
import org.deqir.equilibrium.gradient.EquilibriumGradient;
import org.deqir.equilibrium.solver.FixedPointSolver;
import org.deqir.equilibrium.solver.Solution;
import org.deqir.equilibrium.solver.SolverTrace;
import org.deqir.progress.Progress;

/**
 * Descent on the first state x_T of a chain under an {@link Objective} of what the chain makes of
 * it (initialization optimization, Cao et al. 2024).
 *
 * <p>A round solves the chain, pulls the gradient of the objective back through its equilibrium and
 * moves x_T by a step of Adam. The answer is the best of all rounds, the unchanged start among
 * them, so it is never worse than without. Descent ends early where the best has not become better
 * by a thousandth in a few rounds. Memory does not grow with the rounds.
 */
public final class InitializationOptimization {

    /** Name under which {@link Progress#measured} is told the objective after each round. */
    public static final String LOSS = "loss";

    /** A gradient costs about as much as three evaluations, by time. */
    private static final double COST_OF_A_GRADIENT = 3;

    private final FixedPointSolver solver;
    private final EquilibriumGradient gradient;
    private final Objective objective;
    private final Settings settings;

    /**
     * How to descend.
     *
     * @param rounds most steps, at least 0
     * @param rate how far a sample of x_T moves in a step, at most, above 0
     * @param patience rounds without getting better after which to stop, at least 1
     */
    public record Settings(int rounds, double rate, int patience) {

        /**
         * @throws IllegalArgumentException if a value is out of its range
         */
        public Settings {
            if (rounds < 0)
                throw new IllegalArgumentException("rounds = " + rounds + " is negative.");
            if (!(rate > 0 && rate < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException("rate = " + rate + " is not above 0.");
            if (patience < 1)
                throw new IllegalArgumentException(
                        "patience = " + patience + " is not at least 1.");
        }
    }

    /** Why a descent ended. */
    public enum End {
        /** All rounds were made. */
        ALL_ROUNDS,
        /** The objective is 0: there is nothing left to gain. */
        REACHED,
        /** It did not get better any more. */
        NO_PROGRESS,
        /** The user cancelled; the best so far is the answer. */
        CANCELLED,
        /** The states were no longer finite: the rate is too large. */
        DIVERGED
    }

    /**
     * What a descent found.
     *
     * @param start the best x_T
     * @param image what the chain makes of it
     * @param losses the objective of the unchanged start and after each round
     * @param end why it ended
     * @param trace of the solution that is the answer
     * @param evaluations images that went through the network, gradients not counted
     * @param pullbacks images whose gradients went through the network
     */
    public record Outcome(
            NDArray start,
            NDArray image,
            List<Double> losses,
            End end,
            SolverTrace trace,
            long evaluations,
            long pullbacks)
            implements AutoCloseable {

        /** Keeps a copy of the losses. */
        public Outcome {
            losses = List.copyOf(losses);
        }

        /** {@return steps that were made and evaluated} */
        public int rounds() {
            return losses.size() - 1;
        }

        /** {@return the objective of the unchanged start} */
        public double before() {
            return losses.get(0);
        }

        /** {@return the objective of the answer} */
        public double after() {
            return losses.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
        }

        /** {@return this descent with the objective of the image that was there before it} */
        public Outcome startingAt(double before) {
            final List<Double> all = new ArrayList<>(losses);
            all.set(0, before);
            return new Outcome(start, image, all, end, trace, evaluations, pullbacks);
        }

        /**
         * {@return this descent with a copy of an image that was there before it and is better; its
         * own is closed}
         */
        public Outcome orRather(NDArray other, double loss) {
            image.close();
            final List<Double> all = new ArrayList<>(losses);
            all.set(0, loss);
            return new Outcome(start, other.duplicate(), all, end, trace, evaluations, pullbacks);
        }

        @Override
        public void close() {
            start.close();
            image.close();
        }
    }

    /**
     * @param solver solves the chain; its solutions must hold all states
     * @param gradient how to pull gradients back
     * @param objective what is to become small
     * @param settings how long and how fast it descends
     */
    public InitializationOptimization(
            FixedPointSolver solver,
            EquilibriumGradient gradient,
            Objective objective,
            Settings settings) {
        this.solver = solver;
        this.gradient = gradient;
        this.objective = objective;
        this.settings = settings;
    }

    /**
     * Descends.
     *
     * @param chain the chain
     * @param start where to begin, (K, C, H, W); not changed
     * @param movable 1 where x_T may move and 0 where it may not, of a shape that fits x_T; null
     *     for everywhere
     * @param progress asked before every network call whether to go on, and told the objective
     * @return its arrays belong to the manager of {@code start}
     * @throws CancellationException if the user cancelled before the unchanged start was evaluated
     * @throws ArithmeticException if the unchanged start gives no finite objective
     */
    public Outcome minimize(
            RestorationChain chain, NDArray start, NDArray movable, Progress progress) {
        try (NDManager manager = start.getManager().newSubManager()) {
            final NDArray x = start.duplicate();
            x.attach(manager);
            final Descent descent = new Descent(chain, x, movable, progress);
            End end;
            try (Adam adam = new Adam(settings.rate(), x)) {
                end = descent.run(adam);
            } catch (CancellationException e) {
                if (descent.image == null) throw e;
                end = End.CANCELLED;
            } catch (ArithmeticException e) {
                if (descent.image == null) throw e;
                end = End.DIVERGED;
            }
            descent.best.attach(start.getManager());
            descent.image.attach(start.getManager());
            return new Outcome(
                    descent.best,
                    descent.image,
                    descent.losses,
                    end,
                    descent.trace,
                    descent.evaluations,
                    descent.pullbacks);
        }
    }

    /** One descent and what it has found so far. */
    private final class Descent {

        private static final double BETTER = 1e-3;

        private final RestorationChain chain;
        private final NDArray x;
        private final NDArray movable;
        private final Progress progress;
        private final List<Double> losses = new ArrayList<>();
        private double least = Double.POSITIVE_INFINITY;
        private NDArray best;
        private NDArray image;
        private SolverTrace trace;
        private long evaluations;
        private long pullbacks;

        Descent(RestorationChain chain, NDArray x, NDArray movable, Progress progress) {
            this.chain = chain;
            this.x = x;
            this.movable = movable;
            this.progress = progress;
        }

        End run(Adam adam) {
            double milestone = Double.POSITIVE_INFINITY;
            int waited = 0;
            for (int round = 0; ; round++) {
                try (Solution solution = solver.solve(chain, x, ofSolution(round));
                        Objective.Evaluation value = objective.at(x, solution.x0())) {
                    evaluations += solution.trace().evaluations();
                    if (!Double.isFinite(value.value()))
                        throw new ArithmeticException("The loss is " + value.value() + ".");
                    take(solution, value.value());
                    waited = value.value() < milestone * (1 - BETTER) ? 0 : waited + 1;
                    if (waited == 0) milestone = value.value();
                    if (round == settings.rounds()) return End.ALL_ROUNDS;
                    if (value.value() == 0) return End.REACHED;
                    if (waited == settings.patience()) return End.NO_PROGRESS;
                    descend(adam, solution, value, ofGradient(round));
                }
            }
        }

        private void take(Solution solution, double loss) {
            losses.add(loss);
            progress.measured(LOSS, losses.size() - 1, loss);
            if (!(loss < least)) return;
            least = loss;
            final NDArray newBest = x.duplicate();
            final NDArray newImage = solution.x0().duplicate();
            newImage.attach(x.getManager());
            if (best != null) {
                best.close();
                image.close();
            }
            best = newBest;
            image = newImage;
            trace = solution.trace();
        }

        private void descend(
                Adam adam, Solution solution, Objective.Evaluation value, Progress part) {
            try (EquilibriumGradient.Result result =
                    gradient.pullBack(chain, x, solution.states(), value.image(), part)) {
                pullbacks += result.pullbacks();
                result.start().addi(value.start());
                if (movable != null) result.start().muli(movable);
                adam.step(x, result.start());
            }
        }

        private Progress ofSolution(int round) {
            return part(round, 0, 1);
        }

        private Progress ofGradient(int round) {
            return part(round, 1, 1 + COST_OF_A_GRADIENT);
        }

        /** A part of a round, which lasts 1 for the solution and then the cost of a gradient. */
        private Progress part(int round, double from, double to) {
            final double length = 1 + COST_OF_A_GRADIENT;
            final double all = settings.rounds() * length + 1;
            final Progress part =
                    progress.part((round * length + from) / all, (round * length + to) / all);
            if (settings.rounds() == 0) return part;
            final String prefix =
                    losses.isEmpty()
                            ? "Before round 1: "
                            : String.format(
                                    Locale.ROOT,
                                    "Round %d of %d, loss %.4g: ",
                                    Math.min(settings.rounds(), round + (from > 0 ? 1 : 0)),
                                    settings.rounds(),
                                    losses.get(losses.size() - 1));
            return part.prefixed(prefix);
        }
    }
}
