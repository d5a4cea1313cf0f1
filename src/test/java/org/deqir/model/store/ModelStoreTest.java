/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.model.ModelCard;
import org.deqir.model.ModelDescriptor;
import org.deqir.model.ModelException;
import org.deqir.model.ScheduleDescription;
import org.deqir.network.checkpoint.ElementType;
import org.deqir.network.layout.GuidedDiffusionUNet;
import org.deqir.network.layout.NetworkArchitecture;
import org.deqir.network.layout.Precision;
import org.deqir.progress.Progress;
import org.deqir.testing.RandomCheckpoint;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("slow")
class ModelStoreTest {

    private static final NetworkArchitecture SMALL =
            new GuidedDiffusionUNet(
                    1, 32, 1, 1, List.of(2), List.of(1., 1.), -1, 2, -1, true, true, true, false);

    private static final ModelCard CARD =
            new ModelCard(
                    "A test model",
                    "For tests: \"quoted\", with a colon.",
                    List.of("Somebody", "Somebody else"),
                    "A paper",
                    "https://example.org/paper",
                    "CC0-1.0",
                    "nothing",
                    "random weights");

    @TempDir static Path original;
    private static ModelDescriptor written;

    @TempDir Path folder;
    private ModelStore store;

    @BeforeAll
    static void writeModel() throws IOException {
        written =
                ModelWriter.write(
                        original,
                        CARD,
                        SMALL,
                        new ScheduleDescription("linear", 1e-4, 0.02, 1000),
                        new RandomCheckpoint("", SMALL),
                        ElementType.BFLOAT16,
                        Progress.NONE);
    }

    @BeforeEach
    void copyModel() throws IOException {
        final Path copy = Files.createDirectory(folder.resolve("small"));
        try (Stream<Path> files = Files.list(original)) {
            for (Path file : files.toList()) Files.copy(file, copy.resolve(file.getFileName()));
        }
        store = new ModelStore(List.of(folder, folder.resolve("missing")));
    }

    @Test
    void readsTheDescriptorThatWasWritten() throws Exception {
        final InstalledModel model = store.find("small");
        assertEquals(written, model.descriptor());
        assertEquals(CARD, model.descriptor().card());
        assertEquals(SMALL, model.descriptor().architecture());
        assertEquals(1, model.descriptor().channels());
        assertTrue(model.problem().isEmpty());
        assertEquals(folder.resolve("small").toString(), model.place());
    }

    @Test
    void loadsAPrior() throws Exception {
        try (DiffusionPrior prior = store.find("small").load(Precision.FLOAT32)) {
            assertEquals("small", prior.name());
            assertEquals(written.weights().sha256(), prior.sha256());
            assertEquals(1, prior.channels());
            assertEquals(1000, prior.schedule().steps());
            assertEquals(1 - 1e-4, prior.schedule().alphaBar(0), 1e-12);
        }
    }

    @Test
    void listsWhatIsShippedAndInFoldersByName() {
        assertEquals(
                List.of("microscopy-color", "microscopy-gray", "small"),
                store.list().stream().map(InstalledModel::name).toList());
        for (InstalledModel model : store.list())
            assertTrue(model.problem().isEmpty(), model.problem().toString());
        assertEquals(
                "CC-BY-SA-4.0",
                new ModelStore(List.of()).list().get(0).descriptor().card().licence());
    }

    @Test
    void theIndexNamesEveryShippedFolder() throws Exception {
        try (Stream<Path> folders = Files.list(Path.of("models"))) {
            assertEquals(
                    folders.filter(Files::isDirectory)
                            .map(path -> path.getFileName().toString())
                            .sorted()
                            .toList(),
                    Files.readAllLines(Path.of("models", "index.txt")));
        }
    }

    @Test
    void aFolderHidesAShippedModelOfItsName() throws Exception {
        Files.move(folder.resolve("small"), folder.resolve("microscopy-gray"));
        assertEquals(CARD, store.find("microscopy-gray").descriptor().card());
    }

    @Test
    void saysWhichModelsThereAre() {
        final String message =
                assertThrows(ModelException.class, () -> store.find("smal")).getMessage();
        assertEquals(
                "There is no model named \"smal\"; installed are: microscopy-color,"
                        + " microscopy-gray, small.",
                message);
    }

