/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.benchmark;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.model.ModelStore;
import org.deqir.network.Precision;
import org.deqir.network.TorchEngine;
import org.junit.jupiter.api.Test;

/** What bfloat16 is worth on this processor. */
class PrecisionBenchmark {

    private static final int TILES = 16;
    private static final int EDGE = 64;

    /** One network call of the shipped grey prior on 16 tiles of 64 × 64. */
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
}
