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
 *     chain is solved sequentially
 * @param bytes estimate of the native memory at the peak, beside the network's weights
 */
public record Cost(long evaluations, long bytes) {

    /**
     * Activations and states per pixel in one network call with the shipped priors: a rough figure,
     * not a measurement.
     */
    private static final long BYTES_PER_PIXEL = 2048;

    static Cost of(
            DiffusionPrior prior, int width, int height, int channels, Restoration restoration) {
        final int scale = restoration.degradation().scale();
        final Recipe recipe = Recipe.of(restoration.degradation(), 0.1, restoration.sampling());
        final long runs = prior.channels() == 1 ? channels : 1;
        final int batch = Math.min(recipe.samples(), Solvers.batch(height * scale, width * scale));
        return new Cost(
                runs * recipe.levels() * recipe.samples(),
                batch * BYTES_PER_PIXEL * scale * scale * width * height);
    }
}
