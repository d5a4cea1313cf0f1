/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.deqir.network.checkpoint.ZipArchive.Entry;

/**
 * The table of contents of a zip file, checked against what stands in front of each entry (see
 * {@link ZipArchive}).
 */
final class ZipDirectory {

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

    private final String label;
    private final FileChannel channel;

    /**
     * @param label the file as messages call it
     */
    ZipDirectory(String label, FileChannel channel) {
        this.label = label;
        this.channel = channel;
    }

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

    /**
     * The entries by name, in the order of the table of contents.
     *
     * @throws CheckpointException if the file is damaged or could mean different things to
     *     different programs, with a sentence for the user
     */
    Map<String, Entry> read() throws IOException {
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
        return locate(listed, directory.start());
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
                    "its entry %s is compressed by method %s, which is not supported"
                            .formatted(entry.name, entry.method));
        if (entry.size < 0 || entry.compressedSize < 0 || entry.offset < 0)
            throw damaged("its entry " + entry.name + " has an impossible size");
        if (entry.method == STORED && entry.size != entry.compressedSize)
            throw damaged("its entry " + entry.name + " has two sizes");
        if ((entry.size - RATIO_ALLOWANCE) / ZipArchive.LARGEST_RATIO > entry.compressedSize)
            throw refused(
                    String.format(
                            "its entry %s would grow from %s to %s bytes, more than %s times",
                            entry.name,
                            entry.compressedSize,
                            entry.size,
                            ZipArchive.LARGEST_RATIO));
        if (entry.name.endsWith("/") && entry.size != 0)
            throw damaged("its folder " + entry.name + " has contents");
    }

    private Map<String, Entry> locate(List<Listed> listed, long end) throws IOException {
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
        final Map<String, Entry> entries = new LinkedHashMap<>();
        for (Listed entry : listed) entries.put(entry.name, located.get(entry));
        return entries;
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
}
