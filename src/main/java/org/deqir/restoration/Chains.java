/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.restoration;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import org.deqir.Sampling;
import org.deqir.Whole;
import org.deqir.diffusion.AntitheticNoisePredictor;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.diffusion.GaussianNoise;
import org.deqir.diffusion.NoisePredictor;
import org.deqir.diffusion.TimestepSequence;
import org.deqir.diffusion.TurningNoisePredictor;
import org.deqir.equilibrium.FreshNoise;
import org.deqir.equilibrium.NoiseMix;
import org.deqir.equilibrium.RestorationChain;
import org.deqir.equilibrium.solver.FixedPointSolver;
import org.deqir.physics.DataStep;
import org.deqir.progress.Progress;

/** Makes the chains of a problem from recipes, and the solvers of the chains. */
final class Chains {

    private final DiffusionPrior prior;
    private final Problem problem;

    Chains(DiffusionPrior prior, Problem problem) {
        this.prior = prior;
        this.problem = problem;
    }

    /** The chain of a recipe. */
    RestorationChain chain(Recipe recipe, DataStep dataStep, NDArray guess) {
        final TimestepSequence levels =
                TimestepSequence.spaced(
                        TimestepSequence.Spacing.LOG_SIGMA,
                        prior.schedule(),
                        recipe.levels(),
                        recipe.firstLevel(),
                        recipe.lastLevel());
        final GaussianNoise field = field(guess.getShape());
        final NoisePredictor turning = new TurningNoisePredictor(prior.predictor(), levels);
        final NoisePredictor predictor =
                recipe.antithetic() > 0
                        ? new AntitheticNoisePredictor(turning, levels, recipe.antithetic(), field)
                        : turning;
        final RestorationChain chain =
                RestorationChain.of(predictor, levels, dataStep)
                        .withLastDataStep(problem.noise() == 0 || isOnlyStep(recipe));
        if (recipe.mix().equals(NoiseMix.FIDELITY)) return chain;
        return chain.withNoise(recipe.mix(), FreshNoise.of(field, guess.getShape()));
    }

    /** The noise at the place of the chain's states, which may have a margin around the field. */
    private GaussianNoise field(Shape states) {
        final Sampling sampling = problem.restoration().sampling();
        final GaussianNoise field = new GaussianNoise(sampling.seed(), sampling.plane());
        final Whole whole = problem.restoration().whole();
        if (whole == null) return field;
        final int scale = problem.degradation().scale();
        return field.at(
                scale * whole.top() - (states.get(2) - problem.height()) / 2,
                scale * whole.left() - (states.get(3) - problem.width()) / 2);
    }

    /** Whether the chain would never look at the measurement again after its first guess. */
    private boolean isOnlyStep(Recipe recipe) {
        return recipe.levels() == 1 && !problem.degradation().isIdentity();
    }

    /**
     * The solver that was asked for.
     *
     * @param guess the first guess of the clean image, which must outlive the solver
     * @param keepStates whether solutions hold all states, for gradients through them
     */
    FixedPointSolver solver(
            RestorationChain chain, NDArray guess, boolean keepStates, Progress progress) {
        return Solvers.of(
                problem.restoration().sampling(),
                prior.predictor(),
                chain,
                problem.height(),
                problem.width(),
                guess,
                keepStates,
                progress);
    }
}
