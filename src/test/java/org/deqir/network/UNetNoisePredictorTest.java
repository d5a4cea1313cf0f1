/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.deqir.network.checkpoint.Checkpoint;
import org.deqir.testing.Fixtures;
import org.deqir.testing.Npz;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class UNetNoisePredictorTest {

    static List<Arguments> checkpoints() {
        final List<Arguments> result = new ArrayList<>();
        for (JsonObject c : Fixtures.cases("network"))
            for (JsonElement file : c.getAsJsonArray("checkpoints"))
                for (Precision precision : Precision.values())
                    result.add(
                            Arguments.of(
                                    c.get("name").getAsString(), file.getAsString(), precision));
        return result;
    }

    @SuppressWarnings("unchecked")
    static NetworkArchitecture architecture(String name) {
        final JsonObject c = Fixtures.networkCase(name);
        final Map<String, Object> configuration = new Gson().fromJson(c.get("config"), Map.class);
        final String layout =
                c.get("architecture").getAsString().startsWith("guided-diffusion")
                        ? GuidedDiffusionUNet.LAYOUT
                        : DdpmUNet.LAYOUT;
        return ArchitectureInference.of(layout, configuration);
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void agreesWithTheReference(String name, String file, Precision precision) throws Exception {
        final Npz expected = Npz.fixture(name);
        // A checkpoint that was rounded to 16 bits gives the result of rounded weights.
        final double rounding = file.contains("half") ? 1e-3 : file.contains("bfloat16") ? 1e-2 : 0;
        final double tolerance = rounding + (precision == Precision.FLOAT32 ? 1e-5 : 2e-2);
        try (Checkpoint checkpoint = Checkpoint.open(Fixtures.file(file));
                UNetNoisePredictor predictor =
                        UNetNoisePredictor.load(architecture(name), checkpoint, precision);
                NDManager manager = TorchEngine.newManager()) {
            for (String size :
                    expected.names().contains("x_rect") ? List.of("", "_rect") : List.of("")) {
                final NDArray noise =
                        predictor.predict(
                                expected.array("x" + size, manager), expected.doubles("t" + size));
                final float[] reference =
                        noiseChannels(expected, "out" + size, predictor.channels());
                final double d = Fixtures.relativeDifference(noise.toFloatArray(), reference);
                assertTrue(d <= tolerance, "relative difference " + d);
            }
        }
    }

    /** The first channels of a network's output. */
    private static float[] noiseChannels(Npz npz, String name, int channels) {
        final long[] shape = npz.shape(name);
        final float[] all = npz.floats(name);
        final int plane = (int) (shape[2] * shape[3]);
        final float[] result = new float[(int) shape[0] * channels * plane];
        for (int n = 0; n < shape[0]; n++)
            System.arraycopy(
                    all,
                    n * (int) shape[1] * plane,
                    result,
                    n * channels * plane,
                    channels * plane);
        return result;
    }
}
