/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.solver;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.deqir.equilibrium.HeldQuantity;
import org.deqir.equilibrium.JointState;
import org.deqir.equilibrium.NetworkCalls;
import org.deqir.equilibrium.RestorationChain;
import org.deqir.progress.Progress;

/**
 * Anderson acceleration to the letter of Cao et al. 2024, for results that are to be compared with
 * published ones.
 *
 * <p>All states are mixed in every round, x_0 and settled ones too, with a λ that is added to the
 * sums of products as they are. What is returned is the last mixture X, not F(X): with few rounds
 * the two differ by some percent, and neither is the sequential chain yet. The evaluation of the
 * last mixture, which tells its residual and nothing else, is left out; and a state that has hardly
 * moved since the network saw it is not shown again. Neither changes the result beyond rounding.
 *
 * <p>{@link SolverSettings#tolerance()} is compared with ‖F(X) − X‖/‖F(X)‖ of all states together,
 * from the third round on.
 */
public final class PublishedAnderson implements FixedPointSolver {

    /**
     * Root mean square by which a state, whose values are about 1, must move before the network
     * sees it again. On real images 3e-5 changed nothing in the first three digits of the
     * difference from the authors' results, 1.5e-4; 1e-4 made it ten times as large.
     */
    private static final double STILL = 3e-5;

    /** What the authors add to the norm that they divide by. */
    private static final double LEAST_NORM = 1e-5;

    private final SolverSettings settings;

    /**
     * A solver with m, λ, β, most rounds, tolerance, held quantity and first iterate as given.
     *
     * @param settings those of the published solver among them
     */
    public PublishedAnderson(SolverSettings settings) {
        this.settings = settings;
    }

    @Override
    public Solution solve(RestorationChain chain, NDArray start, Progress progress) {
        final JointState x = new JointState(start, chain.length());
        try (Run run = new Run(chain, x, progress)) {
            final SolverTrace trace = run.iterate();
            Residuals.requireFinite(x.row(x.length() - 1), x.length() - 1);
            if (!settings.keepStates()) for (int i = 0; i < x.length() - 1; i++) x.drop(i);
            return new Solution(x, settings.keepStates(), trace);
        } catch (RuntimeException | Error e) {
            x.close();
            throw e;
        }
    }

    /** The iterates of one chain. */
    private final class Run implements AutoCloseable {

        private final long began = System.nanoTime();
        private final RestorationChain chain;
        private final JointState x;
        private final NetworkCalls calls;
        private final HeldQuantity held;
        private final int length;
        private final AndersonHistory[] histories;

        /** What F holds of each step, and the states that the network saw for it. */
        private final NDArray[] holds;

        private final NDArray[] seen;

        Run(RestorationChain chain, JointState x, Progress progress) {
            this.chain = chain;
            this.x = x;
            calls = new NetworkCalls(chain.predictor(), settings.maxBatch(), progress);
            held = settings.held().orElse(HeldQuantity.EPSILON);
            length = chain.length();
            histories = new AndersonHistory[length];
            Arrays.setAll(histories, i -> new AndersonHistory(settings.history()));
            holds = new NDArray[length];
            seen = new NDArray[length];
        }

        SolverTrace iterate() {
            calls.begin("First guess", 0, 0, 1);
            settings.guess().fill(chain, x, calls);
            final long guessEvaluations = calls.evaluations();
            final int applications = Math.max(1, settings.maxIterations() - 1);
            final List<SolverTrace.Iteration> iterations = new ArrayList<>();
            boolean converged = false;
            for (int k = 0; k < applications && !converged; k++) {
                final long before = calls.evaluations();
                final List<Integer> moved = moved();
                calls.begin(
                        "Round " + (k + 1) + " of " + applications,
                        k / (double) applications,
                        (k + 1) / (double) applications,
                        Math.max(1, moved.size() * (long) x.images()));
                evaluate(moved);
                final double[] residuals = new double[length];
                converged = advance(residuals) && k >= 2;
                iterations.add(
                        new SolverTrace.Iteration(
                                residuals,
                                0,
                                calls.evaluations() - before,
                                (System.nanoTime() - began) * 1e-9));
            }
            return new SolverTrace(
                    "anderson, as published",
                    settings.guess().rounds(length),
                    guessEvaluations,
                    iterations,
                    calls.calls(),
                    (System.nanoTime() - began) * 1e-9,
                    converged);
        }

