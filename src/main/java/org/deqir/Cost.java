/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import org.deqir.diffusion.DiffusionPrior;

/**
 * What a restoration of one plane will take.
 *
 * @param evaluations images that go through the network, a sample at a noise level each, when the
 *     chain is solved sequentially; a gradient counts as three
 * @param bytes estimate of the native memory at the peak, beside the network's weights
 */
public record Cost(long evaluations, long bytes) {

    /**
     * Activations and states per pixel in one network call with the shipped priors: a rough figure,
     * not a measurement.
     */
    private static final long BYTES_PER_PIXEL = 2048;

    /** All activations of the network, which a gradient needs, with the shipped priors. */
    private static final long BYTES_PER_PIXEL_OF_A_GRADIENT = 50_000;

    /** A state of the chain, a number in single precision. */
    private static final long BYTES_PER_STATE_PIXEL = 4;

    /** A gradient's time in evaluations: measured between 2 and 4 (see the page on TorchScript). */
    private static final int EVALUATIONS_PER_GRADIENT = 3;

    static Cost of(
            DiffusionPrior prior, int width, int height, int channels, Restoration restoration) {
        final int scale = restoration.degradation().scale();
        final Recipe recipe = Recipe.of(restoration.degradation(), 0.1, restoration.sampling());
        final long runs = prior.channels() == 1 ? channels : 1;
        final int batch = Math.min(recipe.samples(), Solvers.batch(height * scale, width * scale));
        final long pixels = (long) scale * scale * width * height;
        final long chain = runs * recipe.levels() * recipe.samples();
        final int rounds = restoration.optimization().rounds();
        if (rounds == 0) return new Cost(chain, batch * BYTES_PER_PIXEL * pixels);
        final long tile = (long) StartOptimization.TILE * StartOptimization.TILE;
        return new Cost(
                chain * (1 + rounds * (1 + EVALUATIONS_PER_GRADIENT)),
                BYTES_PER_PIXEL_OF_A_GRADIENT * Math.min(pixels, tile)
                        + BYTES_PER_STATE_PIXEL * recipe.levels() * recipe.samples() * pixels);
    }
}
