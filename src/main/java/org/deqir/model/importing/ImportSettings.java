/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model.importing;

import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.LinkedHashMap;
import java.util.Map;
import org.deqir.model.Intensities;
import org.deqir.model.ModelCard;
import org.deqir.model.Prediction;
import org.deqir.model.ScheduleDescription;
import org.deqir.network.checkpoint.ElementType;

/**
 * What the user says of a checkpoint that is imported. What is null or empty is found out from the
 * file, or else stays "not stated".
 *
 * @param type format in which the weights are stored: float32, float16 or bfloat16
 * @param architecture settings of the network that are known, by the names of its layout's own
 *     configuration
 * @param schedule noise schedule it was trained with; null if not known
 * @param intensities convention of its images; null if not known
 * @param prediction what it predicts; null if not known
 * @param title name for people
 * @param authors who made it
 * @param licence SPDX identifier of the licence of the weights
 * @param citation text with which to cite it
 * @param citationUrl where the cited work is found
 * @param trainingData what it was trained on
 * @param weights which of several networks in the file: what stands before the names of its
 *     parameters; empty for the averaged weights
 */
@RecordBuilder
@RecordBuilder.Options(builderClassModifiers = {})
public record ImportSettings(
        ElementType type,
        Map<String, ?> architecture,
        ScheduleDescription schedule,
        Intensities intensities,
        Prediction prediction,
        String title,
        String authors,
        String licence,
        String citation,
        String citationUrl,
        String trainingData,
        String weights)
        implements ImportSettingsBuilder.With {

    /** Without a choice among several networks. */
    ImportSettings(
            ElementType type,
            Map<String, ?> architecture,
            ScheduleDescription schedule,
            Intensities intensities,
            Prediction prediction,
            String title,
            String authors,
            String licence,
            String citation,
            String citationUrl,
            String trainingData) {
        this(
                type,
                architecture,
                schedule,
                intensities,
                prediction,
                title,
                authors,
                licence,
                citation,
                citationUrl,
                trainingData,
                "");
    }

    /** Nothing is known; weights are stored in float32. */
    public static final ImportSettings UNKNOWN =
            new ImportSettings(
                    ElementType.FLOAT32, Map.of(), null, null, null, "", "", "", "", "", "");

    /** Copies the settings of the architecture. */
    public ImportSettings {
        architecture = Map.copyOf(architecture);
    }

    /** The same with what a package says where the user said nothing. */
    ImportSettings orElse(Map<String, ?> configuration, ModelCard card) {
        final Map<String, Object> known = new LinkedHashMap<>(configuration);
        known.putAll(architecture);
        return new ImportSettings(
                type,
                known,
                schedule,
                intensities,
                prediction,
                or(title, card.title()),
                or(authors, String.join(", ", card.authors())),
                or(licence, card.licence()),
                or(citation, card.citation()),
                or(citationUrl, card.citationUrl()),
                or(trainingData, card.trainingData()),
                weights);
    }

    private static String or(String text, String otherwise) {
        return text.isBlank() ? otherwise : text;
    }
}
