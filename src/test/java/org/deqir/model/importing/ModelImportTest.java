/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model.importing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.model.Intensities;
import org.deqir.model.ModelCard;
import org.deqir.model.ModelDescriptor;
import org.deqir.model.ModelException;
import org.deqir.model.ScheduleDescription;
import org.deqir.model.importing.ModelImport.Imported;
import org.deqir.model.store.ModelStore;
import org.deqir.model.store.Sha256;
import org.deqir.network.NetworkFixtures;
import org.deqir.network.TorchEngine;
import org.deqir.network.checkpoint.Checkpoint;
import org.deqir.network.checkpoint.ElementType;
import org.deqir.network.checkpoint.SafetensorsWriter;
import org.deqir.network.layout.ArchitectureInference;
import org.deqir.network.layout.NetworkArchitecture;
import org.deqir.network.layout.Precision;
import org.deqir.progress.Progress;
import org.deqir.testing.Fixtures;
import org.deqir.testing.Npz;
import org.deqir.testing.RandomCheckpoint;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("slow")
class ModelImportTest {

    @TempDir Path folder;
    private Path home;
    private ModelStore store;

    @BeforeEach
    void makeStore() {
        home = folder.resolve("models");
        store = new ModelStore(List.of(home), new ClassLoader(null) {});
    }

    private Imported read(Path file, String name, ImportSettings settings) throws IOException {
        return ModelImport.run(store, file, name, settings, Progress.NONE);
    }

    static List<Arguments> fixtures() {
        final List<Arguments> result = new ArrayList<>();
        for (JsonObject c : Fixtures.cases("network"))
            for (JsonElement file : c.getAsJsonArray("checkpoints"))
                result.add(Arguments.of(c.get("name").getAsString(), file.getAsString()));
        return result;
    }

