/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.checkpoint;

import java.io.Closeable;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipException;
import org.apache.commons.compress.utils.BoundedArchiveInputStream;

/**
 * A zip file that all programs read alike.
 *
 * <p>A zip file lists its entries twice, in a table of contents at the end and in front of each
 * entry, and programs differ in which they believe. Here both lists must agree, the entries must
 * fill the file from its first byte to the table without gaps or overlaps, and no two names may be
 * alike on any system, so that nothing can hide. Names cannot lead out of a folder. Sizes are
 * checked against the file before memory is reserved, and how much an entry may expand is bounded.
 *
 * <p>Entries are stored or deflated (methods 0 and 8), as in PKWARE's APPNOTE.TXT, with sizes and
 * offsets of 64 bits where they are needed. Several threads may read from one archive.
 */
public final class ZipArchive implements Closeable {

    /** Largest ratio of an entry's size to the bytes it takes, beyond the allowance. */
    public static final int LARGEST_RATIO = 200;

    /**
     * One file in the archive.
     *
     * @param name its path, with {@code /} between folders; that of a folder ends so
     * @param deflated whether it is compressed
     * @param compressedSize bytes that it takes in the archive
     * @param size bytes that it has
     * @param crc its CRC-32
     * @param dataOffset where its bytes begin in the archive
     */
    public record Entry(
            String name,
            boolean deflated,
            long compressedSize,
            long size,
            long crc,
            long dataOffset) {}

    private final String label;
    private final FileChannel channel;
    private final Map<String, Entry> entries;

    private ZipArchive(String label, FileChannel channel) throws IOException {
        this.label = label;
        this.channel = channel;
        entries = Collections.unmodifiableMap(new ZipDirectory(label, channel).read());
    }

    /**
     * Opens an archive and checks all of it but the contents of the entries.
     *
     * @return an open archive, which the caller closes
     * @throws CheckpointException if it is damaged or could mean different things to different
     *     programs, with a sentence for the user
     */
    public static ZipArchive open(Path file) throws IOException {
        final FileChannel channel = FileChannel.open(file);
        try {
            return new ZipArchive(String.valueOf(file.getFileName()), channel);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** {@return the entries by name, in the order of the table of contents} */
    public Map<String, Entry> entries() {
        return entries;
    }

    /** Name of the file, as messages call it. */
    String label() {
        return label;
    }

    /**
     * {@return all bytes of an entry} The stream ends with an exception if they are not as many as
     * was declared or do not have the declared checksum.
     *
     * @throws IOException if the file cannot be read
     */
    public InputStream open(Entry entry) throws IOException {
        final InputStream raw = range(entry.dataOffset(), entry.compressedSize());
        return new Checked(entry, entry.deflated() ? inflate(raw) : raw);
    }

    /**
     * The bytes of a stored entry from a position on, without a check of the checksum.
     *
     * @throws IllegalArgumentException if the entry is compressed or shorter
     */
    InputStream open(Entry entry, long position) {
        if (entry.deflated() || position < 0 || position > entry.size())
            throw new IllegalArgumentException(entry.name() + " has no position " + position);
        return range(entry.dataOffset() + position, entry.size() - position);
    }

    private static InputStream inflate(InputStream raw) {
        final Inflater inflater = new Inflater(true);
        return new InflaterInputStream(raw, inflater, 1 << 13) {
            private boolean fed;

            /** A raw deflate stream may need one more byte behind its last one. */
            @Override
            protected void fill() throws IOException {
                len = in.read(buf, 0, buf.length);
                if (len <= 0) {
                    if (fed) throw new ZipException("the compressed data end too early");
                    fed = true;
                    buf[0] = 0;
                    len = 1;
                }
                inf.setInput(buf, 0, len);
            }

            @Override
            public void close() throws IOException {
                super.close();
                inflater.end();
            }
        };
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /** A stretch of the file. */
    private InputStream range(long start, long length) {
        return new BoundedArchiveInputStream(start, length) {
            @Override
            protected int read(long position, ByteBuffer into) throws IOException {
                return channel.read(into, position);
            }
        };
    }

    /** An entry's bytes, compared with what the archive says of them. */
    private final class Checked extends FilterInputStream {

        private final Entry entry;
        private final CRC32 crc = new CRC32();
        private long count;

        Checked(Entry entry, InputStream in) {
            super(in);
            this.entry = entry;
        }

        @Override
        public int read() throws IOException {
            final byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int from, int length) throws IOException {
            final int read;
            try {
                read = super.read(into, from, length);
            } catch (ZipException e) {
                throw unreadable(e);
            }
            if (read > 0) {
                crc.update(into, from, read);
                count += read;
            }
            if (count > entry.size() || read < 0 && count < entry.size()) throw unreadable(null);
            if (read < 0 && crc.getValue() != entry.crc()) throw unreadable(null);
            return read;
        }

        private CheckpointException unreadable(IOException cause) {
            return new CheckpointException(
                    label
                            + " is damaged: its entry "
                            + entry.name()
                            + " does not have the size and checksum that are listed.",
                    cause);
        }

        @Override
        public long skip(long count) throws IOException {
            final byte[] skipped = new byte[(int) Math.min(1 << 13, Math.max(0, count))];
            final int read = read(skipped, 0, skipped.length);
            return Math.max(0, read);
        }

        @Override
        public boolean markSupported() {
            return false;
        }
    }
}
