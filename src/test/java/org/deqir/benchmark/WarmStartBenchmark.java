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
import org.deqir.RestorationResult;
import org.deqir.Restorer;
import org.deqir.Simulation;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.Plane;
import org.deqir.metrics.PeakSignalToNoiseRatio;
import org.deqir.model.store.ModelStore;
import org.deqir.network.layout.Precision;
import org.deqir.physics.Degradation;
import org.deqir.physics.degradation.GaussianBlur;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;
import org.junit.jupiter.api.Test;

/**
 * What starting from the neighbouring slice saves over a stack of 20, and what it costs in PSNR.
 */
class WarmStartBenchmark {

    private static final int SIZE = 96;
    private static final int SLICES = 20;
    private static final double NOISE = 40;
    private static final double PEAK = 3000;

    private record Run(double psnr, long evaluations) {}

    @Test
    void deblurring() throws IOException {
        measure(new GaussianBlur(1.5, 1.5));
    }

    private static void measure(Degradation degradation) throws IOException {
        final SyntheticVolume volume = new SyntheticVolume(SIZE, SLICES, 7);
        try (DiffusionPrior prior =
                new ModelStore(List.of()).find("microscopy-gray").load(Precision.FLOAT32)) {
            final Run cold = run(prior, volume, degradation, false);
            final Run warm = run(prior, volume, degradation, true);
            final double saving = 1 - warm.evaluations / (double) cold.evaluations;
            BenchmarkResults.put("warm_start_saving", saving);
            BenchmarkResults.put("warm_start_db", warm.psnr - cold.psnr);
            BenchmarkResults.put("warm_start_cold_psnr", cold.psnr);
            assertTrue(saving >= 0.3, "saves " + saving);
            assertTrue(warm.psnr >= cold.psnr - 0.05, warm.psnr + " dB, cold " + cold.psnr);
        }
    }

    private static Run run(
            DiffusionPrior prior, SyntheticVolume volume, Degradation degradation, boolean warm) {
        final Restorer restorer = new Restorer(prior);
        Plane neighbour = null;
        double psnr = 0;
        long evaluations = 0;
        for (int z = 0; z < SLICES; z++) {
            final Plane truth = volume.slice(z);
            final NoiseModel noise = new NoiseModel.Gaussian(NOISE);
            final RestorationResult result =
                    restorer.restore(
                            Simulation.measure(truth, degradation, noise, z),
                            new Restoration(degradation, noise),
                            warm ? neighbour : null,
                            Progress.NONE);
            neighbour = result.restored();
            psnr +=
                    PeakSignalToNoiseRatio.of(truth.channels()[0], neighbour.channels()[0], PEAK)
                            / SLICES;
            evaluations += result.report().evaluations();
        }
        return new Run(psnr, evaluations);
    }
}
