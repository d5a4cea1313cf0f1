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
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipException;
import org.apache.commons.compress.utils.BoundedArchiveInputStream;

/**
 * A zip file that means only one thing.
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

    /** Bytes that an entry may have whatever its compression. */
    private static final int RATIO_ALLOWANCE = 1 << 16;

    private static final int MOST_ENTRIES = 100_000;
    private static final int LONGEST_NAME = 512;
    private static final int LARGEST_DIRECTORY = 1 << 25;

    private static final int LOCAL = 0x04034b50;
    private static final int CENTRAL = 0x02014b50;
    private static final int END = 0x06054b50;
    private static final int END64 = 0x06064b50;
    private static final int END64_LOCATOR = 0x07064b50;
    private static final int DESCRIPTOR = 0x08074b50;

    private static final int LOCAL_BYTES = 30;
    private static final int CENTRAL_BYTES = 46;
    private static final int END_BYTES = 22;
    private static final int END64_BYTES = 56;
    private static final int LOCATOR_BYTES = 20;

    private static final int ENCRYPTED = 1;
    private static final int SIZES_FOLLOW = 8;
    private static final int STORED = 0;
    private static final int DEFLATED = 8;
    private static final int ZIP64_EXTRA = 1;
    private static final long IN_EXTRA = 0xffffffffL;

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
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    private ZipArchive(String label, FileChannel channel) {
        this.label = label;
        this.channel = channel;
    }

    /**
     * Opens an archive and checks all of it but the contents of the entries.
     *
     * @throws CheckpointException if it is damaged or could mean different things to different
     *     programs, with a sentence for the user
     */
    public static ZipArchive open(Path file) throws IOException {
        final FileChannel channel = FileChannel.open(file);
        try {
            final ZipArchive archive = new ZipArchive(String.valueOf(file.getFileName()), channel);
            archive.readDirectory();
            return archive;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** The entries by name, in the order of the table of contents. */
    public Map<String, Entry> entries() {
        return Collections.unmodifiableMap(entries);
    }

    /** Name of the file, as messages call it. */
    String label() {
        return label;
    }

    /**
     * All bytes of an entry. The stream ends with an exception if they are not as many as was
     * declared or do not have the declared checksum.
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

    // ---- table of contents ----

    private CheckpointException damaged(String how) {
        return new CheckpointException(label + " is damaged: " + how + ".");
    }

    private CheckpointException refused(String why) {
        return new CheckpointException(label + " is refused: " + why + ".");
    }

    private ByteBuffer read(long position, int count) throws IOException {
        if (position < 0 || count < 0 || count > channel.size() - position)
            throw damaged("its table of contents points beyond its end");
        final ByteBuffer buffer = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining())
            if (channel.read(buffer, position + buffer.position()) < 0)
                throw damaged("it became shorter while it was read");
        return buffer.flip();
    }

    private record Directory(long start, long size, long entries) {}

    private void readDirectory() throws IOException {
        final Directory directory = directory();
        if (directory.entries() > MOST_ENTRIES)
            throw refused(
                    "it has " + directory.entries() + " entries; accepted: up to " + MOST_ENTRIES);
        if (directory.size() > LARGEST_DIRECTORY)
            throw refused("its table of contents has " + directory.size() + " bytes");
        final ByteBuffer table = read(directory.start(), (int) directory.size());
        final List<Listed> listed = new ArrayList<>();
        final Set<String> folded = new HashSet<>();
        for (long i = 0; i < directory.entries(); i++) {
            final Listed entry = listed(table);
            if (!folded.add(entry.name.toLowerCase(Locale.ROOT)))
                throw refused("it has two entries named " + entry.name);
            listed.add(entry);
        }
        if (table.hasRemaining())
            throw damaged("its table of contents holds more than its entries");
        locate(listed, directory.start());
    }

    private Directory directory() throws IOException {
        final long length = channel.size();
        if (length < END_BYTES) throw incomplete();
        final int tailLength = (int) Math.min(length, END_BYTES + 0xffff);
        final ByteBuffer tail = read(length - tailLength, tailLength);
        int at = tailLength - END_BYTES;
        while (at >= 0
                && (tail.getInt(at) != END
                        || (tail.getShort(at + 20) & 0xffff) != tailLength - at - END_BYTES)) at--;
        if (at < 0) throw incomplete();
        final long end = length - tailLength + at;
        if (tail.getShort(at + 4) != 0 || tail.getShort(at + 6) != 0)
            throw refused("it is one part of several");
        final int entries = tail.getShort(at + 10) & 0xffff;
        if ((tail.getShort(at + 8) & 0xffff) != entries)
            throw damaged("it states two numbers of entries");
        final Directory small =
                new Directory(
                        tail.getInt(at + 16) & 0xffffffffL,
                        tail.getInt(at + 12) & 0xffffffffL,
                        entries);
        final Directory large = directory64(end);
        if (large == null) {
            if (small.start() + small.size() != end)
                throw damaged("its table of contents is not where it should be");
            return small;
        }
        if (small.start() != IN_EXTRA && small.start() != large.start()
                || small.size() != IN_EXTRA && small.size() != large.size()
                || small.entries() != 0xffff && small.entries() != large.entries())
            throw damaged("it states two places of its table of contents");
        return large;
    }

    private CheckpointException incomplete() {
        return new CheckpointException(
                label
                        + " is damaged or incomplete: it has no table of contents, which stands at the"
                        + " end of the whole file.");
    }

    /** The directory as 64-bit numbers, or null if there is none such. */
    private Directory directory64(long end) throws IOException {
        if (end < LOCATOR_BYTES + END64_BYTES) return null;
        final ByteBuffer locator = read(end - LOCATOR_BYTES, LOCATOR_BYTES);
        if (locator.getInt(0) != END64_LOCATOR) return null;
        final long at = locator.getLong(8);
        if (locator.getInt(4) != 0 || locator.getInt(16) > 1)
            throw refused("it is one part of several");
        if (at != end - LOCATOR_BYTES - END64_BYTES)
            throw damaged("its table of contents is not where it should be");
        final ByteBuffer record = read(at, END64_BYTES);
        if (record.getInt(0) != END64
                || record.getLong(4) != END64_BYTES - 12
                || record.getInt(16) != 0
                || record.getInt(20) != 0
                || record.getLong(24) != record.getLong(32))
            throw damaged("its table of contents cannot be read");
        final Directory directory =
                new Directory(record.getLong(48), record.getLong(40), record.getLong(32));
        if (directory.start() < 0
                || directory.size() < 0
                || directory.entries() < 0
                || directory.start() != at - directory.size())
            throw damaged("its table of contents is not where it should be");
        return directory;
    }

    /** An entry as the table of contents has it. */
    private static final class Listed {
        private byte[] rawName;
        private String name;
        private int flags;
        private int method;
        private long crc;
        private long compressedSize;
        private long size;
        private long offset;
    }

    private Listed listed(ByteBuffer table) throws IOException {
        final int start = table.position();
        if (table.remaining() < CENTRAL_BYTES || table.getInt(start) != CENTRAL)
            throw damaged("its table of contents breaks off");
        final Listed entry = new Listed();
        entry.flags = table.getShort(start + 8) & 0xffff;
        entry.method = table.getShort(start + 10) & 0xffff;
        entry.crc = table.getInt(start + 16) & 0xffffffffL;
        entry.compressedSize = table.getInt(start + 20) & 0xffffffffL;
        entry.size = table.getInt(start + 24) & 0xffffffffL;
        entry.offset = table.getInt(start + 42) & 0xffffffffL;
        final int nameLength = table.getShort(start + 28) & 0xffff;
        final int extraLength = table.getShort(start + 30) & 0xffff;
        final int commentLength = table.getShort(start + 32) & 0xffff;
        if (table.remaining() - CENTRAL_BYTES < nameLength + extraLength + commentLength)
            throw damaged("its table of contents breaks off");
        if (nameLength == 0 || nameLength > LONGEST_NAME)
            throw refused("the name of an entry has " + nameLength + " bytes");
        table.position(start + CENTRAL_BYTES);
        entry.rawName = new byte[nameLength];
        table.get(entry.rawName);
        entry.name = new String(entry.rawName, StandardCharsets.UTF_8);
        final ByteBuffer extra = table.slice().order(ByteOrder.LITTLE_ENDIAN).limit(extraLength);
        final ByteBuffer wide = wideNumbers(extra);
        entry.size = widened(entry.size, wide);
        entry.compressedSize = widened(entry.compressedSize, wide);
        entry.offset = widened(entry.offset, wide);
        table.position(table.position() + extraLength + commentLength);
        requireName(entry.name);
        requireAcceptable(entry);
        return entry;
    }

    /** The 64-bit numbers among the extra fields; empty if there are none. */
    private static ByteBuffer wideNumbers(ByteBuffer extra) {
        while (extra.remaining() >= 4) {
            final int id = extra.getShort() & 0xffff;
            final int length = extra.getShort() & 0xffff;
            // PyTorch pads with fields whose length is not always right.
            if (length > extra.remaining()) break;
            if (id == ZIP64_EXTRA)
                return extra.slice().order(ByteOrder.LITTLE_ENDIAN).limit(length);
            extra.position(extra.position() + length);
        }
        return ByteBuffer.allocate(0);
    }

    private long widened(long value, ByteBuffer wide) throws CheckpointException {
        if (value != IN_EXTRA) return value;
        if (wide.remaining() < 8) throw damaged("the size of an entry is missing");
        return wide.getLong();
    }

    private void requireName(String name) throws CheckpointException {
        final String path = name.endsWith("/") ? name.substring(0, name.length() - 1) : name;
        boolean fits = !path.isEmpty();
        for (String part : path.split("/", -1))
            fits &= !part.isEmpty() && !part.equals(".") && !part.equals("..");
        for (int i = 0; i < path.length(); i++) {
            final char c = path.charAt(i);
            fits &= c >= ' ' && c != 0x7f && c != '\\' && c != ':' && c != '\ufffd';
        }
        if (!fits)
            throw refused(
                    "its entry \"" + printable(name) + "\" has a name that could lead elsewhere");
    }

    private static String printable(String name) {
        final StringBuilder text = new StringBuilder();
        name.codePoints()
                .limit(80)
                .forEach(c -> text.append(c < ' ' || c == 0x7f ? "?" : Character.toString(c)));
        return text.toString();
    }

    private void requireAcceptable(Listed entry) throws CheckpointException {
        if ((entry.flags & ENCRYPTED) != 0) throw refused("its entry " + entry.name + " is locked");
        if (entry.method != STORED && entry.method != DEFLATED)
            throw refused(
                    "its entry "
                            + entry.name
                            + " is compressed by method "
                            + entry.method
                            + ", which is not supported");
        if (entry.size < 0 || entry.compressedSize < 0 || entry.offset < 0)
            throw damaged("its entry " + entry.name + " has an impossible size");
        if (entry.method == STORED && entry.size != entry.compressedSize)
            throw damaged("its entry " + entry.name + " has two sizes");
        if ((entry.size - RATIO_ALLOWANCE) / LARGEST_RATIO > entry.compressedSize)
            throw refused(
                    "its entry "
                            + entry.name
                            + " would grow from "
                            + entry.compressedSize
                            + " to "
                            + entry.size
                            + " bytes, more than "
                            + LARGEST_RATIO
                            + " times");
        if (entry.name.endsWith("/") && entry.size != 0)
            throw damaged("its folder " + entry.name + " has contents");
    }

    // ---- the entries themselves ----

    private void locate(List<Listed> listed, long end) throws IOException {
        final List<Listed> byPlace = new ArrayList<>(listed);
        byPlace.sort(Comparator.comparingLong(entry -> entry.offset));
        final Map<Listed, Entry> located = new LinkedHashMap<>();
        long position = 0;
        for (int i = 0; i < byPlace.size(); i++) {
            final Listed entry = byPlace.get(i);
            if (entry.offset != position)
                throw refused("something is hidden before its entry " + entry.name);
            final long next = i + 1 < byPlace.size() ? byPlace.get(i + 1).offset : end;
            located.put(entry, locate(entry, next));
            position = next;
        }
        if (position != end) throw refused("something is hidden before its table of contents");
        for (Listed entry : listed) entries.put(entry.name, located.get(entry));
    }

    /** Compares what stands before and behind an entry with the table of contents. */
    private Entry locate(Listed entry, long next) throws IOException {
        final ByteBuffer header = read(entry.offset, LOCAL_BYTES);
        final int nameLength = header.getShort(26) & 0xffff;
        final int extraLength = header.getShort(28) & 0xffff;
        if (header.getInt(0) != LOCAL
                || header.getShort(6) != (short) entry.flags
                || (header.getShort(8) & 0xffff) != entry.method
                || nameLength != entry.rawName.length) throw disagree(entry);
        final ByteBuffer more = read(entry.offset + LOCAL_BYTES, nameLength + extraLength);
        if (!Arrays.equals(more.array(), 0, nameLength, entry.rawName, 0, nameLength))
            throw disagree(entry);
        final ByteBuffer wide =
                wideNumbers(more.position(nameLength).slice().order(ByteOrder.LITTLE_ENDIAN));
        final boolean follow = (entry.flags & SIZES_FOLLOW) != 0;
        requireSame(entry, header.getInt(14) & 0xffffffffL, entry.crc, follow);
        // In the extra field the size comes first, in the header the compressed one.
        final long size = header.getInt(22) & 0xffffffffL;
        final long compressedSize = header.getInt(18) & 0xffffffffL;
        if (size != IN_EXTRA || wide.hasRemaining())
            requireSame(entry, widened(size, wide), entry.size, follow);
        if (compressedSize != IN_EXTRA || wide.hasRemaining())
            requireSame(entry, widened(compressedSize, wide), entry.compressedSize, follow);
        final long dataOffset = entry.offset + LOCAL_BYTES + nameLength + extraLength;
        final long rest = next - dataOffset - entry.compressedSize;
        if (next < dataOffset || entry.compressedSize > next - dataOffset)
            throw damaged("its entry " + entry.name + " reaches into the next one");
        if (follow) requireDescriptor(entry, dataOffset + entry.compressedSize, rest);
        else if (rest != 0) throw refused("something is hidden behind its entry " + entry.name);
        return new Entry(
                entry.name,
                entry.method == DEFLATED,
                entry.compressedSize,
                entry.size,
                entry.crc,
                dataOffset);
    }

    private void requireSame(Listed entry, long here, long listed, boolean follows)
            throws CheckpointException {
        if (here != listed && !(follows && here == 0)) throw disagree(entry);
    }

    private CheckpointException disagree(Listed entry) {
        return refused(
                "its entry " + entry.name + " is not the one that its table of contents lists");
    }

    /** Sizes behind the entry: checksum and two sizes of 4 or 8 bytes, with or without a mark. */
    private void requireDescriptor(Listed entry, long position, long length) throws IOException {
        if (length != 12 && length != 16 && length != 20 && length != 24)
            throw refused("something is hidden behind its entry " + entry.name);
        final ByteBuffer numbers = read(position, (int) length);
        final boolean marked = length % 8 == 0;
        if (marked && numbers.getInt() != DESCRIPTOR) throw disagree(entry);
        final long crc = numbers.getInt() & 0xffffffffL;
        final boolean wide = numbers.remaining() == 16;
        final long compressedSize = wide ? numbers.getLong() : numbers.getInt() & 0xffffffffL;
        final long size = wide ? numbers.getLong() : numbers.getInt() & 0xffffffffL;
        if (crc != entry.crc || compressedSize != entry.compressedSize || size != entry.size)
            throw disagree(entry);
    }

    // ---- streams ----

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
