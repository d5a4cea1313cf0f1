/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import org.deqir.denoising.BinningChoice;
import org.deqir.denoising.Denoising;
import org.deqir.diffusion.CallLimits;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.equilibrium.solver.SolverSettings;
import org.deqir.image.IntensityLimits;
import org.deqir.restoration.PublishedMethod;
import org.deqir.restoration.Recipe;
import org.deqir.restoration.Solvers;
import org.deqir.restoration.StartOptimization;

/**
 * The cost of a restoration before it runs: network calls and memory.
 *
 * @param evaluations images that go through the network at least, a sample at a noise level each;
 *     of any size, as a report counts them
 * @param most the same at most: what is measured on the image decides how much is averaged and
 *     smoothed, a parallel solver ends when it has converged, and descent may end early; a gradient
 *     counts as three
 * @param planes the same as images of the plane's size, about: what the time goes with
 * @param bytes estimate of the memory at the peak, beside the network's weights
 */
public record Cost(long evaluations, long most, double planes, long bytes) {

    private static final long BYTES_PER_SAMPLE = 4;

    /**
     * Images that a restoration holds at its peak: measurement, variance, guess, one state and the
     * next, estimates, what the operator and the blending of tiles need. Counted in denoising and
     * deblurring.
     */
    private static final int IMAGES = 20;

    /** And where the network is called in pairs: both of the pair, and what it answers. */
    private static final int IMAGES_OF_PAIRS = 4;

    /** All activations of the network, which a gradient needs, with the shipped priors. */
    private static final long BYTES_PER_PIXEL_OF_A_GRADIENT = 50_000;

    /** A gradient's time in evaluations: measured between 2 and 4 (see the page on TorchScript). */
    private static final int EVALUATIONS_PER_GRADIENT = 3;

    /** Denoisings of a plane that was clipped. */
    private static final int RUNS_OF_CLIPPED = 3;

