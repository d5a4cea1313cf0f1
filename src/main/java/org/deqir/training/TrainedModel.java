/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.training;

import java.io.IOException;
import java.util.List;
import org.deqir.model.ModelCard;
import org.deqir.model.store.InstalledModel;
import org.deqir.model.store.ModelStore;
import org.deqir.model.store.ModelWriter;
import org.deqir.network.checkpoint.Checkpoint;
import org.deqir.network.checkpoint.ElementType;
import org.deqir.progress.Progress;

/** Makes an installed model of a training. */
public final class TrainedModel {

    private TrainedModel() {}

    /**
     * {@return the card of a training's result}
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
     * Installs the averaged weights, in half precision, as a model. It is there as a whole or not
     * at all.
     *
     * @param training the training, after its last step
     * @param card what people should know
     * @param store where to install it
     * @param name of the new model
     * @param progress shows how far the work is, and is asked whether to go on
     * @return the model
     * @throws org.deqir.model.ModelException if there is a model of this name or the name cannot be
     *     one
     * @throws IllegalArgumentException if the network's answer to a test image is not finite
     * @throws java.util.concurrent.CancellationException if the user cancelled
     */
    public static InstalledModel install(
            Training training, ModelCard card, ModelStore store, String name, Progress progress)
            throws IOException {
        return store.install(
                name,
                folder -> {
                    try (Checkpoint weights = training.weights()) {
                        ModelWriter.write(
                                folder,
                                card,
                                training.architecture(),
                                training.schedule(),
                                weights,
                                ElementType.FLOAT16,
                                progress);
                    }
                });
    }
}
