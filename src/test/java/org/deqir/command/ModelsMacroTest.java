/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.deqir.model.Prediction;
import org.deqir.model.store.InstalledModel;
import org.deqir.model.store.ModelStore;
import org.deqir.network.NetworkFixtures;
import org.deqir.network.checkpoint.ElementType;
import org.deqir.network.checkpoint.SafetensorsWriter;
import org.deqir.network.layout.NetworkArchitecture;
import org.deqir.testing.Fixtures;
import org.deqir.testing.MacroRunner;
import org.deqir.testing.RandomCheckpoint;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Importing and managing models by the text of a real macro, headless. */
@Tag("slow")
class ModelsMacroTest {

    private static final String PLAIN = "heads=2 attention=new schedule=linear";

    @TempDir Path imagej;

    private Path models;

    @BeforeEach
    void installModelsHere() {
        models = imagej.resolve("models").resolve("deqir");
        SmootherService.modelsIn(models);
    }

    @AfterEach
    void installModelsWhereTheyBelong() {
        SmootherService.modelsIn(null);
    }

    private static String read(Path file, String options) {
        return "run('DeqIR Import Model...', 'file=[%s] %s');\n".formatted(slashed(file), options);
    }

    private static String slashed(Path file) {
        return file.toAbsolutePath().toString().replace('\\', '/');
    }

    private static String manage(String options) {
        return "run('DeqIR Models...', '%s');\n".formatted(options);
    }

    private InstalledModel installed(String name) throws IOException {
        return new ModelStore(List.of(models)).find(name);
    }

    @Test
    void importsAModelThatCommandsCanUseAtOnce() throws Exception {
        final MacroRunner.Result result =
                MacroRunner.run(
                        read(
                                        Fixtures.file("guided-plain-gray-half.pt"),
                                        PLAIN
                                                + " name=mine precision=bfloat16 prediction=v licence=MIT"
                                                + " author=[A. Nonymous] data=[my own images]")
                                + "newImage('noisy', '16-bit ramp', 24, 20, 1);"
                                + "run('DeqIR Denoise...', 'noise=gaussian sigma=500 model=mine');");
        assertEquals(
                1,
                result.succeeded().titles().stream().filter(t -> t.contains("denoised")).count());
        final InstalledModel model = installed("mine");
        assertEquals("MIT", model.descriptor().card().licence());
        assertEquals(Prediction.V, model.descriptor().prediction());
        assertEquals(List.of("A. Nonymous"), model.descriptor().card().authors());
        assertEquals("my own images", model.descriptor().card().trainingData());
        assertEquals("not stated", model.descriptor().card().citation().substring(0, 10));
    }

    /** Another network under a name that was used, loaded and removed in the same ImageJ. */
    @Test
    void neverUsesARemovedModel() throws Exception {
        final NetworkArchitecture plain = NetworkFixtures.architecture("guided-plain-gray");
        final Path other = imagej.resolve("other.safetensors");
        SafetensorsWriter.write(
                other, new RandomCheckpoint("", plain), ElementType.FLOAT32, Map.of());
        final String denoise =
                "newImage('%s', '32-bit ramp', 24, 20, 1);"
                        + "run('DeqIR Denoise...', 'noise=gaussian sigma=0.1 model=same');"
                        + "print(getValue('StdDev')); close();";
        final String[] log =
                MacroRunner.run(
                                read(Fixtures.file("guided-plain-gray.pt"), PLAIN + " name=same")
                                        + denoise.formatted("a")
                                        + manage("action=remove model=same confirm=true")
                                        + read(other, PLAIN + " name=same")
                                        + denoise.formatted("b"))
                        .succeeded()
                        .log()
                        .lines()
                        .filter(line -> line.matches("[\\d.]+"))
                        .toArray(String[]::new);
        assertEquals(2, log.length);
        assertFalse(log[0].equals(log[1]), log[0]);
    }

