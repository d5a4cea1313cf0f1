/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.types.Shape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.deqir.testing.Fixtures;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {

    @TempDir Path folder;

    @ParameterizedTest
    @CsvSource({
        "guided-plain-gray.pt, FLOAT32",
        "guided-plain-gray-legacy.pt, FLOAT32",
        "guided-plain-gray-half.pt, FLOAT16",
        "guided-plain-gray-bfloat16.pt, BFLOAT16"
    })
    void readsTheSameWeightsFromEveryFormat(String file, ElementType type) throws Exception {
        try (Checkpoint reference =
                        Checkpoint.open(Fixtures.file("guided-plain-gray.safetensors"));
                Checkpoint checkpoint = Checkpoint.open(Fixtures.file(file))) {
            assertEquals(reference.tensors().keySet(), Set.copyOf(checkpoint.tensors().keySet()));
            for (String name : reference.tensors().keySet()) {
                final TensorInfo info = checkpoint.tensors().get(name);
                assertEquals(new TensorInfo(type, reference.tensors().get(name).shape()), info);
                final float[] expected = reference.read(name);
                // PyTorch's rounding and ours must agree to the last bit.
                for (int i = 0; i < expected.length; i++) expected[i] = rounded(expected[i], type);
                assertArrayEquals(expected, checkpoint.read(name), name);
            }
        }
    }

    private static float rounded(float value, ElementType type) {
        final ByteBuffer buffer = ByteBuffer.allocate(8);
        type.put(buffer, value);
        return type.get(buffer.flip());
    }

    /** A dictionary of many things, with views of shared storages, saved by PyTorch 2. */
    @ParameterizedTest
    @ValueSource(strings = {"nested-zip.pt", "nested-legacy.pt"})
    void readsNestedContainersViewsAndAllKindsOfNumbers(String file) throws Exception {
        try (Checkpoint checkpoint = Checkpoint.open(resource(file))) {
            assertTrue(checkpoint.tensors().containsKey("optimizer.1.0"));
            final Checkpoint model = checkpoint.below("state_dict.module.");
            assertEquals(
                    List.of(
                            "weight",
                            "transposed",
                            "slice",
                            "parameter",
                            "scalar",
                            "empty",
                            "steps",
                            "bytes",
                            "flags",
                            "double"),
                    List.copyOf(model.tensors().keySet()));
            assertEquals(new Shape(2, 3, 4), model.tensors().get("weight").shape());
            assertEquals(new Shape(6, 4), model.tensors().get("transposed").shape());
            final float[] transposed = model.read("transposed");
            for (int r = 0; r < 6; r++)
                for (int c = 0; c < 4; c++) assertEquals(c * 6 + r, transposed[r * 4 + c]);
            assertArrayEquals(
                    new float[] {11, 13, 15, 17, 19, 21, 23, 25, 27}, model.read("slice"));
            assertArrayEquals(new float[] {1.5f, -2}, model.read("parameter"));
            assertEquals(
                    new TensorInfo(ElementType.FLOAT32, new Shape()),
                    model.tensors().get("scalar"));
            assertArrayEquals(new float[] {7.25f}, model.read("scalar"));
            assertArrayEquals(new float[0], model.read("empty"));
            assertEquals(ElementType.INT64, model.tensors().get("steps").type());
            assertArrayEquals(new float[] {3, -4}, model.read("steps"));
            assertArrayEquals(new float[] {200, 3}, model.read("bytes"));
            assertArrayEquals(new float[] {1, 0}, model.read("flags"));
            assertArrayEquals(new float[] {0.5f, Float.POSITIVE_INFINITY}, model.read("double"));
        }
    }

    private static Path resource(String name) {
        try {
            return Path.of(CheckpointTest.class.getResource("/checkpoints/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "FLOAT16", "BFLOAT16"})
    void writesWhatItReads(ElementType type) throws Exception {
        final Path file = folder.resolve("copy.safetensors");
        try (Checkpoint original = Checkpoint.open(Fixtures.file("guided-plain-gray.pt"))) {
            SafetensorsWriter.write(file, original, type, Map.of("note", "\u03b5 \"quoted\""));
            try (Safetensors copy = Safetensors.open(file)) {
                assertEquals(Map.of("note", "\u03b5 \"quoted\""), copy.metadata());
                assertEquals(
                        List.copyOf(original.tensors().keySet()),
                        List.copyOf(copy.tensors().keySet()));
                for (String name : original.tensors().keySet()) {
                    assertEquals(type, copy.tensors().get(name).type());
                    final float[] expected = original.read(name);
                    for (int i = 0; i < expected.length; i++)
                        expected[i] = rounded(expected[i], type);
                    assertArrayEquals(expected, copy.read(name));
                }
            }
        }
        final ByteBuffer start = ByteBuffer.wrap(Files.readAllBytes(file), 0, 8);
        assertEquals(0, start.order(ByteOrder.LITTLE_ENDIAN).getLong() % 8);
        try (var files = Files.list(folder)) {
            assertEquals(1, files.count());
        }
    }

    @Test
    void refusesToWriteWeightsThatDoNotFitTheFormat() throws Exception {
        try (Checkpoint checkpoint = Checkpoint.open(resource("nested-zip.pt"))) {
            final Checkpoint numbers = checkpoint.below("state_dict.module.wei");
            SafetensorsWriter.write(folder.resolve("a"), numbers, ElementType.FLOAT16, Map.of());
        }
        final byte[] large =
                safetensors("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4);
        ByteBuffer.wrap(large).order(ByteOrder.LITTLE_ENDIAN).putFloat(large.length - 4, 70_000);
        try (Checkpoint checkpoint = Safetensors.open("large", large)) {
            final String message =
                    assertThrows(
                                    IllegalArgumentException.class,
                                    () ->
                                            SafetensorsWriter.write(
                                                    folder.resolve("b"),
                                                    checkpoint,
                                                    ElementType.FLOAT16,
                                                    Map.of()))
                            .getMessage();
            assertTrue(message.contains("70000"), message);
        }
        assertTrue(Files.notExists(folder.resolve("b")));
    }

    // ---- files that must be refused ----

    @ParameterizedTest
    @CsvSource({
        "posix, system, posix.system",
        "builtins, eval, builtins.eval",
        "torch, load, torch.load",
        "torch._utils, _rebuild_device_tensor_from_numpy, _rebuild_device_tensor_from_numpy",
        "numpy, load, numpy.load"
    })
    void refusesPicklesThatCallAnythingElse(String module, String function, String named)
            throws Exception {
        final String call =
                "\u0080\u0002c" + module + "\n" + function + "\nX\u0002\0\0\0ls\u0085R.";
        assertRefused(named, legacy(call));
        assertRefused(named, zip(call));
        final String stackGlobal =
                "\u0080\u0004"
                        + shortText(module)
                        + shortText(function)
                        + "\u0093"
                        + shortText("ls")
                        + "\u0085R.";
        assertRefused(named, legacy(stackGlobal));
    }

    /** Objects that training programs leave beside the weights; none of them is made. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                // argparse.Namespace: made without arguments, then given attributes
                "cargparse\nNamespace\n)\u0081}X\2\0\0\0lrK\1sb",
                "cargparse\nNamespace\n)R}X\2\0\0\0lrK\1sb",
                "cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\nX\2\0\0\0f8K\0K\1\u0087RX\1\0\0\0xtR",
                "cnumpy._core.multiarray\nscalar\ncnumpy\ndtype\nX\2\0\0\0f8\u0085RC\2ab\u0086R",
                "cpathlib\nPosixPath\nX\1\0\0\0a\u0085R",
                "c__main__\nConfig\n)\u0081X\1\0\0\0aK\1s",
                "c__main__\nItems\n)\u0081K\1a",
                "ccollections\ndefaultdict\nc__builtin__\nset\n\u0085R",
                "ctorch\nfloat32\n",
                // a class with its source, as the old format keeps it, and an object of it
                "(X\6\0\0\0modulec__main__\nNet\nX\1\0\0\0aX\1\0\0\0btQ)\u0081"
            })
    void skipsOtherObjectsBesideTensors(String object) throws Exception {
        final Path copy = folder.resolve("beside.pt");
        final String file =
                new String(
                        legacy("\u0080\u0002}(X\4\0\0\0args" + object + TENSOR + "u."),
                        StandardCharsets.ISO_8859_1);
        // Instead of the empty list of storages one of a storage without elements.
        final String storages = "]X\1\0\0\0" + "0a." + "\0".repeat(8);
        Files.writeString(
                copy, file.substring(0, file.length() - 2) + storages, StandardCharsets.ISO_8859_1);
        try (Checkpoint checkpoint = Checkpoint.open(copy)) {
            assertEquals(List.of("w"), List.copyOf(checkpoint.tensors().keySet()));
        }
    }

    /** Key and value of a dictionary: a tensor without elements. */
    private static final String TENSOR =
            "X\1\0\0\0wctorch._utils\n_rebuild_tensor_v2\n"
                    + "((X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0"
                    + "0X\3\0\0\0cpuK\0tQK\0K\0\u0085K\1\u0085\u0089ccollections\nOrderedDict\n)RtR";

    private static String shortText(String text) {
        return "\u008c" + (char) text.length() + text;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(i__main__\nX\n.",
                "(c__main__\no.",
                ")\u0081.",
                "\u0082\u0001.",
                "(S'x'\n."
            })
    void refusesInstructionsThatNoTensorNeeds(String instructions) throws Exception {
        assertRefused("", legacy("\u0080\u0002" + instructions));
    }

    @Test
    void refusesContainersThatHoldThemselves() throws Exception {
        assertRefused("too deep", legacy("\u0080\u0002]q\0h\0a."));
        // Lists of ten references each to the next, nine deep.
        final StringBuilder bomb = new StringBuilder("\u0080\u0002]q\0");
        for (int level = 1; level < 10; level++) {
            bomb.append("0](");
            for (int i = 0; i < 10; i++) bomb.append('h').append((char) (level - 1));
            bomb.append("eq").append((char) level);
        }
        assertRefused("", legacy(bomb + "."));
    }

    @Test
    void refusesTensorsLargerThanTheirStorage() throws Exception {
        final byte[] file = Files.readAllBytes(resource("nested-legacy.pt"));
        // The stride of "slice", 6, occurs right after its shape (3, 3).
        final byte[] pattern = {'K', 3, 'K', 3, (byte) 0x86};
        final int at = indexOf(file, pattern);
        final byte[] changed = file.clone();
        changed[at + 1] = (byte) 200;
        assertRefused("damaged", changed);
    }

    private static int indexOf(byte[] array, byte[] pattern) {
        for (int i = 0; i + pattern.length <= array.length; i++)
            if (Arrays.equals(array, i, i + pattern.length, pattern, 0, pattern.length)) return i;
        throw new IllegalStateException("pattern not found");
    }

    /** Without its end a zip file has no table of contents, wherever it is cut. */
    @ParameterizedTest
    @CsvSource({"nested-zip.pt, 11", "nested-legacy.pt, 1"})
    void refusesAFileCutAnywhere(String name, int step) throws Exception {
        final byte[] file = Files.readAllBytes(resource(name));
        for (int length = file.length - 1; length >= 0; length -= step)
            assertRefused("", Arrays.copyOf(file, length));
    }

    @Test
    void refusesSafetensorsCutAnywhere() throws Exception {
        final byte[] file =
                safetensors("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8);
        for (int length = 0; length < file.length; length++)
            assertRefused("", Arrays.copyOf(file, length));
    }

    /** Whatever the bytes, a file is read or refused with a sentence: no other exception. */
    @ParameterizedTest
    @ValueSource(strings = {"nested-zip.pt", "nested-legacy.pt"})
    void survivesChangedBytes(String name) throws Exception {
        final byte[] file = Files.readAllBytes(resource(name));
        final Random random = new Random(7);
        final Path changed = folder.resolve("changed");
        for (int trial = 0; trial < 700; trial++) {
            final byte[] bytes = file.clone();
            for (int i = 0; i <= random.nextInt(4); i++)
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            Files.write(changed, bytes);
            try (Checkpoint checkpoint = Checkpoint.open(changed)) {
                for (String tensor : checkpoint.tensors().keySet()) checkpoint.read(tensor);
            } catch (CheckpointException e) {
                assertTrue(e.getMessage().endsWith("."), e.getMessage());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-8,0]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
                "{\"a\":{\"dtype\":\"C64\",\"shape\":[1],\"data_offsets\":[0,8]}}",
                "{\"a\":{\"shape\":[2],\"data_offsets\":[0,8]}}",
                "{\"a\":[1,2]}",
                "{\"a\":",
                "[1]"
            })
    void refusesImpossibleHeadersOfSafetensors(String header) throws Exception {
        assertRefused("", safetensors(header, 8));
    }

    @Test
    void refusesLengthsThatTheFileDoesNotHaveBeforeReservingMemory() throws Exception {
        final ByteBuffer header = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        assertRefused("", header.putLong(0, 90_000_000).put(8, (byte) '{').array());
        assertRefused("ends too early", legacy("\u0080\u0002X\u00ff\u00ff\u00ff\u007f."));
    }

    @Test
    void refusesOtherFiles() throws Exception {
        assertRefused(
                "is a text, not a checkpoint",
                "An image, perhaps.".getBytes(StandardCharsets.UTF_8));
        assertRefused("is empty, not a checkpoint", new byte[0]);
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry("readme.txt"));
        }
        assertRefused("not one that PyTorch saved", bytes.toByteArray());
        final String message =
                assertThrows(
                                CheckpointException.class,
                                () -> Checkpoint.open(folder.resolve("missing.pt")))
                        .getMessage();
        assertTrue(message.contains("There is no file"), message);
    }

    @Test
    void refusesCompressedEntries() throws Exception {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry("a/data.pkl"));
            zip.write("\u0080\u0002}.".getBytes(StandardCharsets.ISO_8859_1));
        }
        assertRefused("compressed", bytes.toByteArray());
    }

    private void assertRefused(String part, byte[] bytes) throws IOException {
        final Path file = folder.resolve("bad.pt");
        Files.write(file, bytes);
        final CheckpointException e =
                assertThrows(
                        CheckpointException.class,
                        () -> {
                            try (Checkpoint checkpoint = Checkpoint.open(file)) {
                                for (String name : checkpoint.tensors().keySet())
                                    checkpoint.read(name);
                            }
                        });
        assertTrue(e.getMessage().contains(part), e.getMessage());
        assertTrue(
                e.getMessage().startsWith("bad.pt ") && e.getMessage().endsWith("."),
                e.getMessage());
    }

    private static byte[] safetensors(String header, int dataBytes) {
        final byte[] text = header.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + text.length + dataBytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(text.length)
                .put(text)
                .array();
    }

    /** The legacy format with the given pickle as the saved object and no storages. */
    private static byte[] legacy(String pickle) {
        final String magic = "\u0080\u0002\u008a\nl\u00fc\u009cF\u00f9 j\u00a8P\u0019.";
        final String version = "\u0080\u0002M\u00e9\u0003.";
        return (magic + version + "\u0080\u0002}." + pickle + "\u0080\u0002].")
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The zip format with the given pickle and no storages. */
    private static byte[] zip(String pickle) throws IOException {
        final byte[] content = pickle.getBytes(StandardCharsets.ISO_8859_1);
        final CRC32 checksum = new CRC32();
        checksum.update(content);
        final ZipEntry entry = new ZipEntry("model/data.pkl");
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(checksum.getValue());
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(entry);
            zip.write(content);
        }
        return bytes.toByteArray();
    }
}