    @Test
    void everyStoredTestBelongsToItsWeights() throws Exception {
        for (InstalledModel model : store.list())
            assertTrue(model.verify(Precision.FLOAT32) < 1e-4, model.name());
    }

    @Test
    void refusesWeightsThatWereChanged() throws Exception {
        final Path weights = folder.resolve("small").resolve("weights.safetensors");
        final byte[] bytes = Files.readAllBytes(weights);
        bytes[bytes.length - 1] ^= 1;
        Files.write(weights, bytes);
        final InstalledModel model = store.find("small");
        final String message =
                assertThrows(ModelException.class, () -> model.load(Precision.FLOAT32))
                        .getMessage();
        assertTrue(message.contains("was changed") && message.contains("small"), message);
    }

    @ParameterizedTest
    @CsvSource({
        "format_version: 0.5.3, format_version: 0.9.0, unknown format version 0.9.0",
        "type: model, type: dataset, does not describe a model",
        "format: 1, format: 2, unknown format 2",
        "deqir:, other:, no section config.deqir",
        "type: linear, type: sinusoidal, type sinusoidal",
        "steps: 1000, steps: 1, has 1 steps",
        "steps: 1000, steps: many, config.deqir.schedule.steps is not an integer",
        "predicts: epsilon, predicts: score, predicts score",
        "last: 0.02, last: 2, variance of the noise schedule is 2.0",
        "source: weights.safetensors, source: ../weights.safetensors, not a plain name",
        "source: weights.safetensors, source: other.safetensors, other.safetensors is missing",
        "layout: guided-diffusion, layout: transformer, no network layout transformer",
        "license: CC0-1.0, licence: CC0-1.0, lacks license",
        "type: model, type: !!javax.script.ScriptEngineManager [], not valid YAML",
        "type: model, '{', not valid YAML",
        "type: model, type: &a [*a], type is not a text",
        "in_channels: 1, in_channels: &a [[*a]], in_channels is something else",
        "num_res_blocks: 1, num_res_blocks: 2000000000, 1 to 64"
    })
    void listsABrokenModelWithTheReason(String text, String replacement, String reason)
            throws Exception {
        edit(yaml -> yaml.replace(text, replacement));
        assertBroken(reason);
    }

    /** Descriptors that were written before networks could predict anything else. */
    @Test
    void aDescriptorThatDoesNotSayWhatIsPredictedMeansTheNoise() throws Exception {
        edit(yaml -> yaml.replaceAll("(?m)^ *predicts: epsilon\n", ""));
        assertEquals(written, store.find("small").descriptor());
    }

    @Test
    void listsAFolderWithoutDescriptorAsBroken() throws Exception {
        Files.delete(folder.resolve("small").resolve("bioimageio.yaml"));
        assertBroken("has no bioimageio.yaml");
        Files.createDirectories(folder.resolve("small").resolve("bioimageio.yaml"));
        assertBroken("has no bioimageio.yaml");
    }

    @Test
    void refusesADescriptorWhoseArchitectureDoesNotFitTheWeights() throws Exception {
        edit(yaml -> yaml.replace("num_res_blocks: 1", "num_res_blocks: 2"));
        final InstalledModel model = store.find("small");
        final String message =
                assertThrows(ModelException.class, () -> model.load(Precision.FLOAT32))
                        .getMessage();
        assertTrue(message.contains("missing: ") && message.contains("small"), message);
    }

    private void edit(UnaryOperator<String> change) throws IOException {
        final Path file = folder.resolve("small").resolve("bioimageio.yaml");
        final String before = Files.readString(file);
        final String after = change.apply(before);
        assertFalse(after.equals(before));
        Files.writeString(file, after);
    }

    private void assertBroken(String reason) throws Exception {
        final InstalledModel model = store.find("small");
        assertTrue(model.problem().orElse("").contains(reason), model.problem().toString());
        assertThrows(IllegalStateException.class, model::descriptor);
        final String message =
                assertThrows(ModelException.class, () -> model.load(Precision.FLOAT32))
                        .getMessage();
        assertTrue(
                message.startsWith("The model small is broken: ") && message.endsWith("."),
                message);
    }
}