    private static ImportSettings told(NetworkArchitecture architecture) {
        return ImportSettings.UNKNOWN
                .withArchitecture(architecture.configuration())
                .withSchedule(ScheduleDescription.USUAL);
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void importsTheReferenceNetworks(String name, String file) throws Exception {
        final NetworkArchitecture architecture = NetworkFixtures.architecture(name);
        final Imported imported = read(Fixtures.file(file), "imported", told(architecture));
        final ModelDescriptor descriptor = imported.model().descriptor();
        assertEquals(architecture, descriptor.architecture());
        assertEquals(ModelCard.NOT_STATED, descriptor.card().licence());
        assertTrue(descriptor.card().provenance().contains(file));
        // Some files hold the weights rounded; the references were computed without.
        final double rounding = file.contains("bfloat16") ? 1e-2 : file.contains("half") ? 1e-3 : 0;
        final Npz expected = Npz.fixture(name);
        try (DiffusionPrior prior = store.find("imported").load(Precision.FLOAT32);
                NDManager manager = TorchEngine.newManager()) {
            final NDArray noise =
                    prior.predictor().predict(expected.array("x", manager), expected.doubles("t"));
            final float[] reference =
                    expected.array("out", manager)
                            .get(new NDIndex(":, :{}", prior.channels()))
                            .toFloatArray();
            final double difference = Fixtures.relativeDifference(noise.toFloatArray(), reference);
            assertTrue(difference <= 1e-5 + rounding, "relative difference " + difference);
        }
        assertTrue(store.find("imported").verify(Precision.FLOAT32) < 1e-5);
        // Who may read the folder of models may read this one.
        final Path plain = Files.createDirectory(home.resolve("plain"));
        if (plain.getFileSystem().supportedFileAttributeViews().contains("posix"))
            assertEquals(
                    Files.getPosixFilePermissions(plain),
                    Files.getPosixFilePermissions(home.resolve("imported")));
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void importsWhatItExportedBitByBit(String name, String file) throws Exception {
        read(Fixtures.file(file), "first", told(NetworkFixtures.architecture(name)));
        final Path zip = folder.resolve("first.zip");
        store.export("first", zip, Progress.NONE);
        final Imported second = read(zip, "second", ImportSettings.UNKNOWN);
        assertTrue(second.notes().get(0).contains("stored test was reproduced"));
        assertEquals(contents("first").keySet(), contents("second").keySet());
        contents("first")
                .forEach(
                        (entry, bytes) ->
                                assertArrayEquals(bytes, contents("second").get(entry), entry));
        final Path again = folder.resolve("second.zip");
        store.export("second", again, Progress.NONE);
        assertEquals(-1, Files.mismatch(zip, again));
    }

    private Map<String, byte[]> contents(String name) {
        final Map<String, byte[]> contents = new LinkedHashMap<>();
        try (Stream<Path> files = Files.list(home.resolve(name))) {
            for (Path file : files.sorted().toList())
                contents.put(file.getFileName().toString(), Files.readAllBytes(file));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return contents;
    }

    /** A shipped prior without its descriptor. */
    @Test
    void findsByTrialWhatTheWeightsDoNotTell() throws Exception {
        final ModelDescriptor shipped =
                new ModelStore(List.of()).find("microscopy-gray").descriptor();
        final Imported imported =
                read(
                        Path.of("models", "microscopy-gray", "weights.safetensors"),
                        "copy",
                        ImportSettings.UNKNOWN);
        final ModelDescriptor found = imported.model().descriptor();
        assertEquals(shipped.schedule(), found.schedule());
        assertEquals(Intensities.SIGNED, found.intensities());
        assertEquals(
                "Found by trial: noise schedule linear from 1.0E-4 to 0.02 in 1000 steps,"
                        + " intensities from -1 to 1.",
                imported.notes().get(0));
        assertTrue(
                imported.notes().get(1).contains("makes hardly any difference"),
                imported.notes()::toString);
        // So little that the stored test of the original is reproduced, which knows the heads.
        try (DiffusionPrior original =
                        new ModelStore(List.of()).find("microscopy-gray").load(Precision.FLOAT32);
                DiffusionPrior copy = store.find("copy").load(Precision.FLOAT32);
                NDManager manager = TorchEngine.newManager()) {
            final NDArray x = manager.randomNormal(new Shape(1, 1, 64, 64));
            final double difference =
                    Fixtures.relativeDifference(
                            copy.predictor().predict(x, new double[] {250}).toFloatArray(),
                            original.predictor().predict(x, new double[] {250}).toFloatArray());
            assertTrue(difference < 0.02, "relative difference " + difference);
        }
    }

    @Test
    void asksWhereTheFileDoesNotTell() throws Exception {
        final Path file = Fixtures.file("guided-plain-gray.pt");
        final String schedule = refusal(file, ImportSettings.UNKNOWN);
        assertTrue(schedule.contains("give schedule"), schedule);
        final String heads =
                refusal(file, ImportSettings.UNKNOWN.withSchedule(ScheduleDescription.USUAL));
        assertTrue(heads.contains("give heads") && heads.contains("headchannels"), heads);
    }

    @Test
    void keepsWhatTheUserSays() throws Exception {
        final NetworkArchitecture plain = NetworkFixtures.architecture("guided-plain-gray");
        final ImportSettings told =
                new ImportSettings(
                        ElementType.BFLOAT16,
                        plain.configuration(),
                        new ScheduleDescription("cosine", 0, 0, 4000, 1000),
                        Intensities.UNIT,
                        null,
                        "Somebody's prior",
                        "Somebody",
                        "MIT",
                        "A paper",
                        "https://example.org",
                        "nothing");
        final ImportSettings titled =
                new ImportSettings(
                        told.type(),
                        told.architecture(),
                        told.schedule(),
                        told.intensities(),
                        told.prediction(),
                        "A prior",
                        told.authors(),
                        told.licence(),
                        told.citation(),
                        told.citationUrl(),
                        told.trainingData());
        assertTrue(refusal(Fixtures.file("guided-plain-gray.pt"), told).contains("Somebody's"));
        final ModelDescriptor model =
                read(Fixtures.file("guided-plain-gray.pt"), "told", titled).model().descriptor();
        assertEquals(titled.schedule(), model.schedule());
        assertEquals(Intensities.UNIT, model.intensities());
        assertEquals("A prior", model.card().title());
        assertEquals(List.of("Somebody"), model.card().authors());
        assertEquals("MIT", model.card().licence());
        assertEquals("A paper", model.card().citation());
        assertEquals("nothing", model.card().trainingData());
        try (Checkpoint weights =
                Checkpoint.open(home.resolve("told").resolve("weights.safetensors"))) {
            weights.tensors()
                    .values()
                    .forEach(tensor -> assertEquals(ElementType.BFLOAT16, tensor.type()));
        }
    }

    /** A network for images in [0, 1] with scaled timesteps, seen as one of ours. */
    @Test
    void translatesConventions() throws Exception {
        final NetworkArchitecture plain = NetworkFixtures.architecture("guided-plain-gray");
        final ImportSettings signed = told(plain);
        final ScheduleDescription scaled = new ScheduleDescription("linear", 1e-4, 0.02, 1000, 500);
        read(Fixtures.file("guided-plain-gray.pt"), "signed", signed);
        read(
                Fixtures.file("guided-plain-gray.pt"),
                "unit",
                new ImportSettings(
                        ElementType.FLOAT32,
                        plain.configuration(),
                        scaled,
                        Intensities.UNIT,
                        null,
                        "",
                        "",
                        "",
                        "",
                        "",
                        ""));
        try (DiffusionPrior raw = store.find("signed").load(Precision.FLOAT32);
                DiffusionPrior unit = store.find("unit").load(Precision.FLOAT32);
                NDManager manager = TorchEngine.newManager()) {
            final double t = 320;
            final double sigma = raw.schedule().sigma(t);
            assertEquals(2 * sigma, unit.schedule().sigma(t), 1e-12 * sigma);
            final NDArray clean = manager.randomUniform(-1, 1, new Shape(2, 1, 16, 24));
            final NDArray noise = manager.randomNormal(clean.getShape());
            final double ours = unit.schedule().alphaBar(t);
            final double theirs = raw.schedule().alphaBar(t);
            final NDArray state = clean.mul(Math.sqrt(ours)).add(noise.mul(Math.sqrt(1 - ours)));
            final NDArray seen =
                    clean.add(1)
                            .div(2)
                            .mul(Math.sqrt(theirs))
                            .add(noise.mul(Math.sqrt(1 - theirs)));
            final double difference =
                    Fixtures.relativeDifference(
                            unit.predictor().predict(state, new double[] {t, t}).toFloatArray(),
                            raw.predictor()
                                    .predict(seen, new double[] {t / 2, t / 2})
                                    .toFloatArray());
            assertTrue(difference < 1e-5, "relative difference " + difference);
        }
    }

    // ---- what is refused, and leaves nothing behind ----

    private String refusal(Path file, ImportSettings settings) throws IOException {
        final String message =
                assertThrows(IOException.class, () -> read(file, "refused", settings)).getMessage();
        assertTrue(message.endsWith(".") && !message.contains("\n"), message);
        if (Files.exists(home))
            try (Stream<Path> left = Files.list(home)) {
                assertEquals(
                        List.of(),
                        left.map(path -> path.getFileName().toString())
                                .filter(name -> name.startsWith(".") || name.equals("refused"))
                                .toList());
            }
        return message;
    }

    @Test
    void refusesWeightsThatAreNoNumbers() throws Exception {
        final NetworkArchitecture plain = NetworkFixtures.architecture("guided-plain-gray");
        final Path file = folder.resolve("nan.safetensors");
        SafetensorsWriter.write(
                file, new RandomCheckpoint("", plain), ElementType.FLOAT32, Map.of());
        final byte[] bytes = Files.readAllBytes(file);
        ByteBuffer.wrap(bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat(bytes.length - 400, Float.NaN);
        Files.write(file, bytes);
        assertTrue(refusal(file, told(plain)).contains("hold NaN"));
    }

    @Test
    void refusesAChangedPackage() throws Exception {
        final NetworkArchitecture plain = NetworkFixtures.architecture("guided-plain-gray");
        read(Fixtures.file("guided-plain-gray.pt"), "model", told(plain));
        final Path weights = home.resolve("model").resolve("weights.safetensors");
        final byte[] bytes = Files.readAllBytes(weights);
        bytes[bytes.length - 1] ^= 1;
        Files.write(weights, bytes);
        final String export =
                assertThrows(
                                ModelException.class,
                                () -> store.export("model", folder.resolve("m.zip"), Progress.NONE))
                        .getMessage();
        assertTrue(export.contains("was changed"), export);
        assertFalse(Files.exists(folder.resolve("m.zip")));
        final Path zip = folder.resolve("changed.zip");
        pack(zip, "", name -> bytesOf("model", name));
        assertTrue(refusal(zip, ImportSettings.UNKNOWN).contains("was changed"));
        assertTrue(
                store.find("model")
                        .checked(Progress.NONE)
                        .problem()
                        .orElse("")
                        .contains("was changed"));
    }

    private byte[] bytesOf(String model, String name) {
        return contents(model).get(name);
    }

    /** Gives the contents of a file of a package, or null to leave it out. */
    private interface Packed {
        byte[] bytes(String name);
    }

    private void pack(Path zip, String prefix, Packed packed) throws IOException {
        try (OutputStream out = Files.newOutputStream(zip);
                ZipOutputStream entries = new ZipOutputStream(out)) {
            for (String name :
                    List.of(
                            "bioimageio.yaml",
                            "documentation.md",
                            "weights.safetensors",
                            "test-image.npy",
                            "test-timestep.npy",
                            "test-noise.npy",
                            "cover.png")) {
                final byte[] bytes = packed.bytes(name);
                if (bytes == null) continue;
                entries.putNextEntry(new ZipEntry(prefix + name));
                entries.write(bytes);
            }
        }
    }

    @Test
    void takesAPackageInAFolderWithOtherFilesAndRefusesIncompleteOnes() throws Exception {
        final NetworkArchitecture plain = NetworkFixtures.architecture("guided-plain-gray");
        read(Fixtures.file("guided-plain-gray.pt"), "model", told(plain));
        final Path zip = folder.resolve("package.zip");
        pack(
                zip,
                "some folder/",
                name -> name.equals("cover.png") ? new byte[100] : bytesOf("model", name));
        read(zip, "copy", ImportSettings.UNKNOWN);
        assertEquals(contents("model").keySet(), contents("copy").keySet());
        pack(zip, "", name -> name.equals("test-noise.npy") ? null : bytesOf("model", name));
        assertTrue(refusal(zip, ImportSettings.UNKNOWN).contains("lacks the file test-noise.npy"));
        pack(
                zip,
                "",
                name ->
                        name.equals("bioimageio.yaml")
                                ? new String(bytesOf("model", name), StandardCharsets.UTF_8)
                                        .replace("type: linear", "type: logarithmic")
                                        .getBytes(StandardCharsets.UTF_8)
                                : bytesOf("model", name));
        assertTrue(refusal(zip, ImportSettings.UNKNOWN).contains("of type logarithmic"));
        pack(
                zip,
                "",
                name ->
                        name.equals("weights.safetensors")
                                ? new byte[1 << 24]
                                : bytesOf("model", name));
        assertTrue(refusal(zip, ImportSettings.UNKNOWN).contains("would grow"));
        pack(zip, "../", name -> bytesOf("model", name));
        assertTrue(refusal(zip, ImportSettings.UNKNOWN).contains("could lead elsewhere"));
    }

    /** A package of the Zoo that knows nothing of us, with weights of PyTorch. */
    @Test
    void convertsAPackageOfAnotherProgram() throws Exception {
        final byte[] weights = Files.readAllBytes(Fixtures.file("guided-official-like.pt"));
        final NetworkArchitecture architecture =
                NetworkFixtures.architecture("guided-official-like");
        final String yaml =
                """
                format_version: 0.5.3
                type: model
                name: A prior of others
                description: A network.
                authors: [{name: Somebody Else}]
                cite: [{text: Their paper, doi: 10.1000/182}]
                license: MIT
                weights:
                  pytorch_state_dict:
                    source: w.pt
                    sha256: %s
                    pytorch_version: 2.1
                    architecture:
                      callable: UNetModel
                      import_from: guided_diffusion.unet
                      kwargs: %s
                """
                        .formatted(
                                Sha256.of(new java.io.ByteArrayInputStream(weights)),
                                new com.google.gson.Gson().toJson(architecture.configuration()));
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry("rdf.yaml"));
            zip.write(yaml.getBytes(StandardCharsets.UTF_8));
            zip.putNextEntry(new ZipEntry("w.pt"));
            zip.write(weights);
        }
        final Path file = folder.resolve("zoo.zip");
        Files.write(file, bytes.toByteArray());
        final ModelDescriptor model =
                read(file, "zoo", ImportSettings.UNKNOWN.withSchedule(ScheduleDescription.USUAL))
                        .model()
                        .descriptor();
        assertEquals(architecture, model.architecture());
        assertEquals("A prior of others", model.card().title());
        assertEquals("MIT", model.card().licence());
        assertEquals("https://doi.org/10.1000/182", model.card().citationUrl());
        assertEquals(List.of("Somebody Else"), model.card().authors());
    }

    @Test
    void refusesOtherFilesAndNames() throws Exception {
        final Path text = folder.resolve("notes.txt");
        Files.writeString(text, "An image, perhaps.");
        assertTrue(refusal(text, ImportSettings.UNKNOWN).contains("not a checkpoint"));
        assertTrue(
                refusal(folder.resolve("none.pt"), ImportSettings.UNKNOWN)
                        .contains("There is no file"));
        assertTrue(refusal(folder, ImportSettings.UNKNOWN).contains("is a folder"));
        final Path zip = folder.resolve("empty.zip");
        pack(zip, "", name -> name.equals("cover.png") ? new byte[3] : null);
        assertTrue(refusal(zip, ImportSettings.UNKNOWN).contains("neither a checkpoint"));
        final NetworkArchitecture plain = NetworkFixtures.architecture("guided-plain-gray");
        final Path file = Fixtures.file("guided-plain-gray.pt");
        for (String name : List.of("", "auto", "a/b", "..", "con", "x".repeat(65), "a b"))
            assertThrows(ModelException.class, () -> read(file, name, told(plain)), name);
        read(file, "Taken", told(plain));
        final String message =
                assertThrows(ModelException.class, () -> read(file, "taken", told(plain)))
                        .getMessage();
        assertTrue(message.contains("a model named Taken is installed already"), message);
    }

    @Test
    void leavesNothingBehindWhenCancelledAtAnyPoint() throws Exception {
        final NetworkArchitecture plain = NetworkFixtures.architecture("guided-plain-gray");
        int calls = 0;
        for (boolean finished = false; !finished; calls += 31) {
            final int most = calls;
            final int[] seen = {0};
            final Progress canceling =
                    new Progress() {
                        @Override
                        public void update(String stage, double fraction) {
                            assertTrue(fraction >= 0 && fraction <= 1, stage + fraction);
                        }

                        @Override
                        public boolean isCanceled() {
                            return seen[0]++ >= most;
                        }
                    };
            try {
                ModelImport.run(
                        store,
                        Fixtures.file("guided-plain-gray.pt"),
                        "cancelled",
                        told(plain),
                        canceling);
                finished = true;
            } catch (CancellationException e) {
                try (Stream<Path> left = Files.list(home)) {
                    assertEquals(0, left.count());
                }
            }
        }
        assertTrue(calls > 60, "cancelled " + calls / 31 + " times");
        assertTrue(store.find("cancelled").problem().isEmpty());
    }

    // ---- managing ----

    @Test
    void renamesAndRemovesWhatIsInAFolder() throws Exception {
        final NetworkArchitecture plain = NetworkFixtures.architecture("guided-plain-gray");
        read(Fixtures.file("guided-plain-gray.pt"), "old", told(plain));
        assertEquals("new", store.rename("old", "new").name());
        assertThrows(ModelException.class, () -> store.find("old"));
        assertTrue(store.find("new").verify(Precision.FLOAT32) < 1e-5);
        store.remove("new");
        assertEquals(List.of(), store.list());
        try (Stream<Path> left = Files.list(home)) {
            assertEquals(0, left.count());
        }
        final ModelStore shipped = new ModelStore(List.of(home));
        final String message =
                assertThrows(ModelException.class, () -> shipped.remove("microscopy-gray"))
                        .getMessage();
        assertTrue(message.contains("comes with the plugin"), message);
        final Path zip = folder.resolve("shipped.zip");
        shipped.export("microscopy-gray", zip, Progress.NONE);
        read(zip, "microscopy-gray", ImportSettings.UNKNOWN);
        assertEquals(
                new ModelStore(List.of()).find("microscopy-gray").descriptor(),
                store.find("microscopy-gray").descriptor());
    }

    /** Names and shapes of the published networks, of which only those are here. */
    @Test
    void knowsTheSettingsOfThePublishedNetworks() throws Exception {
        final List<String> found = new ArrayList<>();
        for (Map<String, Object> network : PUBLISHED) {
            final Map<String, Object> configuration = new LinkedHashMap<>(network);
            final String layout = (String) configuration.remove("layout");
            final String schedule = (String) configuration.remove("schedule");
            final NetworkArchitecture architecture =
                    ArchitectureInference.of(layout, configuration);
            final UntoldSettings settings =
                    new UntoldSettings(
                            new RandomCheckpoint("", architecture).tensors(),
                            ImportSettings.UNKNOWN);
            assertEquals(architecture, settings.architecture());
            // Nothing is left to try, so that no network is needed.
            final SettingsTrial.Candidate decided = settings.decide(null, Progress.NONE);
            assertEquals(architecture, decided.architecture());
            assertEquals(schedule, decided.schedule().toString());
            found.addAll(settings.notes());
        }
        assertEquals(PUBLISHED.size(), found.stream().distinct().count(), found::toString);
    }

    private static final String LINEAR = "linear from 1.0E-4 to 0.02 in 1000 steps";
    private static final String COSINE = "cosine in 4000 steps, seen by the network as 1000";

    /** As the authors' commands build them. */
    private static final List<Map<String, Object>> PUBLISHED =
            List.of(
                    // guided-diffusion 256x256_diffusion_uncond.pt
                    Map.ofEntries(
                            Map.entry("layout", "guided-diffusion"),
                            Map.entry("schedule", LINEAR),
                            Map.entry("in_channels", 3),
                            Map.entry("model_channels", 256),
                            Map.entry("out_channels", 6),
                            Map.entry("num_res_blocks", 2),
                            Map.entry("attention_resolutions", List.of(8, 16, 32)),
                            Map.entry("channel_mult", List.of(1, 1, 2, 2, 4, 4)),
                            Map.entry("num_head_channels", 64),
                            Map.entry("num_heads", 4),
                            Map.entry("use_scale_shift_norm", true),
                            Map.entry("resblock_updown", true)),
                    // improved-diffusion imagenet64_uncond_100M_1500K.pt
                    Map.of(
                            "layout",
                            "guided-diffusion",
                            "schedule",
                            COSINE,
                            "in_channels",
                            3,
                            "model_channels",
                            128,
                            "out_channels",
                            6,
                            "num_res_blocks",
                            3,
                            "attention_resolutions",
                            List.of(4, 8),
                            "channel_mult",
                            List.of(1, 2, 3, 4),
                            "num_heads",
                            4,
                            "use_scale_shift_norm",
                            true),
                    // improved-diffusion cifar10_uncond_50M_500K.pt
                    Map.of(
                            "layout",
                            "guided-diffusion",
                            "schedule",
                            COSINE,
                            "in_channels",
                            3,
                            "model_channels",
                            128,
                            "out_channels",
                            6,
                            "num_res_blocks",
                            3,
                            "attention_resolutions",
                            List.of(2, 4),
                            "channel_mult",
                            List.of(1, 2, 2, 2),
                            "num_heads",
                            4,
                            "use_scale_shift_norm",
                            true),
                    // improved-diffusion lsun_uncond_100M_2400K_bs64.pt
                    Map.of(
                            "layout", "guided-diffusion",
                            "schedule", LINEAR,
                            "in_channels", 3,
                            "model_channels", 128,
                            "out_channels", 6,
                            "num_res_blocks", 2,
                            "attention_resolutions", List.of(16),
                            "channel_mult", List.of(1, 1, 2, 2, 4, 4),
                            "num_heads", 1),
                    // SDEdit celeba_hq.ckpt
                    Map.of(
                            "layout",
                            "ddpm",
                            "schedule",
                            LINEAR,
                            "in_channels",
                            3,
                            "ch",
                            128,
                            "out_ch",
                            3,
                            "num_res_blocks",
                            2,
                            "attn_resolutions",
                            List.of(16),
                            "ch_mult",
                            List.of(1, 1, 2, 2, 4, 4),
                            "resamp_with_conv",
                            true,
                            "resolution",
                            256));
}
