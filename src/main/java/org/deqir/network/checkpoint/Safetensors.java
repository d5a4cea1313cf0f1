/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.checkpoint;

import ai.djl.ndarray.types.Shape;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.utils.SeekableInMemoryByteChannel;

/**
 * The safetensors format: eight bytes with the length of a JSON header, the header, and the tensors
 * without gaps (<a href="https://github.com/huggingface/safetensors#format">format</a>).
 */
public final class Safetensors implements Checkpoint {

    private static final int CHUNK_BYTES = 1 << 20;

    private record Entry(TensorInfo info, long begin, long end) {}

    private final String label;
    private final SeekableByteChannel channel;
    private final long dataStart;
    private final Map<String, Entry> entries;
    private final Map<String, String> metadata;

    private Safetensors(
            String label,
            SeekableByteChannel channel,
            long dataStart,
            Map<String, Entry> entries,
            Map<String, String> metadata) {
        this.label = label;
        this.channel = channel;
        this.dataStart = dataStart;
        this.entries = entries;
        this.metadata = metadata;
    }

    /**
     * Opens a file.
     *
     * @return an open checkpoint, which the caller closes
     * @throws CheckpointException if it is not a complete safetensors file
     */
    public static Safetensors open(Path file) throws IOException {
        return open(String.valueOf(file.getFileName()), Files.newByteChannel(file));
    }

    /**
     * Reads the bytes of a file that is in memory, which messages call {@code label}.
     *
     * @throws CheckpointException if it is not complete
     */
    public static Safetensors open(String label, byte[] file) throws IOException {
        return open(label, new SeekableInMemoryByteChannel(file));
    }