    @Test
    void listsWhatIsInstalledAndWhatIsBroken() throws Exception {
        MacroRunner.run(read(Fixtures.file("guided-plain-gray.pt"), PLAIN + " name=good"))
                .succeeded();
        for (String name : List.of("changed", "unknown", "incomplete", "scheduled"))
            copy(models.resolve("good"), models.resolve(name));
        Files.createDirectories(models.resolve("empty"));
        final Path weights = models.resolve("changed").resolve("weights.safetensors");
        final byte[] bytes = Files.readAllBytes(weights);
        bytes[bytes.length - 2] ^= 1;
        Files.write(weights, bytes);
        edit("unknown", "format_version: 0.5.3", "format_version: 7.0.0");
        edit("scheduled", "type: linear", "type: exponential");
        Files.delete(models.resolve("incomplete").resolve("test-noise.npy"));
        final String log =
                MacroRunner.run(
                                manage("action=list")
                                        + "for (i = 0; i < nResults; i++) print(getResultString('Name', i) + '|' + getResultString('Channels', i) + '|'"
                                        + " + getResultString('Device', i) + '|' + getResultString('State', i));")
                        .succeeded()
                        .log();
        for (String line :
                List.of(
                        "good|1|cpu|good",
                        "microscopy-color|3|cpu|good",
                        "microscopy-gray|1|cpu|good",
                        "changed|||broken: The file weights.safetensors of the model changed was",
                        "empty|||broken: it has no bioimageio.yaml",
                        "unknown|||broken: The descriptor has the unknown format version 7.0.0",
                        "scheduled|||broken: The noise schedule is of type exponential",
                        "incomplete|||broken: its file test-noise.npy is missing"))
            assertTrue(log.contains(line), line + "\n" + log);
        // What is broken can be neither chosen nor used, and harms nothing else.
        final String error =
                MacroRunner.run(
                                "newImage('noisy', '16-bit ramp', 24, 20, 1);"
                                        + "run('DeqIR Denoise...', 'noise=gaussian sigma=9 model=unknown');")
                        .error();
        assertTrue(error.contains("model = 'unknown' cannot be used"), error);
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) Files.copy(file, to.resolve(file.getFileName()));
        }
    }

    private void edit(String model, String text, String replacement) throws IOException {
        final Path file = models.resolve(model).resolve("bioimageio.yaml");
        final String before = Files.readString(file);
        assertTrue(before.contains(text));
        Files.writeString(file, before.replace(text, replacement), StandardCharsets.UTF_8);
    }

    @Test
    void verifiesRenamesExportsRemovesAndImportsAgain() throws Exception {
        final Path zip = imagej.resolve("shared.zip");
        final String log =
                MacroRunner.run(
                                read(
                                                Fixtures.file("ddpm-celeba-like.ckpt"),
                                                "name=faces schedule=linear intensities=signed")
                                        + manage("action=rename model=faces name=people")
                                        + manage("action=verify model=people")
                                        + "print(getResultString('State', 0));"
                                        + manage(
                                                "action=export model=people file=["
                                                        + slashed(zip)
                                                        + "]")
                                        + manage("action=remove model=people confirm=true")
                                        + read(zip, "name=back")
                                        + "print('end');")
                        .succeeded()
                        .log();
        assertTrue(
                log.matches(
                        "(?s).*verified: differs by \\d\\.\\de[-+]\\d\\d from its stored test\n.*"
                                + "exported the model people to .*stored test was reproduced.*"
                                + "end\\s*"),
                log);
        try (Stream<Path> left = Files.list(models)) {
            assertEquals(List.of("back"), left.map(p -> p.getFileName().toString()).toList());
        }
        assertTrue(installed("back").problem().isEmpty());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "action=remove model=microscopy-gray; confirm",
                "action=remove model=microscopy-gray confirm=true; comes with the plugin",
                "action=rename model=microscopy-gray name=x; comes with the plugin",
                "action=rename model=microscopy-gray; name is missing",
                "action=rename; model is missing",
                "action=export model=microscopy-gray; file is missing",
                "action=verify model=nobody; no model named",
                "action=burn; action"
            })
    void stopsTheMacroWithOneClearSentence(String options, String part) {
        final MacroRunner.Result result = MacroRunner.run(manage(options) + "print('went on');");
        assertTrue(result.error().contains(part), result.error());
        assertTrue(result.error().endsWith("."), result.error());
        assertFalse(result.log().contains("went on"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "name=x; file is missing",
                "file=/nowhere/x.pt name=x; There is no file",
                "file=FIXTURE name=[a b]; name",
                "file=FIXTURE name=microscopy-gray schedule=linear; a model named microscopy-gray is installed",
                "file=FIXTURE name=x heads=2 headchannels=32; give one",
                "file=FIXTURE name=x heads=5 schedule=linear; num_heads",
                "file=FIXTURE name=x; give schedule",
                "file=FIXTURE name=x schedule=linear; give heads",
                "file=FIXTURE name=x precision=int8; precision",
                "file=FIXTURE name=x schedule=linear betaend=0 heads=2; variance"
            })
    void refusesAnImportWithOneClearSentence(String which) throws Exception {
        final String options =
                which.split("; ")[0].replace(
                        "FIXTURE", "[" + slashed(Fixtures.file("guided-plain-gray.pt")) + "]");
        final String error =
                MacroRunner.run("run('DeqIR Import Model...', '" + options + "');").error();
        assertTrue(error.contains(which.split("; ")[1]), error);
        assertTrue(error.endsWith(".") && !error.contains("\n"), error);
        if (Files.exists(models))
            try (Stream<Path> left = Files.list(models)) {
                assertEquals(0, left.count(), "nothing is left behind");
            }
    }

    @ParameterizedTest
    @CsvSource({
        "256x256_diffusion_uncond.pt, 256x256_diffusion_uncond",
        "My network (v2).CKPT, My-network-v2",
        "_a.b.safetensors, a.b",
        "model.zip, model"
    })
    void namesAModelAfterItsFile(String file, String name) {
        assertEquals(name, ImportModelCommand.nameOf(Path.of("folder", file)));
        assertTrue(ModelStore.isName(name));
    }
}
