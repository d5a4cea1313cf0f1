/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.restoration;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import org.deqir.Sampling;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.Plane;
import org.deqir.physics.DataStep;
import org.deqir.physics.LinearOperator;
import org.deqir.progress.Progress;

/**
 * Where a chain starts: at the classical first guess, or at the restored plane next to it in a
 * stack.
 *
 * @param recipe the chain from there
 * @param image of the size of the result, in grey levels
 * @param fromNeighbour whether the image is the neighbour
 */
record Start(Recipe recipe, Plane image, boolean fromNeighbour) {

    /** The neighbour if the degradation allows it and the chain gets shorter. */
    static Start of(
            Problem problem,
            DiffusionPrior prior,
            PriorUnits units,
            LinearOperator operator,
            MeasurementNoise noise,
            NDManager manager,
            Progress progress) {
        final Sampling sampling = problem.restoration().sampling();
        final Recipe full = problem.recipe();
        final Plane neighbour = problem.neighbour();
        if (neighbour != null
                && problem.degradation().canStartFromNeighbour()
                && sampling.mode() != Sampling.Mode.SAMPLE
                && neighbour.width() == problem.width()
                && neighbour.height() == problem.height()) {
            final Recipe shorter;
            try (NDArray x = units.images(manager, operator, neighbour, 1)) {
                shorter = full.fromNeighbour(noise.misfit(x));
            }
            if (shorter.levels() < full.levels()) return new Start(shorter, neighbour, true);
        }
        return new Start(full, classical(problem, prior, progress), false);
    }

    /** The classical restoration of a problem, of the prior's channels. */
    static Plane classical(Problem problem, DiffusionPrior prior, Progress progress) {
        final Plane measured = problem.measured();
        final int last = measured.channels().length - 1;
        final float[][] guess = new float[prior.channels()][];
        for (int c = 0; c < guess.length; c++)
            guess[c] =
                    problem.degradation()
                            .firstGuess(
                                    measured.channels()[Math.min(c, last)],
                                    measured.width(),
                                    measured.height(),
                                    progress);
        return new Plane(guess, problem.width(), problem.height());
    }

    /**
     * The first guess as rows of the operator's image shape; a neighbour is made to agree with the
     * measurement.
     *
     * @return belongs to the manager
     */
    NDArray guess(PriorUnits units, NDManager manager, LinearOperator operator, DataStep dataStep) {
        final NDArray guess = units.images(manager, operator, image, recipe.samples());
        if (!fromNeighbour) return guess;
        final double[] sigma = new double[recipe.samples()];
        Arrays.fill(sigma, recipe.firstLevel());
        try (guess) {
            return dataStep.apply(guess, sigma, sigma);
        }
    }
}
