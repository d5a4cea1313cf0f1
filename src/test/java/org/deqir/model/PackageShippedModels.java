/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model;

import com.google.gson.Gson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.deqir.model.store.ModelWriter;
import org.deqir.network.checkpoint.Checkpoint;
import org.deqir.network.checkpoint.ElementType;
import org.deqir.network.layout.GuidedDiffusionUNet;
import org.deqir.progress.Progress;

/**
 * Makes the folders below {@code models/} from trained checkpoints.
 *
 * <p>Arguments: the folder with {@code microscopy-gray.pt}, {@code microscopy-gray.json} and the
 * same for color, and the folder to write to. The JSON files hold the configuration in the names of
 * guided-diffusion.
 */
public final class PackageShippedModels {

    private static final ScheduleDescription SCHEDULE =
            new ScheduleDescription("linear", 1e-4, 0.02, 1000);

    private PackageShippedModels() {}

    public static void main(String[] arguments) throws IOException {
        final Path from = Path.of(arguments[0]);
        final Path to = Path.of(arguments[1]);
        write(
                from,
                to,
                "microscopy-gray",
                card(
                        "Microscopy gray",
                        "Prior of grey-scale microscopy images: fluorescence, phase contrast,"
                                + " bright field and electron microscopy.",
                        "fluorescence, phase contrast, bright field and electron microscopy images"
                                + " (BBBC038 under CC0; others under BSD, MIT, Apache-2.0 and"
                                + " CC-BY-4.0), natural images for the statistics of edges and"
                                + " texture (CC-BY-SA-4.0, Unsplash, Debian's free licences);"
                                + " flipped, transposed, shrunk up to 4 times, contrast, gamma and"
                                + " polarity varied; patches of 64 x 64 and 96 x 96"
                                + " pixels",
                        "trained from scratch for this project: about 11000 steps of 16 patches,"
                                + " the last 3900 with 70 % of the noise levels drawn evenly in log"
                                + " sigma from 0.01 to 2.5, the last 3000 without noisy patches;"
                                + " then 3391 steps of 32 patches (the last 1700 of 16 patches of"
                                + " 96 x 96 pixels), 85 % evenly in log sigma, a tenth of the"
                                + " patches drawn: faint spots and filaments on a ground"));
        write(
                from,
                to,
                "microscopy-color",
                card(
                        "Microscopy color",
                        "Prior of RGB microscopy images: stained tissue and blood smears.",
                        "stained tissue (CC0), blood smears (MIT), natural images for the"
                                + " statistics of edges and texture (CC-BY-SA-4.0, Unsplash,"
                                + " Debian's free licences); patches of 64 x 64 pixels",
                        "trained for this project from microscopy-gray: 2500 steps of 16 patches,"
                                + " 60 % of the noise levels drawn evenly in log sigma"));
        Files.writeString(to.resolve("index.txt"), "microscopy-color\nmicroscopy-gray\n");
    }

    private static ModelCard card(
            String title, String description, String trainingData, String provenance) {
        return new ModelCard(
                title,
                description,
                List.of("DeqIR for Fiji developers"),
                "DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium",
                "https://github.com/deqir/deqir-fiji",
                "CC-BY-SA-4.0",
                trainingData,
                provenance);
    }

    @SuppressWarnings("unchecked")
    private static void write(Path from, Path to, String name, ModelCard card) throws IOException {
        final Map<String, Object> configuration =
                new Gson().fromJson(Files.readString(from.resolve(name + ".json")), Map.class);
        try (Checkpoint checkpoint = Checkpoint.open(from.resolve(name + ".pt"))) {
            ModelWriter.write(
                    to.resolve(name),
                    card,
                    GuidedDiffusionUNet.of(configuration),
                    SCHEDULE,
                    checkpoint,
                    ElementType.FLOAT16,
                    Progress.NONE);
        }
    }
}
