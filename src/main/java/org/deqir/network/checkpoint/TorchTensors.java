/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deqir.network.checkpoint.PickleReader.Skipped;
import org.deqir.network.checkpoint.PickleReader.Storage;
import org.deqir.network.checkpoint.PickleReader.View;

/** What PyTorch's two formats share: tensors that are views of storages elsewhere in the file. */
abstract class TorchTensors implements Checkpoint {

    private static final int CHUNK_BYTES = 1 << 20;

    private final String label;
    private final ByteOrder order;
    private final Map<String, View> views = new LinkedHashMap<>();
    private Skipped skipped;
    private int entries;

    /**
     * @param label what messages call the file
     * @param root the object that was saved
     */
    TorchTensors(String label, ByteOrder order, Object root) throws CheckpointException {
        this.label = label;
        this.order = order;
        collect("", root, 0);
        if (views.isEmpty())
            throw new CheckpointException(
                    label
                            + " holds no tensors"
                            + (skipped == null
                                    ? ""
                                    : " but an object of Python's " + skipped.symbol())
                            + "; accepted: "
                            + FileKind.ACCEPTED
                            + ".");
    }

    private void collect(String path, Object object, int depth) throws CheckpointException {
        if (depth > Limits.DEEPEST_CONTAINER || ++entries > Limits.MOST_THINGS)
            throw new CheckpointException(label + " is refused: its containers are too deep.");
        if (path.length() > Limits.LONGEST_NAME)
            throw new CheckpointException(
                    "%s is refused: the name of a tensor has more than %s characters."
                            .formatted(label, Limits.LONGEST_NAME));
        final String prefix = path.isEmpty() ? "" : path + ".";
        if (object instanceof Skipped other && skipped == null) skipped = other;
        if (object instanceof View view) {
            if (views.put(path, view) != null)
                throw new CheckpointException(label + " holds two tensors named " + path + ".");
            if (views.size() > Limits.MOST_TENSORS)
                throw new CheckpointException(
                        "%s is refused: it holds more than %s tensors."
                                .formatted(label, Limits.MOST_TENSORS));
        } else if (object instanceof Map<?, ?> map)
            for (Map.Entry<?, ?> entry : map.entrySet())
                collect(prefix + shortened(entry.getKey()), entry.getValue(), depth + 1);
        else if (object instanceof List<?> list)
            for (int i = 0; i < list.size(); i++) collect(prefix + i, list.get(i), depth + 1);
        else if (object instanceof Object[] tuple)
            for (int i = 0; i < tuple.length; i++) collect(prefix + i, tuple[i], depth + 1);
    }

    /** A key as a text, cut where it is too long anyway. */
    private static String shortened(Object key) {
        final String text = key.toString();
        return text.substring(0, Math.min(text.length(), Limits.LONGEST_NAME + 1));
    }

    /** Bytes of a storage from {@code position} on. */
    abstract InputStream open(String storage, long position) throws IOException;

    final String label() {
        return label;
    }

    /** The storages that the tensors are views of, by key. */
    final Map<String, Storage> storages() throws CheckpointException {
        final Map<String, Storage> result = new LinkedHashMap<>();
        for (View view : views.values()) {
            final Storage other = result.put(view.storage().key(), view.storage());
            // Only one of the two could be compared with the file.
            if (other != null && !other.equals(view.storage()))
                throw new CheckpointException(
                        "%s is damaged: it describes its storage %s in two ways."
                                .formatted(label, other.key()));
        }
        return result;
    }

    @Override
    public final Map<String, TensorInfo> tensors() {
        final Map<String, TensorInfo> result = new LinkedHashMap<>();
        views.forEach((name, view) -> result.put(name, view.info()));
        return Collections.unmodifiableMap(result);
    }

    @Override
    public final float[] read(String name) throws IOException {
        final View view = views.get(name);
        if (view == null)
            throw new IllegalArgumentException(label + " has no tensor " + name + ".");
        final int size = view.info().arraySize(name);
        if (size == 0) return new float[0];
        if (view.isContiguous()) return range(name, view.storage(), view.offset(), size);
        final long span = view.last() - view.offset() + 1;
        if (span > Integer.MAX_VALUE - 8)
            throw new CheckpointException(
                    "The tensor " + name + " is spread too widely over " + label + ".");
        return gather(view, range(name, view.storage(), view.offset(), (int) span), size);
    }

    private float[] range(String name, Storage storage, long offset, int size) throws IOException {
        final ElementType type = storage.type();
        final float[] values = new float[size];
        final long bytes = Math.multiplyExact((long) size, type.bytes());
        final ByteBuffer chunk =
                ByteBuffer.allocate((int) Math.min(CHUNK_BYTES, bytes)).order(order);
        try (InputStream in = open(storage.key(), Math.multiplyExact(offset, type.bytes()))) {
            int i = 0;
            for (long done = 0; done < bytes; done += chunk.limit()) {
                chunk.clear().limit((int) Math.min(chunk.capacity(), bytes - done));
                if (in.readNBytes(chunk.array(), 0, chunk.limit()) < chunk.limit())
                    throw new CheckpointException(
                            label + " is incomplete: its tensor " + name + " ends too early.");
                while (chunk.hasRemaining()) values[i++] = type.get(chunk);
            }
        } catch (EOFException e) {
            throw new CheckpointException(
                    label + " is damaged: its tensor " + name + " cannot be read.", e);
        }
        return values;
    }

    private static float[] gather(View view, float[] storage, int size) {
        final float[] values = new float[size];
        final long[] shape = view.shape().getShape();
        final long[] index = new long[shape.length];
        int position = 0;
        for (int i = 0; i < size; i++) {
            values[i] = storage[position];
            for (int d = shape.length - 1; d >= 0; d--) {
                position += (int) view.stride()[d];
                if (++index[d] < shape[d]) break;
                position -= (int) (index[d] * view.stride()[d]);
                index[d] = 0;
            }
        }
        return values;
    }
}
