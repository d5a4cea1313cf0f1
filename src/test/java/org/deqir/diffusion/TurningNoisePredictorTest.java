/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.diffusion;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.deqir.testing.WhitePrior;
import org.junit.jupiter.api.Test;

class TurningNoisePredictorTest {

    private static final NoiseSchedule SCHEDULE = NoiseSchedule.linear(1e-4, 0.02, 1000);

    private final double[] timesteps =
            IntStream.range(0, 9).mapToDouble(level -> 900 - 100 * level).toArray();
    private final TimestepSequence levels = TimestepSequence.of(SCHEDULE, timesteps);

    @Test
    void aPredictorWithoutPreferredDirectionGivesTheSame() {
        final WhitePrior network = new WhitePrior(2, 0.3);
        try (NDManager manager = NDManager.newBaseManager()) {
            final NDArray x = new GaussianNoise(1).draw(manager, new Shape(9, 2, 5, 7), 0, 0, 0, 0);
            final NDArray direct = network.predict(x, timesteps);
            final int before = manager.getManagedArrays().size();
            final NDArray turned = new TurningNoisePredictor(network, levels).predict(x, timesteps);
            assertEquals(x.getShape(), turned.getShape());
            assertArrayEquals(direct.toFloatArray(), turned.toFloatArray(), 1e-6f);
            assertEquals(before + 1, manager.getManagedArrays().size());
        }
    }

    /** The first pixel of what the network sees tells which corner it came from, and the width. */
    @Test
    void everyLevelHasAnOrientationOfItsOwn() {
        final List<String> seen = new ArrayList<>();
        final NoisePredictor recorder =
                new NoisePredictor() {
                    @Override
                    public int channels() {
                        return 1;
                    }

                    @Override
                    public NDArray predict(NDArray x, double[] timesteps) {
                        for (int n = 0; n < timesteps.length; n++)
                            seen.add(x.getShape().get(3) + " " + x.getFloat(n, 0, 0, 0));
                        return x.duplicate();
                    }

                    @Override
                    public void close() {}
                };
        try (NDManager manager = NDManager.newBaseManager()) {
            final NDArray x = manager.arange(6f).reshape(1, 1, 2, 3);
            final TurningNoisePredictor turning = new TurningNoisePredictor(recorder, levels);
            for (final double timestep : timesteps)
                assertArrayEquals(
                        x.toFloatArray(),
                        turning.predict(x, new double[] {timestep}).toFloatArray());
            assertEquals(
                    List.of(
                            "3 0.0", "3 2.0", "3 3.0", "3 5.0", "2 0.0", "2 3.0", "2 2.0", "2 5.0",
                            "3 0.0"),
                    seen);
        }
    }

    @Test
    void oneOrientationForAllLevelsIsTurnedBackToo() {
        final WhitePrior network = new WhitePrior(1, 0.3);
        try (NDManager manager = NDManager.newBaseManager()) {
            final NDArray x = new GaussianNoise(1).draw(manager, new Shape(2, 1, 5, 7), 0, 0, 0, 0);
            final double[] levels = {300, 20};
            final float[] direct = network.predict(x, levels).toFloatArray();
            for (int turn = 0; turn < 9; turn++)
                assertArrayEquals(
                        direct,
                        new TurningNoisePredictor(network, turn).predict(x, levels).toFloatArray(),
                        1e-6f);
        }
    }
}
