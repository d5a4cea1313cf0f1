/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.benchmark;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.deqir.Restorer;
import org.deqir.Sampling;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.Plane;
import org.deqir.metrics.PeakSignalToNoiseRatio;
import org.deqir.model.store.ModelStore;
import org.deqir.network.TorchEngine;
import org.deqir.network.layout.Precision;
import org.deqir.progress.Progress;
import org.deqir.testing.Bench;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What bfloat16 is worth on this processor, and what it costs.
 *
 * <p>{@code bf16_over_f32}: one network call of the shipped grey prior on 16 tiles of 64 × 64.
 * {@code psnr_lost_to_bf16.<task>}: mean PSNR with float32 less that with bfloat16, and {@code
 * most_psnr_lost_to_bf16.<task>} that of the image that loses most; task by its own recipe, the
 * middle {@value #CROP} pixels of the bench's images.
 */
class PrecisionBenchmark {

    private static final int TILES = 16;
    private static final int EDGE = 64;
    private static final int CROP = 64;

    @Test
    void networkCall() throws IOException {
        try (DiffusionPrior exact = load(Precision.FLOAT32);
                DiffusionPrior rounded = load(Precision.BFLOAT16);
                NDManager manager = TorchEngine.newManager()) {
            final NDArray x =
                    manager.randomNormal(
                            0, 0.5f, new Shape(TILES, 1, EDGE, EDGE), DataType.FLOAT32);
            final Timing timing = Timing.of(9, () -> call(rounded, x), () -> call(exact, x));
            BenchmarkResults.put("bf16_over_f32", timing.ratio(0, 1));
            BenchmarkResults.put("seconds_per_call_f32_16x64", timing.seconds(1));
        }
    }

    private static DiffusionPrior load(Precision precision) throws IOException {
        return new ModelStore(List.of()).find("microscopy-gray").load(precision);
    }

    private static void call(DiffusionPrior prior, NDArray x) {
        final double[] timesteps = new double[TILES];
        Arrays.fill(timesteps, 50);
        // What is read cannot have been put off.
        try (NDArray epsilon = prior.predictor().predict(x, timesteps)) {
            epsilon.toFloatArray();
        }
    }

    @ParameterizedTest
    @EnumSource(BenchmarkTask.class)
    void finalImage(BenchmarkTask task) throws IOException {
        assumeTrue(Bench.isPresent(), "the bench images are not beside this checkout");
        double sum = 0;
        double most = Double.NEGATIVE_INFINITY;
        try (DiffusionPrior exact = load(Precision.FLOAT32);
                DiffusionPrior rounded = load(Precision.BFLOAT16)) {
            for (final String image : Bench.images()) {
                final Plane truth = BenchmarkTask.crop(Bench.truth(image), CROP);
                final double lost = psnr(exact, task, truth) - psnr(rounded, task, truth);
                sum += lost;
                most = Math.max(most, lost);
            }
        }
        BenchmarkResults.put("psnr_lost_to_bf16." + task.key(), sum / Bench.images().size());
        BenchmarkResults.put("most_psnr_lost_to_bf16." + task.key(), most);
    }

    private static double psnr(DiffusionPrior prior, BenchmarkTask task, Plane truth) {
        final Plane restored =
                new Restorer(prior)
                        .restore(
                                task.measure(truth),
                                task.restoration(
                                        truth,
                                        Sampling.DEFAULT.withSolver(
                                                Sampling.SolverChoice.SEQUENTIAL)),
                                Progress.NONE)
                        .restored();
        return PeakSignalToNoiseRatio.ofClipped(truth.channels()[0], restored.channels()[0], 1);
    }
}
