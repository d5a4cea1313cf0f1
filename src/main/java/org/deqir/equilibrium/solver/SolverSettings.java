/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.solver;

import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.Optional;
import org.deqir.equilibrium.HeldQuantity;

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
@RecordBuilder
@RecordBuilder.Options(builderClassModifiers = {})
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
        boolean keepStates)
        implements SolverSettingsBuilder.With {

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
}
