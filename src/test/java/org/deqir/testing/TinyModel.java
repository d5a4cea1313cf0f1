/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.deqir.model.ModelCard;
import org.deqir.model.ScheduleDescription;
import org.deqir.model.store.InstalledModel;
import org.deqir.model.store.ModelStore;
import org.deqir.model.store.ModelWriter;
import org.deqir.network.checkpoint.ElementType;
import org.deqir.progress.Progress;
import org.deqir.training.NetworkSize;

/** A small network of random weights as an installed model. */
public final class TinyModel {

    private static final String NAME = "tiny";

    private TinyModel() {}

    /** The model in a folder of models, where it is installed unless it is there. */
    public static InstalledModel in(Path models) {
        final ModelStore store = new ModelStore(List.of(models));
        try {
            return Files.exists(models.resolve(NAME)) ? store.find(NAME) : install(store, NAME);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Installs the model under a name. */
    public static InstalledModel install(ModelStore store, String name) throws IOException {
        return store.install(
                name,
                folder ->
                        ModelWriter.write(
                                folder,
                                new ModelCard(
                                        "Model " + name,
                                        "",
                                        List.of("a"),
                                        "",
                                        "",
                                        ModelCard.NOT_STATED,
                                        "",
                                        ""),
                                NetworkSize.TINY.architecture(1),
                                new ScheduleDescription("linear", 1e-4, 0.02, 1000),
                                new RandomCheckpoint("", NetworkSize.TINY.architecture(1)),
                                ElementType.FLOAT32,
                                Progress.NONE));
    }
}
