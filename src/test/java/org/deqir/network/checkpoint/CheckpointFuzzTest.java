/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.checkpoint;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.deqir.testing.FuzzRun;
import org.deqir.testing.Fuzzer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the bytes, the readers of checkpoints read or refuse them. */
@Tag("slow")
class CheckpointFuzzTest {

    private static final String[] PICKLE_WORDS = {
        "\u0080\u0002",
        "\u0080\u0004",
        "(",
        ")",
        ".",
        "]",
        "}",
        "N",
        "\u0088",
        "\u0089",
        "t",
        "e",
        "a",
        "u",
        "s",
        "b",
        "R",
        "Q",
        "\u0081",
        "\u0085",
        "\u0086",
        "\u0087",
        "\u0093",
        "\u0094",
        "K\u0001",
        "K\u0000",
        "K\u00ff",
        "M\u00ff\u00ff",
        "J\u00ff\u00ff\u00ff\u007f",
        "J\u00ff\u00ff\u00ff\u00ff",
        "\u008a\u0001\u0005",
        "\u008a\b\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f",
        "G\0\0\0\0\0\0\0\0",
        "\u0095\u00ff\0\0\0\0\0\0\0",
        "q\0",
        "q\1",
        "h\0",
        "h\1",
        "r\0\0\1\0",
        "j\0\0\1\0",
        "X\1\0\0\0a",
        "\u008c\1b",
        "U\1c",
        "X\7\0\0\0storage",
        "cos\nsystem\n",
        "ctorch._utils\n_rebuild_tensor_v2\n",
        "ctorch._utils\n_rebuild_parameter\n",
        "ccollections\nOrderedDict\n",
        "ctorch\nFloatStorage\n",
        "ctorch\nLongStorage\n",
        "ctorch\nBoolStorage\n",
        "X\0\1\0\0",
        "X\u00ff\u00ff\u00ff\u007f",
        "\u008c\u00ff"
    };

    private static final String[] ZIP_WORDS = {
        "PK\1\2",
        "PK\3\4",
        "PK\5\6",
        "PK\6\6",
        "PK\6\7",
        "PK\7\b",
        "../",
        "/",
        "\\",
        ":",
        "\0",
        "data.pkl",
        "data/0",
        "byteorder",
        "\u00ff\u00ff\u00ff\u00ff",
        "\1\0\20\0"
    };

    private static final String[] JSON_WORDS = {
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\"dtype\"",
        "\"shape\"",
        "\"data_offsets\"",
        "\"__metadata__\"",
        "\"F32\"",
        "\"BF16\"",
        "\"BOOL\"",
        "0",
        "-1",
        "1e9",
        "1.5",
        "null",
        "true",
        "NaN",
        "9223372036854775807",
        "4611686018427387904",
        "\"\\u0000\"",
        "//",
        "#",
        "'",
        ";",
        "=",
        ")]}'\n",
        "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}"
    };

    /** A tensor that would not fit is left out: Java's arrays are not what is tested. */
    private static final long LARGEST_READ = 1 << 22;

    private static void readAll(Checkpoint checkpoint, Runnable step) throws IOException {
        step.run();
        for (Map.Entry<String, TensorInfo> tensor : checkpoint.tensors().entrySet()) {
            checkpoint.read(tensor.getKey());
            step.run();
        }
    }

