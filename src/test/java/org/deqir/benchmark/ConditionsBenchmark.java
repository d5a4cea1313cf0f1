/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.benchmark;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.List;
import org.deqir.Restoration;
import org.deqir.RestorationResult;
import org.deqir.Restorer;
import org.deqir.Sampling;
import org.deqir.Simulation;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.Plane;
import org.deqir.metrics.PeakSignalToNoiseRatio;
import org.deqir.model.store.ModelStore;
import org.deqir.network.PrecisionProbe;
import org.deqir.physics.Degradation;
import org.deqir.physics.degradation.BlockSensing;
import org.deqir.physics.degradation.Downsampling;
import org.deqir.physics.degradation.GaussianBlur;
import org.deqir.physics.degradation.UniformBlur;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;
import org.deqir.testing.Bench;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The default recipes away from the conditions of the bench, which they were chosen on: other blurs
 * and other noise. Mean PSNR, {@code psnr.<condition>.noise.<sigma>}, over the middle {@value
 * #EDGE} pixels of the grey images of the bench, and {@code evaluations.} of the same name.
 */
class ConditionsBenchmark {

    private static final int EDGE = 128;
    private static final double[] NOISE = {0, 0.01, 0.05};

    private enum Condition {
        GAUSSIAN_2(new GaussianBlur(2)),
        GAUSSIAN_4(new GaussianBlur(4)),
        UNIFORM_5(new UniformBlur(5)),
        SR2(new Downsampling(2, Downsampling.Kernel.AVERAGE)),
        SR4(new Downsampling(4, Downsampling.Kernel.AVERAGE)),
        SENSING(new BlockSensing(0.25, 5, 32));

        private final Degradation degradation;

        Condition(Degradation degradation) {
            this.degradation = degradation;
        }
    }

    @ParameterizedTest
    @EnumSource(Condition.class)
    void conditions(Condition condition) throws IOException {
        assumeTrue(Bench.isPresent(), "the bench images are not beside this checkout");
        try (DiffusionPrior prior =
                new ModelStore(List.of()).find("microscopy-gray").load(PrecisionProbe.fastest())) {
            for (final double noise : NOISE) measure(new Restorer(prior), condition, noise);
        }
    }

    private static void measure(Restorer restorer, Condition condition, double noise) {
        final NoiseModel model = noise > 0 ? new NoiseModel.Gaussian(noise) : new NoiseModel.None();
        double psnr = 0;
        double evaluations = 0;
        for (final String image : Bench.images()) {
            final Plane truth = BenchmarkTask.crop(Bench.truth(image), EDGE);
            final RestorationResult result =
                    restorer.restore(
                            Simulation.measure(truth, condition.degradation, model, 1),
                            new Restoration(condition.degradation, model, Sampling.DEFAULT),
                            Progress.NONE);
            psnr +=
                    PeakSignalToNoiseRatio.ofClipped(
                            truth.channels()[0], result.restored().channels()[0], 1);
            evaluations += result.report().evaluations();
        }
        final int images = Bench.images().size();
        final String name = condition.name().toLowerCase(java.util.Locale.ROOT) + ".noise." + noise;
        BenchmarkResults.put("psnr." + name, psnr / images);
        BenchmarkResults.put("evaluations." + name, evaluations / images);
    }
}
