/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model;

import java.util.List;
import java.util.regex.Pattern;

/**
 * What users should know about a prior: authors, licence, training data.
 *
 * @param title name for people, 5 to 128 letters, digits, spaces, dashes, underscores or brackets
 * @param description what the model is for, in a sentence or two
 * @param authors who made it, at least one
 * @param citation text with which to cite it
 * @param citationUrl where the cited work is found
 * @param licence SPDX identifier of the licence of the weights, or {@link #NOT_STATED}
 * @param trainingData what it was trained on, with licences
 * @param provenance how it was trained and from what
 */
public record ModelCard(
        String title,
        String description,
        List<String> authors,
        String citation,
        String citationUrl,
        String licence,
        String trainingData,
        String provenance) {

    /** Stands for a licence, citation or training data that nobody told. */
    public static final String NOT_STATED = "not stated";

    private static final Pattern TITLE = Pattern.compile("[\\w +\\-()]{5,128}");

    /**
     * Checks title and authors.
     *
     * @throws IllegalArgumentException if the title is not one or there is no author
     */
    public ModelCard {
        authors = List.copyOf(authors);
        if (!TITLE.matcher(title).matches())
            throw new IllegalArgumentException(
                    "The model's name \""
                            + title
                            + "\" is not 5 to 128 letters, digits, spaces, dashes, underscores or"
                            + " brackets.");
        if (authors.isEmpty()) throw new IllegalArgumentException("The model names no author.");
    }

    /** {@return a title made of any text} */
    public static String titleFrom(String text) {
        final String title = text.replaceAll("[^\\w +\\-()]", "-").replaceAll("\\s+", " ").strip();
        final String longer = title.length() < 5 ? title + " prior" : title;
        return longer.substring(0, Math.min(longer.length(), 128));
    }

    /** {@return the card as a text for people} */
    public String toMarkdown() {
        return "# %s\n\n%s\n\nTrained on: %s\n\nHow: %s\n\nLicence of the weights: %s\n"
                .formatted(title, description, trainingData, provenance, licence);
    }
}
