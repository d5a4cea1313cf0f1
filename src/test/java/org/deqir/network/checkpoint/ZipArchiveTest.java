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

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.deqir.testing.Fuzzer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ZipArchiveTest {

    @TempDir Path folder;

    /** A zip file put together by hand, so that it can lie. */
    private static final class Zip {

        private final ByteArrayOutputStream out = new ByteArrayOutputStream();
        private final ByteArrayOutputStream table = new ByteArrayOutputStream();
        private int entries;

        Zip entry(String name, String listedName, byte[] content, int size, int listedSize) {
            return entry(name, listedName, content, size, listedSize, 0);
        }

        Zip entry(
                String name,
                String listedName,
                byte[] content,
                int size,
                int listedSize,
                int method) {
            final int offset = out.size();
            final CRC32 crc = new CRC32();
            crc.update(content);
            final byte[] text = name.getBytes(StandardCharsets.UTF_8);
            final byte[] listed = listedName.getBytes(StandardCharsets.UTF_8);
            out.writeBytes(
                    little(30)
                            .putInt(0x04034b50)
                            .putInt(0)
                            .putShort((short) method)
                            .position(14)
                            .putInt((int) crc.getValue())
                            .putInt(content.length)
                            .putInt(size)
                            .putShort((short) text.length)
                            .array());
            out.writeBytes(text);
            out.writeBytes(content);
            table.writeBytes(
                    little(46)
                            .putInt(0x02014b50)
                            .position(10)
                            .putShort((short) method)
                            .position(16)
                            .putInt((int) crc.getValue())
                            .putInt(method == 0 ? listedSize : content.length)
                            .putInt(listedSize)
                            .putShort((short) listed.length)
                            .position(42)
                            .putInt(offset)
                            .array());
            table.writeBytes(listed);
            entries++;
            return this;
        }

        Zip entry(String name, String content) {
            final byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
            return entry(name, name, bytes, bytes.length, bytes.length);
        }

        Zip hidden(String bytes) {
            out.writeBytes(bytes.getBytes(StandardCharsets.ISO_8859_1));
            return this;
        }

        byte[] end() {
            final int start = out.size();
            out.writeBytes(table.toByteArray());
            out.writeBytes(
                    little(22)
                            .putInt(0x06054b50)
                            .putInt(0)
                            .putShort((short) entries)
                            .putShort((short) entries)
                            .putInt(table.size())
                            .putInt(start)
                            .array());
            return out.toByteArray();
        }
    }

    private static ByteBuffer little(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private Path file(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("a.zip"), bytes);
    }

    private void assertRefused(String part, byte[] bytes) throws IOException {
        final Path file = file(bytes);
        final String message =
                assertThrows(
                                CheckpointException.class,
                                () -> {
                                    try (ZipArchive zip = ZipArchive.open(file)) {
                                        for (ZipArchive.Entry entry : zip.entries().values())
                                            try (InputStream in = zip.open(entry)) {
                                                in.readAllBytes();
                                            }
                                    }
                                })
                        .getMessage();
        assertTrue(message.contains(part), message);
        assertTrue(message.startsWith("a.zip ") && message.endsWith("."), message);
    }

    @Test
    void readsWhatJavaWrites() throws Exception {
        final byte[] many = new byte[100_000];
        for (int i = 0; i < many.length; i++) many[i] = (byte) (i * i >> 7);
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream out = new ZipOutputStream(bytes)) {
            for (int level : new int[] {Deflater.NO_COMPRESSION, Deflater.BEST_COMPRESSION}) {
                out.setLevel(level);
                out.putNextEntry(new ZipEntry("some folder/\u03b5" + level));
                out.write(many);
            }
            out.putNextEntry(new ZipEntry("empty"));
            out.setComment("a comment");
        }
        try (ZipArchive zip = ZipArchive.open(file(bytes.toByteArray()))) {
            assertEquals(
                    List.of("some folder/\u03b50", "some folder/\u03b59", "empty"),
                    List.copyOf(zip.entries().keySet()));
            for (int i = 0; i < 2; i++)
                try (InputStream in = zip.open(new ArrayList<>(zip.entries().values()).get(i))) {
                    assertArrayEquals(many, in.readAllBytes());
                }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../evil",
                "/etc/passwd",
                "a/../../b",
                "C:/x",
                "a\\b",
                "./a",
                "a//b",
                "a\0b",
                "a\nb"
            })
    void refusesNamesThatLeadElsewhere(String name) throws Exception {
        assertRefused("could lead elsewhere", new Zip().entry(name, "x").end());
    }

    @Test
    void refusesWhatCouldMeanTwoThings() throws Exception {
        assertRefused("two entries", new Zip().entry("a", "1").entry("a", "2").end());
        assertRefused("two entries", new Zip().entry("data", "1").entry("DATA", "2").end());
        final byte[] x = {'x'};
        assertRefused("not the one", new Zip().entry("evil", "good", x, 1, 1).end());
        assertRefused("not the one", new Zip().entry("a", "a", x, 9, 1).end());
        assertRefused("something is hidden", new Zip().hidden("MZ").entry("a", "1").end());
        assertRefused(
                "something is hidden",
                new Zip().entry("a", "1").hidden("PK\3\4").entry("b", "2").end());
        assertRefused("something is hidden", new Zip().entry("a", "1").hidden("more").end());
        assertRefused(
                "not the one", new Zip().entry("a", "a", new byte[9], 5, 5).entry("b", "2").end());
        final byte[] longer = new byte[30];
        assertRefused(
                "", new Zip().entry("a", "a", x, 30, 30).entry("b", "b", longer, 30, 30).end());
        final byte[] prefixed = new Zip().entry("a", "1").end();
        final ByteArrayOutputStream moved = new ByteArrayOutputStream();
        moved.write(new byte[10]);
        moved.write(prefixed);
        assertRefused("not where it should be", moved.toByteArray());
    }

    @Test
    void refusesBombs() throws Exception {
        final byte[] zeros = new byte[1 << 24];
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream out = new ZipOutputStream(bytes)) {
            out.putNextEntry(new ZipEntry("zeros"));
            out.write(zeros);
        }
        assertRefused("would grow from", bytes.toByteArray());
        // One that says it is small: 4 MB that are listed as 60 KB.
        final Deflater deflater = new Deflater(9, true);
        deflater.setInput(zeros, 0, 1 << 22);
        deflater.finish();
        final byte[] deflated = new byte[1 << 16];
        final int length = deflater.deflate(deflated);
        deflater.end();
        assertRefused(
                "size and checksum",
                new Zip()
                        .entry("zeros", "zeros", Arrays.copyOf(deflated, length), 60_000, 60_000, 8)
                        .end());
    }

    @Test
    void refusesOtherMethodsAndContentsThatWereChanged() throws Exception {
        assertRefused("method 12", new Zip().entry("a", "a", new byte[3], 3, 3, 12).end());
        final byte[] bytes = new Zip().entry("a", "12345").end();
        bytes[33] ^= 1;
        assertRefused("size and checksum", bytes);
    }

    /** A small file of each kind, cut after every byte; larger ones, after every 13th. */
    @ParameterizedTest
    @CsvSource({"zip", "torch-zip", "torch-legacy", "safetensors", "pickle"})
    void everyReaderRefusesAFileCutAfterAnyByte(String reader) {
        final Fuzzer fuzzer = CheckpointFuzzTest.fuzzer(reader);
        final List<byte[]> files = new ArrayList<>(Fuzzer.corpus(reader));
        files.sort(Comparator.comparingInt(file -> file.length));
        final byte[] large = files.get(files.size() - 1);
        for (int length = 0; length < large.length; length += 13)
            fuzzer.check(Arrays.copyOf(large, length));
        final byte[] small =
                files.stream().filter(file -> file.length > 100).findFirst().orElseThrow();
        for (int length = 0; length < small.length; length++)
            fuzzer.check(Arrays.copyOf(small, length));
    }

    /** A storage of 2.8 GB, of which two tensors at its ends are views; most of it is a hole. */
    @Test
    void readsStoragesBeyondTwoGigabytes() throws Exception {
        final long elements = 700_000_000;
        final ByteArrayOutputStream pickle = new ByteArrayOutputStream();
        pickle.writeBytes("\u0080\u0002}(".getBytes(StandardCharsets.ISO_8859_1));
        for (long offset : new long[] {0, elements - 3}) {
            final byte[] name = ("at" + offset).getBytes(StandardCharsets.UTF_8);
            pickle.writeBytes(little(5).put((byte) 'X').putInt(name.length).array());
            pickle.writeBytes(name);
            pickle.writeBytes(
                    "ctorch._utils\n_rebuild_tensor_v2\n((X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0000X\3\0\0\0cpu"
                            .getBytes(StandardCharsets.ISO_8859_1));
            pickle.writeBytes(little(5).put((byte) 'J').putInt((int) elements).array());
            pickle.writeBytes("tQ".getBytes(StandardCharsets.ISO_8859_1));
            pickle.writeBytes(little(5).put((byte) 'J').putInt((int) offset).array());
            pickle.writeBytes("K\3\u0085K\1\u0085\u0089}tR".getBytes(StandardCharsets.ISO_8859_1));
        }
        pickle.writeBytes("u.".getBytes(StandardCharsets.ISO_8859_1));
        final byte[] head =
                new Zip()
                        .entry(
                                "m/data.pkl",
                                "m/data.pkl",
                                pickle.toByteArray(),
                                pickle.size(),
                                pickle.size())
                        .end();
        final int headLength = 30 + "m/data.pkl".length() + pickle.size();
        final long bytes = 4 * elements;
        final byte[] name = "m/data/0".getBytes(StandardCharsets.UTF_8);
        final Path file = folder.resolve("large.pt");
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(head, 0, headLength));
            channel.write(
                    little(30 + name.length)
                            .putInt(0x04034b50)
                            .position(18)
                            .putInt((int) bytes)
                            .putInt((int) bytes)
                            .putShort((short) name.length)
                            .position(30)
                            .put(name)
                            .flip());
            final long data = channel.position();
            channel.write(little(12).putFloat(1).putFloat(2).putFloat(3).flip(), data);
            channel.write(little(12).putFloat(4).putFloat(5).putFloat(6).flip(), data + bytes - 12);
            channel.position(data + bytes);
            final long table = channel.position();
            channel.write(ByteBuffer.wrap(head, headLength, 46 + "m/data.pkl".length()));
            channel.write(
                    little(46 + name.length)
                            .putInt(0x02014b50)
                            .position(20)
                            .putInt((int) bytes)
                            .putInt((int) bytes)
                            .putShort((short) name.length)
                            .position(42)
                            .putInt(headLength)
                            .put(name)
                            .flip());
            channel.write(
                    little(22)
                            .putInt(0x06054b50)
                            .putInt(0)
                            .putShort((short) 2)
                            .putShort((short) 2)
                            .putInt((int) (channel.position() - table))
                            .putInt((int) table)
                            .position(22)
                            .flip());
        }
        try (Checkpoint checkpoint = Checkpoint.open(file)) {
            assertArrayEquals(new float[] {1, 2, 3}, checkpoint.read("at0"));
            assertArrayEquals(new float[] {4, 5, 6}, checkpoint.read("at699999997"));
        }
    }
}
