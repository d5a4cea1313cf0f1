/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model.importing;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.deqir.model.ModelCard;
import org.deqir.model.ModelDescriptor;
import org.deqir.model.ModelDescriptor.StoredFile;
import org.deqir.model.YamlSection;

/**
 * A model of the BioImage Model Zoo that another program wrote: weights of PyTorch and what is said
 * about them. Whether they are those of a diffusion network turns out when they are imported.
 *
 * @param weights file with the weights
 * @param configuration arguments of the network's constructor
 * @param card what people should know about it
 */
record ZooModel(StoredFile weights, Map<String, Object> configuration, ModelCard card) {

    /**
     * Reads a descriptor, version 0.4 or 0.5.
     *
     * @throws IllegalArgumentException if it describes no weights of PyTorch
     */
    static ZooModel parse(String yaml) {
        final YamlSection model = ModelDescriptor.model(yaml);
        final YamlSection weights = model.section("weights");
        if (!weights.has("pytorch_state_dict"))
            throw new IllegalArgumentException(
                    "The model has no weights that could be imported (pytorch_state_dict), only: "
                            + String.join(", ", weights.values().keySet())
                            + ".");
        final YamlSection stateDict = weights.section("pytorch_state_dict");
        final YamlSection described =
                stateDict.values().get("architecture") instanceof Map
                        ? stateDict.section("architecture")
                        : stateDict;
        final List<String> authors = new ArrayList<>();
        if (model.has("authors"))
            for (YamlSection author : model.sections("authors")) authors.add(author.text("name"));
        if (authors.isEmpty()) authors.add(ModelCard.NOT_STATED);
        String citation = "";
        String url = "";
        if (model.has("cite")) {
            final YamlSection cited = model.sections("cite").get(0);
            citation = cited.has("text") ? cited.text("text") : "";
            if (cited.has("url")) url = cited.text("url");
            else if (cited.has("doi")) url = "https://doi.org/" + cited.text("doi");
        }
        return new ZooModel(
                new StoredFile(stateDict.text("source"), stateDict.text("sha256")),
                described.has("kwargs") ? described.section("kwargs").values() : Map.of(),
                new ModelCard(
                        ModelCard.titleFrom(model.text("name")),
                        model.has("description") ? model.text("description") : "",
                        authors,
                        citation,
                        url,
                        model.has("license") ? model.text("license") : ModelCard.NOT_STATED,
                        "",
                        ""));
    }
}
