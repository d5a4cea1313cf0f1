/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.model.store.InstalledModel;
import org.deqir.model.store.ModelStore;
import org.deqir.network.AdamStep;
import org.deqir.network.ComputeDevice;
import org.deqir.network.TorchEngine;
import org.deqir.network.TrainableNetwork;
import org.deqir.network.checkpoint.Checkpoint;
import org.deqir.network.layout.Precision;

/** One training step of the shipped grey prior, and one call of it on as many pixels. */
public final class TrainingStep implements AutoCloseable {

    private static final double TIMESTEP = 50;

    private final TrainableNetwork trained;
    private final DiffusionPrior used;
    private final NDManager manager = TorchEngine.newManager();
    private final NDArray x;
    private final Batch batch;
    private final double[] timesteps;
    private long steps;

    public TrainingStep(Precision precision, int images, int side) throws IOException {
        final InstalledModel model = new ModelStore(List.of()).find("microscopy-gray");
        used = model.load(precision);
        try (Checkpoint weights = model.weights()) {
            trained =
                    TrainableNetwork.start(
                            model.descriptor().architecture(),
                            weights,
                            precision,
                            ComputeDevice.CPU);
        }
        final float[] values = new float[images * side * side];
        final Random random = new Random(1);
        for (int i = 0; i < values.length; i++) values[i] = (float) random.nextGaussian();
        timesteps = new double[images];
        Arrays.fill(timesteps, TIMESTEP);
        final float[] t = new float[images];
        Arrays.fill(t, (float) TIMESTEP);
        batch = new Batch(values, t, values, side);
        x = manager.create(values, new Shape(images, 1, side, side));
    }

    public void step() {
        batch.step(trained, new AdamStep(1e-6, 0.9), ++steps);
    }

    public void call() {
        // What is read cannot have been put off.
        try (NDArray noise = used.predictor().predict(x, timesteps)) {
            noise.toFloatArray();
        }
    }

    @Override
    public void close() {
        manager.close();
        trained.close();
        used.close();
    }
}
