/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * Which blocks are complete, with the length and hash of their files. Each process that restores
 * blocks writes a log of its own, a line a block, after the block's file has its name. A line that
 * was cut off does not count.
 */
final class DoneLog implements AutoCloseable {

    private static final String SUFFIX = ".log";

    /**
     * A complete block.
     *
     * @param length bytes of its file
     * @param sha256 hash of these bytes
     * @param seconds time it took
     * @param written when, in milliseconds since 1970
     */
    record Entry(Block block, long length, String sha256, double seconds, long written) {

        private String text() {
            return "%s %s %s %s %s %s"
                    .formatted(block.level(), block.index(), length, sha256, seconds, written);
        }

        private static Entry parse(String text) {
            final String[] words = text.split(" ");
            return new Entry(
                    new Block(Integer.parseInt(words[0]), Long.parseLong(words[1])),
                    Long.parseLong(words[2]),
                    words[3],
                    Double.parseDouble(words[4]),
                    Long.parseLong(words[5]));
        }
    }

    private final FileChannel file;

    /** Begins the log of this process. */
    DoneLog(Path folder) throws IOException {
        Files.createDirectories(folder);
        file =
                FileChannel.open(
                        folder.resolve(UUID.randomUUID() + SUFFIX),
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.WRITE);
    }

    /** Adds a block; it is on the disk when this returns. */
    synchronized void add(Entry entry) throws IOException {
        final String text = entry.text();
        final ByteBuffer line =
                ByteBuffer.wrap(
                        (checksum(text) + " " + text + "\n").getBytes(StandardCharsets.US_ASCII));
        final long before = file.position();
        try {
            while (line.hasRemaining()) file.write(line);
            file.force(false);
        } catch (final IOException e) {
            file.truncate(before);
            file.position(before);
            throw e;
        }
    }

    private static String checksum(String text) {
        final CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.US_ASCII));
        return String.format("%08x", crc.getValue());
    }

    /** All complete blocks; of one that was done again the latest entry. */
    static Map<Block, Entry> read(Path folder) throws IOException {
        final Map<Block, Entry> done = new HashMap<>();
        try (Stream<Path> logs = Files.list(folder)) {
            for (final Path log : (Iterable<Path>) logs::iterator)
                if (log.toString().endsWith(SUFFIX)) read(log, done);
        } catch (final NoSuchFileException e) {
            return done; // nothing is done
        }
        return done;
    }

    private static void read(Path log, Map<Block, Entry> done) throws IOException {
        for (final String line : Files.readString(log, StandardCharsets.ISO_8859_1).split("\n")) {
            final int space = line.indexOf(' ');
            if (space < 0) continue;
            final String text = line.substring(space + 1);
            if (!checksum(text).equals(line.substring(0, space))) continue;
            final Entry entry = Entry.parse(text);
            done.merge(entry.block(), entry, (a, b) -> a.written() > b.written() ? a : b);
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
