/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.training;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.deqir.model.ModelCard;
import org.deqir.model.ModelWriter;
import org.deqir.network.checkpoint.Checkpoint;
import org.deqir.network.checkpoint.ElementType;

/** Makes an installed model of a training. */
public final class TrainedModel {

    private TrainedModel() {}

    /**
     * The card of a training's result.
     *
     * @param training the training, after its last step
     * @param name name of the model
     * @param author who trained it
     * @param data what the images are, in words
     * @param licence licence of the result; empty for that of the weights it started from
     */
    public static ModelCard card(
            Training training, String name, String author, String data, String licence) {
        final Origin.Terms terms = training.terms();
        final String title = ("Prior " + name).replaceAll("[^\\w +\\-()]", " ");
        return new ModelCard(
                title,
                "A diffusion prior for image restoration with DeqIR, trained by its user.",
                List.of(author),
                terms.citation(),
                terms.citationUrl(),
                licence.isEmpty() ? terms.licence() : licence,
                data
                        + ": "
                        + training.images()
                        + (terms.trainingData().isEmpty()
                                ? ""
                                : "; before that: " + terms.trainingData()),
                training.describe());
    }

    /**
     * Writes the averaged weights, in half precision, as a model. The folder appears under its name
     * only when it is complete.
     *
     * @param training the training, after its last step
     * @param card what people should know
     * @param folder the model's future folder, which must not exist
     * @throws FileAlreadyExistsException if it does
     * @throws IllegalArgumentException if the network's answer to a test image is not finite
     */
    public static void install(Training training, ModelCard card, Path folder) throws IOException {
        if (Files.exists(folder)) throw new FileAlreadyExistsException(folder.toString());
        Files.createDirectories(folder.toAbsolutePath().getParent());
        final Path partial = training.checkpoint().resolveSibling("model");
        delete(partial);
        try (Checkpoint weights = training.weights()) {
            ModelWriter.write(
                    partial,
                    card,
                    training.architecture(),
                    training.schedule(),
                    weights,
                    ElementType.FLOAT16);
            Files.move(partial, folder, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            delete(partial);
        }
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) return;
        final List<Path> paths;
        try (Stream<Path> walk = Files.walk(folder)) {
            paths = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (final Path path : paths) Files.delete(path);
    }
}