    private static Safetensors open(String label, SeekableByteChannel channel) throws IOException {
        try {
            final ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            final long size = channel.size();
            if (size < 10) throw damaged(label, "it has only " + size + " bytes");
            readFully(label, channel, 0, length);
            final long headerLength = length.getLong(0);
            if (headerLength < 2 || headerLength > size - 8)
                throw damaged(label, "its header would have " + headerLength + " bytes");
            if (headerLength > Limits.LARGEST_LIST)
                throw new CheckpointException(
                        "%s is refused: its header has %s bytes; accepted: up to %s."
                                .formatted(label, headerLength, Limits.LARGEST_LIST));
            final ByteBuffer header = ByteBuffer.allocate((int) headerLength);
            readFully(label, channel, 8, header);
            final Map<String, Entry> entries = new LinkedHashMap<>();
            final Map<String, String> metadata = new LinkedHashMap<>();
            parse(label, new String(header.array(), StandardCharsets.UTF_8), entries, metadata);
            final long dataStart = 8 + headerLength;
            requireGapless(label, entries, size - dataStart);
            return new Safetensors(label, channel, dataStart, entries, metadata);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static void parse(
            String label, String header, Map<String, Entry> entries, Map<String, String> metadata)
            throws IOException {
        try (JsonReader json = new JsonReader(new StringReader(header))) {
            json.beginObject();
            while (json.hasNext()) {
                final String name = json.nextName();
                if (name.length() > Limits.LONGEST_NAME || entries.size() == Limits.MOST_TENSORS)
                    throw new CheckpointException(
                            String.format(
                                    "%s is refused: it holds more than %s tensors or one whose"
                                            + " name has more than %s characters.",
                                    label, Limits.MOST_TENSORS, Limits.LONGEST_NAME));
                if (name.equals("__metadata__")) {
                    json.beginObject();
                    while (json.hasNext())
                        if (metadata.put(json.nextName(), json.nextString()) != null)
                            throw damaged(label, "its header says something twice");
                    json.endObject();
                } else if (entries.put(name, entry(label, name, json)) != null)
                    throw damaged(label, "its tensor " + name + " occurs twice");
            }
            json.endObject();
            if (json.peek() != JsonToken.END_DOCUMENT)
                throw damaged(label, "something follows its header");
        } catch (CheckpointException e) {
            throw e;
        } catch (IOException | IllegalStateException | NumberFormatException e) {
            throw new CheckpointException(
                    label + " is damaged: its header is not what safetensors prescribes.", e);
        }
    }

    private static Entry entry(String label, String name, JsonReader json) throws IOException {
        String type = null;
        long[] shape = null;
        long[] offsets = null;
        int keys = 0;
        json.beginObject();
        while (json.hasNext()) {
            final String key = json.nextName();
            keys++;
            switch (key) {
                case "dtype" -> type = json.nextString();
                case "shape" -> shape = longs(json);
                case "data_offsets" -> offsets = longs(json);
                default -> throw damaged(label, "its tensor " + name + " has an unknown entry");
            }
        }
        json.endObject();
        if (keys != 3 || type == null || shape == null || offsets == null || offsets.length != 2)
            throw damaged(label, "its tensor " + name + " is not fully described");
        final String format = type;
        final TensorInfo info =
                new TensorInfo(
                        ElementType.ofSafetensors(format)
                                .orElseThrow(
                                        () ->
                                                new CheckpointException(
                                                        String.format(
                                                                "%s holds numbers of the format %s"
                                                                        + " (tensor %s), which is"
                                                                        + " not supported.",
                                                                label, format, name))),
                        new Shape(shape));
        try {
            if (offsets[0] < 0
                    || Math.subtractExact(offsets[1], offsets[0])
                            != Math.multiplyExact(info.elements(), info.type().bytes()))
                throw damaged(label, "its tensor " + name + " has a size that is not its shape's");
        } catch (ArithmeticException e) {
            throw new CheckpointException(
                    label + " is damaged: its tensor " + name + " has an impossible size.", e);
        }
        return new Entry(info, offsets[0], offsets[1]);
    }

    private static long[] longs(JsonReader json) throws IOException {
        final List<Long> values = new ArrayList<>();
        json.beginArray();
        while (json.hasNext()) {
            final long value = json.nextLong();
            if (value < 0) throw new NumberFormatException("negative size " + value);
            if (values.size() == Limits.MOST_DIMENSIONS)
                throw new NumberFormatException("too many dimensions");
            values.add(value);
        }
        json.endArray();
        return values.stream().mapToLong(Long::longValue).toArray();
    }

    private static void requireGapless(String label, Map<String, Entry> entries, long dataLength)
            throws CheckpointException {
        final List<Entry> sorted = new ArrayList<>(entries.values());
        sorted.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        long end = 0;
        for (Entry entry : sorted) {
            if (entry.begin() != end) throw damaged(label, "its tensors overlap or leave gaps");
            end = entry.end();
        }
        if (end > dataLength)
            throw new CheckpointException(
                    "%s is incomplete: %s bytes are missing at its end."
                            .formatted(label, end - dataLength));
        if (end < dataLength) throw damaged(label, "something follows its last tensor");
    }

    private static CheckpointException damaged(String label, String how) {
        return new CheckpointException(label + " is damaged: " + how + ".");
    }

    /** {@return free text that the writer of the file left in its header} */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(metadata);
    }

    @Override
    public Map<String, TensorInfo> tensors() {
        final Map<String, TensorInfo> result = new LinkedHashMap<>();
        entries.forEach((name, entry) -> result.put(name, entry.info()));
        return Collections.unmodifiableMap(result);
    }

    @Override
    public float[] read(String name) throws IOException {
        final Entry entry = entries.get(name);
        if (entry == null)
            throw new IllegalArgumentException(label + " has no tensor " + name + ".");
        final ElementType type = entry.info().type();
        final float[] values = new float[entry.info().arraySize(name)];
        final ByteBuffer chunk =
                ByteBuffer.allocate((int) Math.min(CHUNK_BYTES, entry.end() - entry.begin()))
                        .order(ByteOrder.LITTLE_ENDIAN);
        int i = 0;
        for (long position = entry.begin(); position < entry.end(); position += chunk.limit()) {
            chunk.clear().limit((int) Math.min(CHUNK_BYTES, entry.end() - position));
            synchronized (channel) {
                readFully(label, channel, dataStart + position, chunk);
            }
            chunk.flip();
            while (chunk.hasRemaining()) values[i++] = type.get(chunk);
        }
        return values;
    }

    private static void readFully(
            String label, SeekableByteChannel channel, long position, ByteBuffer into)
            throws IOException {
        channel.position(position);
        while (into.hasRemaining())
            if (channel.read(into) < 0)
                throw new CheckpointException(label + " is incomplete: it ends too early.");
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