    /** The reader of a format, for files with the format's own first bytes or not. */
    static Fuzzer fuzzer(String reader) {
        try {
            final Path file = Files.createTempFile("deqir-fuzz", ".bin");
            file.toFile().deleteOnExit();
            return switch (reader) {
                case "pickle" ->
                        new Fuzzer(
                                reader,
                                CheckpointException.class,
                                (bytes, step) ->
                                        new PickleReader(
                                                        new PositionedInput(
                                                                new ByteArrayInputStream(bytes),
                                                                bytes.length))
                                                .read("file"),
                                PICKLE_WORDS);
                case "torch-legacy" ->
                        new Fuzzer(
                                reader,
                                CheckpointException.class,
                                (bytes, step) -> {
                                    Files.write(file, bytes);
                                    try (Checkpoint checkpoint = TorchLegacy.open(file)) {
                                        readAll(checkpoint, step);
                                    }
                                },
                                PICKLE_WORDS);
                case "torch-zip" ->
                        new Fuzzer(
                                        reader,
                                        CheckpointException.class,
                                        (bytes, step) -> {
                                            Files.write(file, bytes);
                                            try (Checkpoint checkpoint = TorchZip.open(file)) {
                                                readAll(checkpoint, step);
                                            }
                                        },
                                        PICKLE_WORDS)
                                .with(CheckpointFuzzTest::changeAnEntry)
                                .with(CheckpointFuzzTest::changeAnEntry);
                case "zip" ->
                        new Fuzzer(
                                        reader,
                                        CheckpointException.class,
                                        (bytes, step) -> {
                                            Files.write(file, bytes);
                                            readZip(file, step);
                                        },
                                        ZIP_WORDS)
                                .with(CheckpointFuzzTest::changeAnEntry);
                case "safetensors" ->
                        new Fuzzer(
                                        reader,
                                        CheckpointException.class,
                                        (bytes, step) -> {
                                            try (Checkpoint checkpoint =
                                                    Safetensors.open("file", bytes)) {
                                                readAll(checkpoint, step);
                                            }
                                        },
                                        JSON_WORDS)
                                .with(CheckpointFuzzTest::fitHeader);
                default -> throw new IllegalArgumentException(reader);
            };
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void readZip(Path file, Runnable step) throws IOException {
        try (ZipArchive zip = ZipArchive.open(file)) {
            step.run();
            for (ZipArchive.Entry entry : zip.entries().values()) {
                if (entry.size() > LARGEST_READ) continue;
                try (InputStream in = zip.open(entry)) {
                    final byte[] buffer = new byte[1 << 12];
                    while (in.read(buffer) >= 0) {}
                }
                step.run();
            }
        }
    }

    /** Writes the archive anew with one entry's name or contents changed, so that all else fits. */
    private static byte[] changeAnEntry(byte[] file, Random random) {
        final List<ZipEntry> entries = new ArrayList<>();
        final List<byte[]> contents = new ArrayList<>();
        try {
            final Path copy = Files.createTempFile("deqir-fuzz", ".zip");
            try {
                Files.write(copy, file);
                try (ZipArchive zip = ZipArchive.open(copy)) {
                    for (ZipArchive.Entry entry : zip.entries().values()) {
                        if (entry.size() > LARGEST_READ) return file;
                        try (InputStream in = zip.open(entry)) {
                            contents.add(in.readAllBytes());
                        }
                        entries.add(new ZipEntry(entry.name()));
                    }
                }
            } finally {
                Files.delete(copy);
            }
            if (entries.isEmpty()) return file;
            final int changed = random.nextInt(entries.size());
            final byte[] word =
                    PICKLE_WORDS[random.nextInt(PICKLE_WORDS.length)].getBytes(
                            java.nio.charset.StandardCharsets.ISO_8859_1);
            final byte[] old = contents.get(changed);
            final int at = random.nextInt(old.length + 1);
            final int removed = Math.min(old.length - at, random.nextInt(4));
            final ByteArrayOutputStream content = new ByteArrayOutputStream();
            content.write(old, 0, at);
            if (random.nextBoolean()) content.write(word);
            else content.write(random.nextInt(256));
            content.write(old, at + removed, old.length - at - removed);
            contents.set(changed, content.toByteArray());
            final ByteArrayOutputStream result = new ByteArrayOutputStream();
            final boolean deflate = random.nextInt(4) == 0;
            try (ZipOutputStream out = new ZipOutputStream(result)) {
                for (int i = 0; i < entries.size(); i++) {
                    final ZipEntry entry = entries.get(i);
                    if (!deflate) store(entry, contents.get(i));
                    out.putNextEntry(entry);
                    out.write(contents.get(i));
                }
            }
            return result.toByteArray();
        } catch (IOException e) {
            return file;
        }
    }

    private static void store(ZipEntry entry, byte[] content) {
        final CRC32 crc = new CRC32();
        crc.update(content);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(crc.getValue());
    }

    /** Corrects the length of a changed header, where it ends with a brace. */
    private static byte[] fitHeader(byte[] file, Random random) {
        int end = file.length;
        while (end > 8 && file[end - 1] != '}') end--;
        if (end <= 8) return file;
        final byte[] result = file.clone();
        java.nio.ByteBuffer.wrap(result)
                .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                .putLong(0, end - 8);
        return result;
    }

    @ParameterizedTest
    @ValueSource(strings = {"pickle", "torch-legacy", "torch-zip", "zip", "safetensors"})
    void readsOrRefusesAnyFile(String reader) throws IOException {
        FuzzRun.of(fuzzer(reader), reader);
    }
}
