/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.benchmark;

import ai.djl.ndarray.NDArray;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.deqir.diffusion.NoisePredictor;

/**
 * Answers what it was asked before from memory, so that a solver can be stopped after one round,
 * after two, and so on, for the price of the longest of these runs.
 */
final class RememberingPredictor implements NoisePredictor {

    private final NoisePredictor network;
    private final Map<ByteBuffer, float[]> answers = new HashMap<>();

    RememberingPredictor(NoisePredictor network) {
        this.network = network;
    }

    @Override
    public int channels() {
        return network.channels();
    }

    @Override
    public NDArray predict(NDArray x, double[] timesteps) {
        final ByteBuffer question =
                ByteBuffer.allocate((int) (4 * x.size()) + 8 * timesteps.length);
        for (final float value : x.toFloatArray()) question.putFloat(value);
        for (final double timestep : timesteps) question.putDouble(timestep);
        question.flip();
        float[] answer = answers.get(question);
        if (answer == null) {
            try (NDArray epsilon = network.predict(x, timesteps)) {
                answer = epsilon.toFloatArray();
            }
            answers.put(question, Arrays.copyOf(answer, answer.length));
        }
        // Arrays made from Java's memory share it.
        try (NDArray shared = x.getManager().create(answer, x.getShape())) {
            return shared.duplicate();
        }
    }

    /** Does not close the network. */
    @Override
    public void close() {}
}
