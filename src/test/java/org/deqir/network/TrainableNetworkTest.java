/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.deqir.network.checkpoint.Checkpoint;
import org.deqir.network.checkpoint.ElementType;
import org.deqir.network.checkpoint.Safetensors;
import org.deqir.network.checkpoint.SafetensorsWriter;
import org.deqir.network.checkpoint.TensorInfo;
import org.deqir.network.layout.GuidedDiffusionUNet;
import org.deqir.network.layout.NetworkArchitecture;
import org.deqir.network.layout.Precision;
import org.deqir.testing.RandomCheckpoint;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("slow")
class TrainableNetworkTest {

    private static final int SIZE = 8;

    /** Two levels with attention in the middle: 0.4 million weights. */
    private static final NetworkArchitecture TINY =
            new GuidedDiffusionUNet(
                    1, 32, 1, 1, List.of(), List.of(1.0, 2.0), 32, 4, -1, true, true, true, false);

    private final float[] timesteps = {3, 250, 700};
    private final float[] noise = normal(1, timesteps.length * SIZE * SIZE);
    private final float[] noisy = normal(2, noise.length);

    private static float[] normal(long seed, int size) {
        final Random random = new Random(seed);
        final float[] values = new float[size];
        for (int i = 0; i < size; i++) values[i] = (float) random.nextGaussian();
        return values;
    }

    private static TrainableNetwork start(Precision precision) throws IOException {
        return TrainableNetwork.start(
                TINY, new RandomCheckpoint("", TINY), precision, ComputeDevice.CPU);
    }

    private double step(TrainableNetwork network, AdamStep step, long k) {
        return network.step(noisy, timesteps, noise, SIZE, SIZE, step, k);
    }

    private double loss(TrainableNetwork network) {
        return network.loss(noisy, timesteps, noise, SIZE, SIZE);
    }

    private static Map<String, float[]> read(Checkpoint checkpoint) throws IOException {
        final Map<String, float[]> values = new LinkedHashMap<>();
        for (String name : checkpoint.tensors().keySet()) values.put(name, checkpoint.read(name));
        return values;
    }

    /** Weights that are given, not read from a file. */
    private record Given(Map<String, TensorInfo> tensors, Map<String, float[]> values)
            implements Checkpoint {
        @Override
        public float[] read(String name) {
            return values.get(name);
        }

        @Override
        public void close() {}
    }

    @Test
    void theGradientIsThatOfTheLoss() throws IOException {
        final Map<String, float[]> gradient = new LinkedHashMap<>();
        try (TrainableNetwork network = start(Precision.FLOAT32)) {
            step(network, new AdamStep(1e-9, 0), 1);
            // The first moment after the first step is (1 − β₁) times the gradient, scaled to a
            // norm of at most 1, which cancels in the direction.
            read(network.state().below("first_moment.")).forEach(gradient::put);
        }
        double squares = 0;
        for (float[] values : gradient.values()) for (float g : values) squares += (double) g * g;
        final double norm = Math.sqrt(squares);
        assertEquals(0.1, norm, 1e-5, "the gradient of random weights is long, so it was clipped");
        final double slope =
                (lossAlong(gradient, 3e-3 / norm) - lossAlong(gradient, -3e-3 / norm)) / 6e-3;
        final double expected = gradientNorm();
        assertEquals(expected, slope, 0.01 * expected);
    }

    private double lossAlong(Map<String, float[]> direction, double length) throws IOException {
        final RandomCheckpoint start = new RandomCheckpoint("", TINY);
        final Map<String, float[]> moved = new LinkedHashMap<>();
        direction.forEach(
                (name, values) -> {
                    final float[] weights = start.read(name);
                    for (int i = 0; i < weights.length; i++)
                        weights[i] += (float) (length * values[i]);
                    moved.put(name, weights);
                });
        try (TrainableNetwork network =
                TrainableNetwork.start(
                        TINY,
                        new Given(start.tensors(), moved),
                        Precision.FLOAT32,
                        ComputeDevice.CPU)) {
            return loss(network);
        }
    }

    /** The norm before it is clipped, which no state holds. */
    private double gradientNorm() throws IOException {
        try (TrainableNetwork network = start(Precision.FLOAT32)) {
            network.step(noisy, timesteps, noise, SIZE, SIZE, new AdamStep(1e-9, 0), 1);
            return network.lastGradientNorm();
        }
    }