        /** The steps whose state before has moved since the network saw it. */
        private List<Integer> moved() {
            final List<Integer> moved = new ArrayList<>();
            for (int i = 0; i < length; i++)
                if (seen[i] == null || Residuals.change(x.before(i), seen[i], 1) > STILL)
                    moved.add(i);
            return moved;
        }

        private void evaluate(List<Integer> steps) {
            final int perCall = Math.max(1, settings.maxBatch() / x.images());
            for (int from = 0; from < steps.size(); from += perCall)
                evaluateTogether(steps.subList(from, Math.min(steps.size(), from + perCall)));
        }

        private void evaluateTogether(List<Integer> steps) {
            final int images = x.images();
            try (NDManager sub = x.manager().newSubManager()) {
                final NDList states = new NDList();
                final double[] timesteps = new double[steps.size() * images];
                for (int j = 0; j < steps.size(); j++) {
                    states.add(x.before(steps.get(j)));
                    Arrays.fill(
                            timesteps,
                            j * images,
                            (j + 1) * images,
                            chain.levels().timestep(steps.get(j)));
                }
                final NDArray batch = NDArrays.concat(states);
                batch.attach(sub);
                final NDArray epsilon = calls.predict(batch, timesteps);
                epsilon.attach(sub);
                for (int j = 0; j < steps.size(); j++) {
                    final int step = steps.get(j);
                    final NDArray before = x.before(step);
                    try (NDArray ofStep =
                            epsilon.get(new NDIndex(j * images + ":" + (j + 1) * images))) {
                        remember(holds, step, held.hold(chain, step, before, ofStep));
                    }
                    remember(seen, step, before.duplicate());
                }
            }
        }

        private void remember(NDArray[] arrays, int step, NDArray array) {
            if (arrays[step] != null) arrays[step].close();
            array.attach(x.manager());
            arrays[step] = array;
        }

        /**
         * F, and the next iterate.
         *
         * @param residuals takes that of each state
         * @return whether the iterate, which then stays, is within the tolerance
         */
        private boolean advance(double[] residuals) {
            final List<NDArray> mapped = new ArrayList<>();
            double change = 0;
            double norm = 0;
            NDArray state = x.start();
            for (int i = 0; i < length; i++) {
                state = held.carry(chain, i, holds[i], state);
                state.attach(x.manager());
                mapped.add(state);
                final double moved = Residuals.change(state, x.row(i), 1);
                residuals[i] = moved / Residuals.scale(chain.levels(), i);
                change += moved * moved;
                norm += rootMeanSquare(state);
            }
            final double least = LEAST_NORM / Math.sqrt(x.start().size());
            final boolean within =
                    Math.sqrt(change) <= settings.tolerance() * (least + Math.sqrt(norm));
            for (int i = 0; i < length; i++) {
                final NDArray image = mapped.get(i);
                if (within) {
                    image.close();
                    continue;
                }
                histories[i].push(x.exchange(i, image), image);
                final GramMatrices gram = histories[i].gram(1);
                if (gram.size() > 1)
                    x.replace(
                            i,
                            histories[i].mix(
                                    gram.weightsWithAbsolute(
                                            settings.regularization() * x.images() / image.size()),
                                    settings.mixing()));
            }
            return within;
        }

        private double rootMeanSquare(NDArray state) {
            double largest = 0;
            for (final double square : Residuals.meanProducts(state, state))
                largest = Math.max(largest, square);
            return largest;
        }

        @Override
        public void close() {
            for (final AndersonHistory history : histories) history.close();
            for (int i = 0; i < length; i++) {
                if (holds[i] != null) holds[i].close();
                if (seen[i] != null) seen[i].close();
            }
        }
    }
}
