/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.prior;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.model.store.ModelStore;
import org.deqir.network.TorchEngine;
import org.deqir.testing.TinyModel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Priors are in memory as long as somebody uses them or their model is installed. */
@Tag("slow")
class DefaultPriorServiceTest {

    @TempDir Path models;

    private ModelStore store;
    private DefaultPriorService service;

    @BeforeEach
    void installModels() throws IOException {
        store = new ModelStore(List.of(models));
        for (final String name : List.of("first", "second")) TinyModel.install(store, name);
        service =
                new DefaultPriorService() {
                    @Override
                    public Path modelFolder() {
                        return models;
                    }
                };
    }

    @AfterEach
    void freeMemory() {
        service.dispose();
    }

    private PriorUse use(String name) {
        return service.use(name, List.of(1), "float32", "cpu");
    }

    /** The network's answer to an image; it has none when its weights are freed. */
    private static float[] answer(DiffusionPrior prior) {
        try (NDManager manager = TorchEngine.newManager()) {
            return prior.predictor()
                    .predict(
                            manager.ones(new Shape(1, 1, 16, 16), DataType.FLOAT32),
                            new double[] {100})
                    .toFloatArray();
        }
    }

    private static void assertFreed(DiffusionPrior prior) {
        assertThrows(IllegalStateException.class, () -> answer(prior));
    }

    @Test
    void anInstalledPriorStaysLoadedBetweenUses() {
        final DiffusionPrior prior;
        try (PriorUse use = use("first")) {
            prior = use.prior();
        }
        service.releaseRemoved();
        try (PriorUse use = use("first")) {
            assertSame(prior, use.prior());
            assertTrue(answer(prior).length > 0);
        }
    }

    @Test
    void aRemovedPriorIsFreedAtOnceIfNobodyUsesIt() throws IOException {
        final DiffusionPrior removed;
        try (PriorUse use = use("first")) {
            removed = use.prior();
        }
        final DiffusionPrior kept;
        try (PriorUse use = use("second")) {
            kept = use.prior();
        }
        store.remove("first");
        service.releaseRemoved();
        assertFreed(removed);
        answer(kept);
    }

    @Test
    void aRemovedPriorThatIsUsedIsFreedWhenTheLastUseEnds() throws IOException {
        final PriorUse one = use("first");
        final PriorUse two = use("first");
        final DiffusionPrior removed = one.prior();
        final float[] before = answer(removed);
        store.remove("first");
        service.releaseRemoved();
        assertThrows(IllegalArgumentException.class, () -> use("first"));
        one.close();
        one.close();
        assertArrayEquals(before, answer(removed), "the other use goes on");
        two.close();
        assertFreed(removed);
    }

    @Test
    void aRenamedPriorIsLoadedUnderItsNewName() throws IOException {
        final DiffusionPrior old;
        final float[] before;
        try (PriorUse use = use("first")) {
            old = use.prior();
            before = answer(old);
        }
        store.rename("first", "third");
        service.releaseRemoved();
        assertFreed(old);
        try (PriorUse use = use("third")) {
            assertNotSame(old, use.prior());
            assertArrayEquals(before, answer(use.prior()));
        }
    }

    /** The name is given back while somebody still uses the prior: it is the same one. */
    @Test
    void aPriorThatComesBackWhileItIsUsedStays() throws IOException {
        final PriorUse use = use("first");
        store.rename("first", "third");
        service.releaseRemoved();
        store.rename("third", "first");
        final PriorUse again = use("first");
        assertSame(use.prior(), again.prior());
        use.close();
        again.close();
        answer(again.prior());
    }

    /** A user who deletes the folder, not the model. */
    @Test
    void aPriorWhoseFolderIsGoneIsFreedAtTheNextUseOfAny() throws IOException {
        final DiffusionPrior removed;
        try (PriorUse use = use("first")) {
            removed = use.prior();
        }
        try (Stream<Path> files = Files.list(models.resolve("first"))) {
            for (final Path file : files.toList()) Files.delete(file);
        }
        use("second").close();
        assertFreed(removed);
    }
}
