/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.benchmark;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import org.deqir.Restoration;
import org.deqir.Restorer;
import org.deqir.Simulation;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.Plane;
import org.deqir.model.store.ModelStore;
import org.deqir.network.layout.Precision;
import org.deqir.physics.degradation.Identity;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;
import org.junit.jupiter.api.Test;

/** How the time of denoising grows with the image. */
class SizeBenchmark {

    private static final int[] SIZES = {256, 512, 1024, 2048};
    private static final NoiseModel NOISE = new NoiseModel.Gaussian(50);

    @Test
    void denoising() throws IOException {
        final Plane[] images = new Plane[SIZES.length];
        for (int i = 0; i < SIZES.length; i++)
            images[i] =
                    Simulation.measure(
                            new SyntheticVolume(SIZES[i], 1, 5).slice(0), new Identity(), NOISE, i);
        try (DiffusionPrior prior =
                new ModelStore(List.of()).find("microscopy-gray").load(Precision.FLOAT32)) {
            final Restorer restorer = new Restorer(prior);
            restore(restorer, images[0]);
            final double[] perPixel = new double[SIZES.length];
            for (int i = 0; i < SIZES.length; i++) {
                final Plane image = images[i];
                // Small ones are over soon enough to be repeated.
                final int rounds = SIZES[i] <= 512 ? 3 : 1;
                final double[] seconds = new double[rounds];
                for (int round = 0; round < rounds; round++) {
                    final long start = System.nanoTime();
                    restore(restorer, image);
                    seconds[round] = (System.nanoTime() - start) * 1e-9;
                }
                BenchmarkResults.put("seconds." + SIZES[i], Timing.median(seconds));
                perPixel[i] = Timing.median(seconds) / image.size();
            }
            final double growth = perPixel[SIZES.length - 1] / perPixel[1];
            BenchmarkResults.put("time_per_pixel_2048_over_512", growth);
            assertTrue(growth < 1.5, "a pixel of 2048² takes " + growth + " times that of 512²");
        }
    }

    private static void restore(Restorer restorer, Plane image) {
        restorer.restore(image, new Restoration(new Identity(), NOISE), Progress.NONE);
    }
}