    /**
     * @param slices planes of this kind, which share what is chosen once
     */
    static Cost of(
            DiffusionPrior prior,
            CallLimits limits,
            int width,
            int height,
            int channels,
            int slices,
            Restoration restoration) {
        final int scale = restoration.degradation().scale();
        final Sampling sampling = restoration.sampling();
        final long runs = prior.channels() == 1 ? channels : 1;
        final long pixels = (long) scale * scale * width * height;
        final long image = BYTES_PER_SAMPLE * prior.channels() * pixels * sampling.samples();
        final int descents = restoration.optimization().rounds();
        final long tile = (long) StartOptimization.TILE * StartOptimization.TILE;
        final long ofGradient =
                descents == 0 ? 0 : BYTES_PER_PIXEL_OF_A_GRADIENT * Math.min(pixels, tile);
        if (sampling.mode() == Sampling.Mode.PUBLISHED) {
            final int steps = PublishedMethod.steps(sampling);
            final long chain = PublishedMethod.mostEvaluations(restoration);
            final long most =
                    runs
                            * slices
                            * (chain
                                    + (descents == 0 ? 0 : chain)
                                    + descents
                                            * (chain
                                                    + sampling.samples()
                                                            * gradient(steps, restoration)));
            return new Cost(
                    Math.min(most, runs * slices * PublishedMethod.leastEvaluations(restoration)),
                    most,
                    most,
                    Math.max(
                                    ofGradient,
                                    Math.min(limits.pixels(), pixels * steps)
                                            * prior.predictor().bytesPerPixel())
                            + image * (IMAGES + PublishedMethod.states(restoration)));
        }
        final Recipe recipe = Recipe.of(restoration.degradation(), 0.1, sampling);
        final long inCall = Math.min(limits.pixels(), pixels * recipe.evaluationsPerLevel());
        final boolean denoises = restoration.degradation().isIdentity();
        final long repeated =
                denoises && restoration.limits() != IntensityLimits.NONE ? RUNS_OF_CLIPPED : 1;
        final long chains = repeated * runs * slices;
        final long estimate =
                Recipe.of(
                                restoration.degradation(),
                                0.1,
                                sampling.withMode(Sampling.Mode.FIDELITY).withSamples(1))
                        .evaluations();
        // A denoised image is denoised again; other tasks run chains of samples.
        final long spread =
                sampling.samples() > 1
                        ? denoises
                                ? repeated * sampling.samples() * estimate
                                : Recipe.ofSpread(restoration.degradation().spread(), 0.1, sampling)
                                        .evaluations()
                        : 0;
        // Of a clipped plane's denoisings the last alone has samples.
        final long chain =
                runs * slices * ((repeated - 1) * estimate + recipe.evaluations() + spread);
        final long denoisings = chains * (sampling.samples() > 1 ? 1 + sampling.samples() : 1);
        final long smoothing =
                denoises ? denoisings * Denoising.mostSmoothingCalls() * estimate : 0;
        final long rounds =
                chains * (Solvers.mostEvaluations(recipe, sampling) - recipe.evaluations());
        if (descents > 0) {
            final Recipe descended = recipe.shortened();
            final long most =
                    chain
                            + runs
                                    * slices
                                    * (descended.evaluations() * (1 + descents)
                                            + descents
                                                    * descended.evaluations()
                                                    / descended.levels()
                                                    * gradient(descended.levels(), restoration));
            return new Cost(
                    chain,
                    most + rounds + smoothing,
                    most,
                    ofGradient + image * (IMAGES + recipe.levels()));
        }
        final long bytes =
                inCall * prior.predictor().bytesPerPixel()
                        + image
                                * (IMAGES
                                        + (recipe.antithetic() > 0 ? IMAGES_OF_PAIRS : 0)
                                        + statesPerLevel(sampling.solver()) * recipe.levels());
        if (BinningChoice.isMade(restoration, width, height)) {
            // A stack's is made once, on a channel; a single plane's for each channel.
            final long choices = slices > 1 ? 1 : runs;
            final long before = choices * BinningChoice.evaluations();
            return new Cost(
                    before + chain,
                    before * (1 + Denoising.mostSmoothingCalls())
                            + BinningChoice.mostChosen() * (chain + smoothing),
                    choices * BinningChoice.planes(width, height) + chain,
                    bytes);
        }
        final int binning = denoises ? Math.max(1, sampling.binning()) : 1;
        final long blocks =
                (long) (binning / 10) * (binning / 10) + (binning % 10) * (binning % 10);
        return new Cost(blocks * chain, blocks * (chain + rounds + smoothing), chain, bytes);
    }

    /** The time of a gradient at most, in evaluations. */
    private static long gradient(int levels, Restoration restoration) {
        return EVALUATIONS_PER_GRADIENT * restoration.optimization().gradient().most(levels);
    }

    /** The cost where the chain may have to be run twice. */
    Cost atMostTwice() {
        return new Cost(evaluations, 2 * most, 2 * planes, bytes);
    }

    /**
     * {@return the cost of planes that may start from the one before: less, by what they have in
     * common}
     *
     * @param slices planes of the stack
     */
    public Cost warm(int slices) {
        return new Cost(evaluations / slices + slices - 1, most, planes, bytes);
    }

    /** Images that a solver holds for every noise level. */
    private static long statesPerLevel(Sampling.SolverChoice solver) {
        final int states = 3; // the old, the new, and what the map holds
        return switch (solver) {
            case AUTO, SEQUENTIAL -> 0;
            case PARALLEL -> states;
            case ANDERSON, TRIANGULAR -> states + 2L * SolverSettings.DEFAULT.history();
        };
    }

    /**
     * Checks that there is enough memory to begin.
     *
     * @param available bytes
     * @throws IllegalArgumentException if not, with a sentence that says what would help
     */
    void requireWithin(long available, Sampling.SolverChoice solver) {
        // One noise level at a time is the least there is: let it try.
        if (statesPerLevel(solver) == 0 || bytes <= available) return;
        throw new IllegalArgumentException(
                String.format(
                        java.util.Locale.ROOT,
                        "The solver %s holds all noise levels at once, which takes about %.1f GB of"
                                + " memory, but %.1f GB are free. The solver sequential holds one"
                                + " level; a selection or fewer steps need less, too.",
                        solver.name().toLowerCase(java.util.Locale.ROOT),
                        bytes * 1e-9,
                        available * 1e-9));
    }
}
