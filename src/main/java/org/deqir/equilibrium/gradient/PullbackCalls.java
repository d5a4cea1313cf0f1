/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.gradient;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import java.util.Arrays;
import org.deqir.diffusion.DifferentiableNoisePredictor;
import org.deqir.diffusion.DifferentiableNoisePredictor.Pullback;
import org.deqir.diffusion.NoisePredictor;
import org.deqir.progress.Progress;

/**
 * Products with the network's Jacobian as the gradients use them: in batches of limited size,
 * counted, and stopped before the next one when the user cancels.
 */
final class PullbackCalls {

    private final DifferentiableNoisePredictor predictor;
    private final int maxBatch;
    private final Progress progress;
    private final long expected;
    private long pullbacks;

    /**
     * @param maxBatch most images in one call
     * @param expected images that the work is likely to take, for the progress
     * @throws IllegalArgumentException if the network cannot be differentiated
     */
    PullbackCalls(NoisePredictor predictor, int maxBatch, long expected, Progress progress) {
        this.predictor = DifferentiableNoisePredictor.of(predictor);
        this.maxBatch = maxBatch;
        this.expected = expected;
        this.progress = progress;
    }

    /** Most images in one call. */
    int maxBatch() {
        return maxBatch;
    }

    /** Images whose gradients went through the network so far. */
    long pullbacks() {
        return pullbacks * predictor.evaluationsPerImage();
    }

    /**
     * vᵀ·∂ε_θ(x, t)/∂x for any number of images.
     *
     * @return owned by the manager of {@code x}
     * @throws java.util.concurrent.CancellationException if the user cancelled
     */
    NDArray pullBack(NDArray x, double[] timesteps, NDArray v) {
        final int rows = Math.toIntExact(x.size(0));
        if (rows <= maxBatch) return call(x, timesteps, v);
        try (NDManager sub = x.getManager().newSubManager()) {
            final NDList parts = new NDList();
            for (int from = 0; from < rows; from += maxBatch) {
                final int to = Math.min(rows, from + maxBatch);
                try (NDArray images = x.get(new NDIndex(from + ":" + to));
                        NDArray gradients = v.get(new NDIndex(from + ":" + to))) {
                    final NDArray product =
                            call(images, Arrays.copyOfRange(timesteps, from, to), gradients);
                    product.attach(sub);
                    parts.add(product);
                }
            }
            final NDArray all = NDArrays.concat(parts);
            all.attach(x.getManager());
            return all;
        }
    }

    /** The product for images at one timestep. */
    NDArray pullBack(NDArray x, double timestep, NDArray v) {
        final double[] timesteps = new double[Math.toIntExact(x.size(0))];
        Arrays.fill(timesteps, timestep);
        return pullBack(x, timesteps, v);
    }

    private NDArray call(NDArray x, double[] timesteps, NDArray v) {
        progress.checkCanceled();
        final Pullback pullback = predictor.pullback(x, timesteps, v);
        pullback.noise().close();
        pullbacks += timesteps.length;
        progress.update("Gradient", Math.min(1, pullbacks / (double) Math.max(1, expected)));
        return pullback.product();
    }
}
