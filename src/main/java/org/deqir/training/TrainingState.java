/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.training;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonSyntaxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.deqir.model.ScheduleDescription;
import org.deqir.network.TrainableNetwork;
import org.deqir.network.checkpoint.CheckpointException;
import org.deqir.network.checkpoint.ElementType;
import org.deqir.network.checkpoint.Safetensors;
import org.deqir.network.checkpoint.SafetensorsWriter;
import org.deqir.network.layout.ArchitectureInference;
import org.deqir.network.layout.NetworkArchitecture;

/**
 * All of a training that is not the network itself, as it is stored with it in one safetensors
 * file: there is no state of a random number generator, see {@link StepRandom}.
 */
final class TrainingState {

    private static final String KEY = "deqir_training";
    private static final int FORMAT = 1;
    private static final Gson JSON =
            new GsonBuilder().serializeSpecialFloatingPointValues().create();

    int format = FORMAT;
    String layout;
    Map<String, Object> configuration;
    ScheduleDescription schedule;
    TrainingSettings settings;
    String origin;
    String images;
    int shrink;
    Origin.Terms terms;
    String fingerprint;
    long step;
    double seconds;
    double lossSum;
    long lossCount;
    List<Measurement> history = new ArrayList<>();

    NetworkArchitecture architecture() {
        return ArchitectureInference.of(layout, configuration);
    }

    /** Writes a file that is complete or not there. */
    void write(Path file, TrainableNetwork network) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        SafetensorsWriter.write(
                file, network.state(), ElementType.FLOAT32, Map.of(KEY, JSON.toJson(this)));
    }

    /**
     * Reads what belongs to a file.
     *
     * @throws CheckpointException if it is no stopped training
     */
    static TrainingState read(Safetensors file) throws CheckpointException {
        final String text = file.metadata().get(KEY);
        if (text == null)
            throw new CheckpointException("The file does not hold a stopped training.");
        try {
            final TrainingState state = JSON.fromJson(text, TrainingState.class);
            if (state.format != FORMAT)
                throw new CheckpointException(
                        "The stopped training has the unknown format %s; known is %s."
                                .formatted(state.format, FORMAT));
            return state;
        } catch (JsonSyntaxException e) {
            throw new CheckpointException("The description of the stopped training is damaged.", e);
        }
    }
}
