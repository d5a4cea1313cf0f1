/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.restoration;

import ai.djl.ndarray.NDArray;
import java.util.Optional;
import org.deqir.ChainOptions;
import org.deqir.Sampling;
import org.deqir.diffusion.NoisePredictor;
import org.deqir.equilibrium.HeldQuantity;
import org.deqir.equilibrium.RestorationChain;
import org.deqir.equilibrium.solver.FixedPointSolver;
import org.deqir.equilibrium.solver.InitialGuess;
import org.deqir.equilibrium.solver.SolverKind;
import org.deqir.equilibrium.solver.SolverSettings;
import org.deqir.progress.Progress;

/** Chooses and configures the solver of a chain. */
public final class Solvers {

    /** Pixels that may be in one network call; bounds the memory of the activations. */
    private static final long MOST_PIXELS_PER_CALL = 1 << 20;

    /**
     * Levels of the coarse chain that a parallel solver starts from in fidelity mode, chosen for
     * chains of 25; of short chains at most half the levels.
     */
    private static final int COARSE_LEVELS = 6;

    /**
     * Where a batch takes as long as its images, and a choice by time could only make runs of the
     * same seed differ in their last digits.
     */
    private static final String PROCESSOR = "cpu";

    private Solvers() {}

    /**
     * The solver a user asked for; for {@code AUTO} the one that should be fastest here.
     *
     * @param network what a call takes is measured on where the choice depends on it
     * @param guess the first guess of the clean image, which must outlive the solver
     * @param keepStates whether solutions hold all states, for gradients through them
     * @param progress asked before every measuring call whether to go on
     */
    static FixedPointSolver of(
            Sampling sampling,
            NoisePredictor network,
            RestorationChain chain,
            int height,
            int width,
            NDArray guess,
            boolean keepStates,
            Progress progress) {
        final int perImage = chain.predictor().evaluationsPerImage();
        SolverSettings settings =
                SolverSettings.DEFAULT
                        .withKeepStates(keepStates)
                        .withMaxBatch(Math.max(1, batch(height, width) / perImage))
                        .withGuess(firstIterate(chain, guess))
                        .withMaxIterations(
                                sampling.iterations() > 0 ? sampling.iterations() : chain.length());
        if (sampling.tolerance() > 0) settings = settings.withTolerance(sampling.tolerance());
        settings = with(sampling.options(), settings);
        if (sampling.solver().kind() != null) return sampling.solver().kind().create(settings);
        final SolverProbe.Plan plan =
                network.device().equals(PROCESSOR)
                        ? SolverProbe.Plan.SEQUENTIAL
                        : SolverProbe.shared()
                                .choose(
                                        network,
                                        height,
                                        width,
                                        chain.length(),
                                        Math.toIntExact(guess.size(0)) * perImage,
                                        settings.maxBatch() * perImage,
                                        progress);
        return plan.sequential()
                ? SolverKind.SEQUENTIAL.create(settings)
                : SolverKind.PARALLEL.create(settings.withWindow(plan.window()));
    }

    /** The settings with what an expert says. */
    static SolverSettings with(ChainOptions options, SolverSettings settings) {
        SolverSettings changed = settings;
        if (options.held() != null)
            changed =
                    changed.withHeld(
                            Optional.of(
                                    options.held() == ChainOptions.Held.NOISE
                                            ? HeldQuantity.EPSILON
                                            : HeldQuantity.CLEAN));
        if (options.history() != null) changed = changed.withHistory(options.history());
        if (options.regularization() != null)
            changed = changed.withRegularization(options.regularization());
        if (options.mixing() != null) changed = changed.withMixing(options.mixing());
        return changed;
    }

    /**
     * In fidelity mode a round carries what it learns one level further and no more, so a chain
     * through few levels comes closer to the solution than the same number of rounds; samples are
     * decided at the noisy end.
     */
    private static InitialGuess firstIterate(RestorationChain chain, NDArray guess) {
        return chain.mix().nw() < 1
                ? InitialGuess.coarseChain(Math.max(1, Math.min(COARSE_LEVELS, chain.length() / 2)))
                : InitialGuess.estimate(guess);
    }

    /**
     * {@return network evaluations of a chain at most} A parallel solver settles one level a round
     * at least, and a round looks at the levels that are not settled; the sequential one looks once
     * at each.
     */
    public static long mostEvaluations(Recipe recipe, Sampling sampling) {
        final SolverKind kind = sampling.solver().kind();
        if (kind == null || kind == SolverKind.SEQUENTIAL) return recipe.evaluations();
        final long levels = recipe.levels();
        final long rounds =
                sampling.iterations() > 0 ? Math.min(sampling.iterations(), levels) : levels;
        final long looks = rounds * levels - rounds * (rounds - 1) / 2;
        return (looks + Math.min(COARSE_LEVELS, levels)) * recipe.evaluationsPerLevel();
    }

    /** Images of a size that go through the network in one call. */
    static int batch(int height, int width) {
        return (int) Math.max(1, MOST_PIXELS_PER_CALL / ((long) height * width));
    }
}