    @Test
    void aStepIsThatOfAdamAndTheAverageFollows() throws IOException {
        final AdamStep first = new AdamStep(1e-3, 0.25);
        final AdamStep second = new AdamStep(5e-4, 0.75);
        try (TrainableNetwork network = start(Precision.FLOAT32)) {
            final Map<String, float[]> start = read(network.averaged());
            step(network, first, 1);
            final Map<String, float[]> one = read(network.state());
            step(network, second, 2);
            final Map<String, float[]> two = read(network.state());
            for (String name : start.keySet())
                for (int i = 0; i < start.get(name).length; i++) {
                    final double w0 = start.get(name)[i];
                    final double g1 = one.get("first_moment." + name)[i] / 0.1;
                    final double w1 = w0 - 1e-3 * g1 / (Math.abs(g1) + 1e-8);
                    final double a1 = 0.25 * w0 + 0.75 * w1;
                    final double m2 = two.get("first_moment." + name)[i];
                    final double v2 = two.get("second_moment." + name)[i];
                    final double w2 =
                            w1 - 5e-4 * (m2 / (1 - 0.81)) / (Math.sqrt(v2 / (1 - 0.9801)) + 1e-8);
                    assertEquals(w1, one.get("weights." + name)[i], 2e-6);
                    assertEquals(a1, one.get("average." + name)[i], 2e-6);
                    assertEquals(w2, two.get("weights." + name)[i], 4e-6);
                    assertEquals(0.75 * a1 + 0.25 * w2, two.get("average." + name)[i], 4e-6);
                    final double g2 = (m2 - 0.9 * 0.1 * g1) / 0.1;
                    assertEquals(0.99 * 0.01 * g1 * g1 + 0.01 * g2 * g2, v2, 1e-4 * v2 + 1e-12);
                }
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void stepsLowerTheLoss(Precision precision) throws IOException {
        try (TrainableNetwork network = start(precision)) {
            final double before = step(network, new AdamStep(1e-3, 0), 1);
            for (int k = 2; k <= 40; k++) step(network, new AdamStep(1e-3, 0), k);
            final double after = loss(network);
            assertTrue(after < 0.2 * before, before + " became " + after);
        }
    }

    @Test
    void theAverageIsWhatTheNetworkOfUseComputes(@TempDir Path folder) throws IOException {
        final Path file = folder.resolve("weights.safetensors");
        final float[] expected;
        try (TrainableNetwork network = start(Precision.FLOAT32)) {
            for (int k = 1; k <= 3; k++) step(network, new AdamStep(1e-2, 0.5), k);
            expected = network.predict(noisy, timesteps, SIZE, SIZE);
            double error = 0;
            for (int i = 0; i < noise.length; i++)
                error += Math.pow(expected[i] - noise[i], 2) / noise.length;
            assertEquals(error, loss(network), 1e-5 * error);
            SafetensorsWriter.write(file, network.averaged(), ElementType.FLOAT32, Map.of());
        }
        try (Checkpoint weights = Safetensors.open(file);
                UNetNoisePredictor predictor =
                        UNetNoisePredictor.load(TINY, weights, Precision.FLOAT32);
                var manager = TorchEngine.newManager()) {
            final var x =
                    manager.create(
                            noisy, new ai.djl.ndarray.types.Shape(timesteps.length, 1, SIZE, SIZE));
            assertArrayEquals(
                    expected,
                    predictor.predict(x, new double[] {3, 250, 700}).toFloatArray(),
                    1e-5f);
        }
    }

    @Test
    void aResumedNetworkContinuesBitByBit(@TempDir Path folder) throws IOException {
        final Path file = folder.resolve("state.safetensors");
        final AdamStep step = new AdamStep(1e-3, 0.5);
        final Map<String, float[]> expected;
        try (TrainableNetwork network = start(Precision.FLOAT32)) {
            step(network, step, 1);
            step(network, step, 2);
            SafetensorsWriter.write(file, network.state(), ElementType.FLOAT32, Map.of());
            step(network, step, 3);
            expected = read(network.state());
        }
        try (Checkpoint state = Safetensors.open(file);
                TrainableNetwork network =
                        TrainableNetwork.resume(
                                TINY, state, Precision.FLOAT32, ComputeDevice.CPU)) {
            step(network, step, 3);
            final Map<String, float[]> actual = read(network.state());
            expected.forEach((name, values) -> assertArrayEquals(values, actual.get(name), name));
        }
    }

    @Test
    void badInputIsRefused() throws IOException {
        try (TrainableNetwork network = start(Precision.FLOAT32)) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> network.loss(new float[27], new float[3], new float[27], 3, 3));
            final float[] broken = noisy.clone();
            broken[5] = Float.NaN;
            assertThrows(
                    ArithmeticException.class,
                    () ->
                            network.step(
                                    broken, timesteps, noise, SIZE, SIZE, new AdamStep(1, 0), 1));
        }
        assertThrows(IllegalArgumentException.class, () -> new AdamStep(0, 0.5));
        assertThrows(IllegalArgumentException.class, () -> new AdamStep(1, 1.5));
    }
}
