/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.training;

import java.io.IOException;
import org.deqir.network.AdamStep;
import org.deqir.network.ComputeDevice;
import org.deqir.network.TrainableNetwork;
import org.deqir.network.layout.Precision;

/**
 * Measures in which precision a training step is faster: processors without instructions for
 * bfloat16 are much slower in it, others faster.
 */
final class TrainingPrecision {

    private static final int MOST_PATCHES = 4;
    private static final int STEPS = 3;

    private TrainingPrecision() {}

    static Precision faster(Origin origin, int batch, int patch, ComputeDevice device)
            throws IOException {
        final int patches = Math.min(batch, MOST_PATCHES);
        final double single = seconds(origin, Precision.FLOAT32, device, patches, patch);
        final double brain = seconds(origin, Precision.BFLOAT16, device, patches, patch);
        return brain < single ? Precision.BFLOAT16 : Precision.FLOAT32;
    }

    /** The fastest of some steps; the first, which compiles, does not count. */
    private static double seconds(
            Origin origin, Precision precision, ComputeDevice device, int patches, int side)
            throws IOException {
        final float[] noise = new float[patches * origin.architecture().channels() * side * side];
        for (int i = 0; i < noise.length; i++) noise[i] = (i * 37 % 101) / 50f - 1;
        final Batch batch = new Batch(noise, new float[patches], noise, side);
        try (TrainableNetwork network =
                TrainableNetwork.start(
                        origin.architecture(), origin.weights(), precision, device)) {
            double fastest = Double.POSITIVE_INFINITY;
            for (int i = 0; i <= STEPS; i++) {
                final long start = System.nanoTime();
                batch.step(network, new AdamStep(1e-6, 0), i + 1);
                if (i > 0) fastest = Math.min(fastest, (System.nanoTime() - start) * 1e-9);
            }
            return fastest;
        }
    }
}
