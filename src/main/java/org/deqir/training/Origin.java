/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.training;

import org.deqir.model.ModelCard;
import org.deqir.model.ModelDescriptor;
import org.deqir.model.Prediction;
import org.deqir.model.ScheduleDescription;
import org.deqir.model.store.InstalledModel;
import org.deqir.network.checkpoint.Checkpoint;
import org.deqir.network.layout.NetworkArchitecture;

/**
 * The weights and architecture that a training starts from.
 *
 * @param architecture the network
 * @param schedule the noise schedule
 * @param weights the first weights, under exactly the names of the architecture; not needed after
 *     the start
 * @param terms what holds for the weights
 * @param description where they come from, for the provenance: a model and its hash, or chance
 */
public record Origin(
        NetworkArchitecture architecture,
        ScheduleDescription schedule,
        Checkpoint weights,
        Terms terms,
        String description) {

    /**
     * {@return a training that goes on from an installed model}
     *
     * @throws IllegalArgumentException if the model does not predict the noise, as training has it
     */
    public static Origin of(InstalledModel model, Checkpoint weights) {
        final ModelDescriptor descriptor = model.descriptor();
        final ModelCard card = descriptor.card();
        if (descriptor.prediction() != Prediction.EPSILON)
            throw new IllegalArgumentException(
                    String.format(
                            "The model %s predicts %s, but training can go on only from models"
                                    + " that predict the noise (epsilon).",
                            model.name(), descriptor.prediction().key()));
        return new Origin(
                descriptor.architecture(),
                descriptor.schedule(),
                weights,
                new Terms(card.licence(), card.citation(), card.citationUrl(), card.trainingData()),
                "the model %s (SHA-256 of the weights %s)"
                        .formatted(model.name(), descriptor.weights().sha256()));
    }

    /**
     * Terms of use of the first weights, which the result inherits.
     *
     * @param licence SPDX identifier of their licence
     * @param citation text with which to cite them
     * @param citationUrl where the cited work is found
     * @param trainingData what they were trained on; empty for nothing
     */
    public record Terms(String licence, String citation, String citationUrl, String trainingData) {

        /** Of weights drawn at random: nobody's. */
        public static final Terms UNSTATED =
                new Terms(
                        "LicenseRef-not-stated",
                        "Dhariwal and Nichol, Diffusion models beat GANs on image synthesis, 2021"
                                + " (the network's layout)",
                        "https://arxiv.org/abs/2105.05233",
                        "");
    }
}
