/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.deqir.Sampling;
import org.deqir.Whole;
import org.deqir.image.IntensityLimits;
import org.deqir.image.IntensityRange;
import org.deqir.network.layout.Precision;
import org.deqir.physics.Degradation;
import org.deqir.physics.VolumeDegradation;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.volume.WholeVolume;

/**
 * All that is decided once for an image that is restored in blocks, stored as JSON beside the
 * output. Plan and input define the result.
 *
 * @param format {@value #FORMAT}
 * @param input full path of the OME-Zarr image
 * @param command the command as in the menu, for the record
 * @param keys its keys as in a macro, for the record
 * @param version of the program that planned
 * @param model name of the prior, whose files are kept beside the plan
 * @param modelSha256 hash of its weights
 * @param precision number format of the network
 * @param cores processor cores that a block is restored with; rounding depends on it
 * @param degradation what happened to every plane; null where missing pixels are filled or volumes
 *     restored
 * @param volume what happened to every volume; null where planes are restored
 * @param missing which pixels are missing; null where a degradation is stated
 * @param limits grey levels at which the input was clipped
 * @param fillIsolated whether isolated pixels take their neighbours' median first, which is so
 *     where the noise was estimated
 * @param channels what was measured on each channel of the restored part, in their order
 * @param grid the blocks
 * @param findings what was found about the noise, in words
 */
public record BlockPlan(
        int format,
        String input,
        String command,
        String keys,
        String version,
        String model,
        String modelSha256,
        Precision precision,
        int cores,
        Degradation degradation,
        VolumeDegradation volume,
        MissingRule missing,
        IntensityLimits limits,
        boolean fillIsolated,
        List<Channel> channels,
        BlockGrid grid,
        List<String> findings) {

    /** Version of the form in which plans are stored. */
    public static final int FORMAT = 3;

    private static final String FOLDER = ".deqir";
    private static final String FILE = "plan.json";

    /**
     * What one channel is restored with.
     *
     * @param noise its noise
     * @param sampling settings with the binning and the solver that were chosen
     * @param whole what was measured on it; null if it holds nothing to restore, or volumes
     * @param volume what was measured on its volumes; null if it holds nothing to restore, or
     *     planes
     */
    public record Channel(NoiseModel noise, Sampling sampling, Whole whole, WholeVolume volume) {

        /** {@return whether it holds nothing to restore} */
        public boolean isEmpty() {
            return whole == null && volume == null;
        }

        /** {@return the range of its grey levels; null where it is empty} */
        public IntensityRange range() {
            if (volume != null) return volume.range();
            return whole == null ? null : whole.range();
        }
    }

    /** {@return how many of the last axes are restored together: 2 for planes, 3 for volumes} */
    public int dimensions() {
        return volume == null ? 2 : 3;
    }

    /** The folder of an output that holds the plan, the model and the logs. */
    static Path folder(Path output) {
        return output.resolve(FOLDER);
    }

    /**
     * Reads the plan of an output.
     *
     * @return what was decided
     * @throws IOException if there is none or it is damaged; the message names the file
     */
    public static BlockPlan read(Path output) throws IOException {
        final Path file = folder(output).resolve(FILE);
        final String text;
        try {
            text = Files.readString(file);
        } catch (final NoSuchFileException e) {
            throw new IOException(
                    output + " holds no plan; make one with: deqir-blocks plan -i … -o " + output,
                    e);
        }
        try {
            final JsonObject json = JsonParser.parseString(text).getAsJsonObject();
            if (!json.has("format") || json.get("format").getAsInt() != FORMAT)
                throw new IllegalArgumentException("it is of another version of DeqIR");
            return (BlockPlan) RecordJson.read(json, BlockPlan.class, "plan");
        } catch (final JsonParseException | IllegalArgumentException | IllegalStateException e) {
            throw new IOException(file + " cannot be used: " + e.getMessage(), e);
        }
    }

    /** Stores the plan beside its output. */
    void write(Path output) throws IOException {
        Files.createDirectories(folder(output));
        final Path part = folder(output).resolve(FILE + ".part");
        Files.writeString(
                part,
                new GsonBuilder()
                        .setPrettyPrinting()
                        .serializeNulls()
                        .disableHtmlEscaping()
                        .create()
                        .toJson(RecordJson.write(this, BlockPlan.class)));
        Files.move(part, folder(output).resolve(FILE));
    }
}
