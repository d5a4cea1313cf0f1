/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium;

import java.util.Optional;
import java.util.function.Consumer;

/**
 * What the solvers can be told. {@link #DEFAULT} is a good start; the {@code with} methods change
 * one setting each.
 *
 * @param maxIterations most applications of F, ≥ 1; more than the chain's T steps are never needed
 * @param tolerance residual (see {@link SolverTrace.Iteration}) below which a state counts as
 *     settled, ≥ 0; 0 settles only states that are exact
 * @param history past iterates that Anderson acceleration mixes, ≥ 1 (m)
 * @param regularization weight of Anderson's regularization relative to the newest residual, ≥ 0
 *     (λ)
 * @param mixing share of F(X) in Anderson's next iterate, above 0 to 1 (β)
 * @param held what F holds from the old iterate; empty for what suits the chain
 * @param guess the first iterate
 * @param maxBatch most images in one network call, ≥ 1
 * @param window most levels that are evaluated in one round, the noisiest that have not settled, ≥
 *     1; the others keep their first guess until it is their turn
 * @param keepStates whether the solution keeps all states or x_0 only
 */
public record SolverSettings(
        int maxIterations,
        double tolerance,
        int history,
        double regularization,
        double mixing,
        Optional<HeldQuantity> held,
        InitialGuess guess,
        int maxBatch,
        int window,
        boolean keepStates) {

    /** Up to 50 iterations to a tolerance of 0.01, m = 5, λ = 0.001, β = 1, from x_T everywhere. */
    public static final SolverSettings DEFAULT =
            new SolverSettings(
                    50,
                    0.01,
                    5,
                    1e-3,
                    1,
                    Optional.empty(),
                    InitialGuess.start(),
                    Integer.MAX_VALUE,
                    Integer.MAX_VALUE,
                    false);

    /**
     * @throws IllegalArgumentException if a setting is out of its range
     */
    public SolverSettings {
        atLeastOne("maximum of iterations", maxIterations);
        atLeastOne("history", history);
        atLeastOne("largest batch", maxBatch);
        atLeastOne("window", window);
        if (!(tolerance >= 0))
            throw new IllegalArgumentException("The tolerance must be ≥ 0, not " + tolerance + ".");
        if (!(regularization >= 0 && regularization < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException(
                    "The regularization must be a number ≥ 0, not " + regularization + ".");
        if (!(mixing > 0 && mixing <= 1))
            throw new IllegalArgumentException(
                    "The mixing must be above 0 and at most 1, not " + mixing + ".");
    }

    private static void atLeastOne(String what, int value) {
        if (value < 1)
            throw new IllegalArgumentException(
                    "The " + what + " must be at least 1, not " + value + ".");
    }

    /** These settings with another limit of iterations. */
    public SolverSettings withMaxIterations(int iterations) {
        return changed(d -> d.maxIterations = iterations);
    }

    /** These settings with another tolerance. */
    public SolverSettings withTolerance(double value) {
        return changed(d -> d.tolerance = value);
    }

    /** These settings with other parameters of Anderson acceleration. */
    public SolverSettings withAnderson(int m, double lambda, double beta) {
        return changed(
                d -> {
                    d.history = m;
                    d.regularization = lambda;
                    d.mixing = beta;
                });
    }

    /** These settings with another quantity held by F. */
    public SolverSettings withHeld(HeldQuantity quantity) {
        return changed(d -> d.held = Optional.of(quantity));
    }

    /** These settings with another first iterate. */
    public SolverSettings withGuess(InitialGuess first) {
        return changed(d -> d.guess = first);
    }

    /** These settings with another limit of images in one network call. */
    public SolverSettings withMaxBatch(int images) {
        return changed(d -> d.maxBatch = images);
    }

    /** These settings with another limit of levels in one round. */
    public SolverSettings withWindow(int levels) {
        return changed(d -> d.window = levels);
    }

    /** These settings with all states kept, or x_0 only. */
    public SolverSettings withStatesKept(boolean kept) {
        return changed(d -> d.keepStates = kept);
    }

    private SolverSettings changed(Consumer<Draft> change) {
        final Draft draft = new Draft(this);
        change.accept(draft);
        return draft.finished();
    }

    /** The components as variables, so that a method that changes one of them names no other. */
    private static final class Draft {
        private int maxIterations;
        private double tolerance;
        private int history;
        private double regularization;
        private double mixing;
        private Optional<HeldQuantity> held;
        private InitialGuess guess;
        private int maxBatch;
        private int window;
        private boolean keepStates;

        Draft(SolverSettings from) {
            maxIterations = from.maxIterations;
            tolerance = from.tolerance;
            history = from.history;
            regularization = from.regularization;
            mixing = from.mixing;
            held = from.held;
            guess = from.guess;
            maxBatch = from.maxBatch;
            window = from.window;
            keepStates = from.keepStates;
        }

        SolverSettings finished() {
            return new SolverSettings(
                    maxIterations,
                    tolerance,
                    history,
                    regularization,
                    mixing,
                    held,
                    guess,
                    maxBatch,
                    window,
                    keepStates);
        }
    }
}
