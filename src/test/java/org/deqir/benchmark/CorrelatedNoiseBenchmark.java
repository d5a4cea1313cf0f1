/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.benchmark;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.List;
import org.deqir.Restorer;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.Plane;
import org.deqir.model.store.ModelStore;
import org.deqir.network.layout.Precision;
import org.deqir.physics.degradation.Identity;
import org.deqir.physics.noise.NoiseEstimate;
import org.deqir.physics.noise.NoiseEstimator;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.testing.Bench;
import org.deqir.testing.BinningErrors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Denoising where the noise of neighbouring pixels is correlated (about 0.13 along both axes, by a
 * blur of 0.44 pixels), on crops of real images whose brightest parts have some photons: what the
 * choice of the binning loses to the best of 1, 2 and 3, and what the best gains over the best with
 * the noise of the finest differences, in dB. Keys: {@code correlated.PHOTONS.IMAGE.WHAT}.
 */
class CorrelatedNoiseBenchmark {

    private static final int SIDE = 96;
    private static final int CORNER = 80;
    private static final NoiseModel CAMERA = new NoiseModel.PoissonGaussian(5, 20, 4);

    @ParameterizedTest
    @ValueSource(doubles = {3, 40})
    void binning(double photons) throws IOException {
        assumeTrue(Bench.isPresent(), "the bench images are not beside this checkout");
        double most = 0;
        double lost = 0;
        double gained = 0;
        try (DiffusionPrior prior =
                new ModelStore(List.of()).find("microscopy-gray").load(Precision.FLOAT32)) {
            final Restorer restorer = new Restorer(prior);
            for (final String image : Bench.images()) {
                final float[] truth = crop(Bench.truth(image), 5 * photons);
                final float[] noisy =
                        BinningErrors.correlated(CAMERA, truth, SIDE, image.hashCode());
                final NoiseEstimate found = NoiseEstimator.estimate(noisy, SIDE, SIDE);
                final Plane measured = Plane.of(noisy, SIDE, SIDE);
                final NoiseModel coarse = found.model(new Identity());
                final double best = BinningErrors.least(restorer, measured, coarse, truth);
                final double loss =
                        BinningErrors.decibels(
                                BinningErrors.of(restorer, measured, coarse, 0, truth), best);
                final double gain =
                        BinningErrors.decibels(
                                BinningErrors.least(restorer, measured, found.model(), truth),
                                best);
                final String key = "correlated." + photons + "." + image;
                BenchmarkResults.put(key + ".loss", loss);
                BenchmarkResults.put(key + ".gain", gain);
                most = Math.max(most, loss);
                lost += loss / Bench.images().size();
                gained += gain / Bench.images().size();
            }
        }
        BenchmarkResults.put("correlated." + photons + ".mean_loss", lost);
        BenchmarkResults.put("correlated." + photons + ".largest_loss", most);
        BenchmarkResults.put("correlated." + photons + ".mean_gain", gained);
    }

    private static float[] crop(Plane image, double brightest) {
        final Plane part = image.part(CORNER, CORNER, SIDE, SIDE);
        final float[] crop = part.channels()[0].clone();
        float most = 0;
        for (final float level : crop) most = Math.max(most, level);
        for (int i = 0; i < crop.length; i++)
            crop[i] = (float) (20 + brightest * (0.02 + 0.98 * Math.max(0, crop[i]) / most));
        return crop;
    }
}
