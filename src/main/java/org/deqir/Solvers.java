/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import ai.djl.ndarray.NDArray;
import org.deqir.equilibrium.FixedPointSolver;
import org.deqir.equilibrium.InitialGuess;
import org.deqir.equilibrium.RestorationChain;
import org.deqir.equilibrium.SolverKind;
import org.deqir.equilibrium.SolverSettings;

/** Chooses and configures the solver of a chain. */
final class Solvers {

    /** Pixels that may be in one network call; bounds the memory of the activations. */
    private static final long MOST_PIXELS_PER_CALL = 1 << 20;

    private Solvers() {}

    /**
     * The solver a user asked for.
     *
     * @param guess the first guess of the clean image, which must outlive the solver
     * @param keepStates whether solutions hold all states, for gradients through them
     */
    static FixedPointSolver of(
            Sampling sampling,
            RestorationChain chain,
            int height,
            int width,
            NDArray guess,
            boolean keepStates) {
        SolverSettings settings =
                SolverSettings.DEFAULT
                        .withStatesKept(keepStates)
                        .withMaxBatch(batch(height, width))
                        .withGuess(InitialGuess.estimate(guess))
                        .withMaxIterations(
                                sampling.iterations() > 0 ? sampling.iterations() : chain.length());
        if (sampling.tolerance() > 0) settings = settings.withTolerance(sampling.tolerance());
        return kind(sampling.solver()).create(settings);
    }

    /** Images of a size that go through the network in one call. */
    static int batch(int height, int width) {
        return (int) Math.max(1, MOST_PIXELS_PER_CALL / ((long) height * width));
    }

    /**
     * On a processor a batch of all levels takes as long as the levels one after another, and
     * parallel solvers evaluate some levels more than once: the sequential chain is the fastest.
     */
    private static SolverKind kind(Sampling.SolverChoice choice) {
        return switch (choice) {
            case AUTO, SEQUENTIAL -> SolverKind.SEQUENTIAL;
            case PARALLEL -> SolverKind.PARALLEL;
            case ANDERSON -> SolverKind.ANDERSON;
            case TRIANGULAR -> SolverKind.TRIANGULAR;
        };
    }
}
