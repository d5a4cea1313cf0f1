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
import org.deqir.Sampling;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.Plane;
import org.deqir.metrics.PeakSignalToNoiseRatio;
import org.deqir.model.store.ModelStore;
import org.deqir.network.PrecisionProbe;
import org.deqir.progress.Progress;
import org.deqir.testing.Bench;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * How many noise levels a restoration needs: mean PSNR of the sequential chain by its number of
 * levels, {@code psnr.<task>.levels.<n>}, over the middle {@value #EDGE} pixels of the grey images
 * of the bench.
 */
class LevelsBenchmark {

    private static final int[] LEVELS = {4, 6, 8, 10, 12, 16, 25};
    private static final int EDGE = 64;

    @ParameterizedTest
    @EnumSource(value = BenchmarkTask.class, mode = EnumSource.Mode.EXCLUDE, names = "DENOISE")
    void sequentialChains(BenchmarkTask task) throws IOException {
        assumeTrue(Bench.isPresent(), "the bench images are not beside this checkout");
        try (DiffusionPrior prior =
                new ModelStore(List.of()).find("microscopy-gray").load(PrecisionProbe.fastest())) {
            final Restorer restorer = new Restorer(prior);
            for (final int levels : LEVELS) {
                double sum = 0;
                int count = 0;
                for (final String image : Bench.images()) {
                    final Plane truth = BenchmarkTask.crop(Bench.truth(image), EDGE);
                    final Plane restored =
                            restorer.restore(
                                            task.measure(truth),
                                            task.restoration(
                                                    truth, Sampling.DEFAULT.withSteps(levels)),
                                            Progress.NONE)
                                    .restored();
                    sum +=
                            PeakSignalToNoiseRatio.ofClipped(
                                    truth.channels()[0], restored.channels()[0], 1);
                    count++;
                }
                BenchmarkResults.put("psnr." + task.key() + ".levels." + levels, sum / count);
            }
        }
    }
}
