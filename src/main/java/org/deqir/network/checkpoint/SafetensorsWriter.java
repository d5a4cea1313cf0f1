/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.checkpoint;

import com.google.gson.stream.JsonWriter;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import org.deqir.progress.Progress;

/** Writes checkpoints as safetensors, holding one tensor at a time in memory. */
public final class SafetensorsWriter {

    private static final int CHUNK_ELEMENTS = 1 << 16;

    private SafetensorsWriter() {}

    /**
     * Writes all tensors of a checkpoint. The file appears under its name only when it is complete.
     *
     * @param file file to create or to replace
     * @param tensors what to write
     * @param type format of the elements: {@link ElementType#FLOAT32}, {@link ElementType#FLOAT16}
     *     or {@link ElementType#BFLOAT16}; values are rounded to it
     * @param metadata free text for the file's header
     * @throws CheckpointException if a weight is not a finite number
     * @throws IllegalArgumentException if a weight is too large for the format
     * @throws IOException if the file cannot be written
     */
    public static void write(
            Path file, Checkpoint tensors, ElementType type, Map<String, String> metadata)
            throws IOException {
        write(file, tensors, type, metadata, Progress.NONE);
    }

    /**
     * The same, with progress by bytes.
     *
     * @throws java.util.concurrent.CancellationException if the user cancelled; no file is left
     * @throws IOException if a tensor cannot be read or the file not written
     */
    public static void write(
            Path file,
            Checkpoint tensors,
            ElementType type,
            Map<String, String> metadata,
            Progress progress)
            throws IOException {
        final Path partial = file.resolveSibling(file.getFileName() + ".part");
        try {
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(partial))) {
                out.write(header(tensors, type, metadata));
                long done = 0;
                long all = 0;
                for (TensorInfo tensor : tensors.tensors().values()) all += tensor.elements();
                for (Map.Entry<String, TensorInfo> tensor : tensors.tensors().entrySet()) {
                    progress.checkCanceled();
                    progress.update("Converting weights", (double) done / Math.max(1, all));
                    write(out, tensor.getKey(), tensors.read(tensor.getKey()), type);
                    done += tensor.getValue().elements();
                }
            }
            Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    private static byte[] header(Checkpoint tensors, ElementType type, Map<String, String> metadata)
            throws IOException {
        final StringWriter text = new StringWriter();
        try (JsonWriter json = new JsonWriter(text)) {
            json.beginObject();
            if (!metadata.isEmpty()) {
                json.name("__metadata__").beginObject();
                for (Map.Entry<String, String> entry : metadata.entrySet())
                    json.name(entry.getKey()).value(entry.getValue());
                json.endObject();
            }
            long offset = 0;
            for (Map.Entry<String, TensorInfo> tensor : tensors.tensors().entrySet()) {
                final TensorInfo info = tensor.getValue();
                json.name(tensor.getKey()).beginObject();
                json.name("dtype").value(type.safetensorsName());
                json.name("shape").beginArray();
                for (long size : info.shape().getShape()) json.value(size);
                json.endArray();
                json.name("data_offsets").beginArray();
                json.value(offset);
                offset = Math.addExact(offset, Math.multiplyExact(info.elements(), type.bytes()));
                json.value(offset).endArray();
                json.endObject();
            }
            json.endObject();
        }
        final byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        // The format asks for the tensors to start at a multiple of eight.
        final int padded = Math.addExact(bytes.length, 7) / 8 * 8;
        final ByteBuffer header =
                ByteBuffer.allocate(8 + padded)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(padded)
                        .put(bytes);
        while (header.hasRemaining()) header.put((byte) ' ');
        return header.array();
    }

    private static void write(OutputStream out, String name, float[] values, ElementType type)
            throws IOException {
        final ByteBuffer chunk =
                ByteBuffer.allocate(CHUNK_ELEMENTS * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            if (!Float.isFinite(value))
                throw new CheckpointException(
                        "The weights " + name + " hold " + value + ", which no network can use.");
            if (Math.abs(value) > largest(type))
                throw new IllegalArgumentException(
                        "The tensor " + name + " holds " + value + ", too large for " + type + ".");
            type.put(chunk, value);
            if (!chunk.hasRemaining()) {
                out.write(chunk.array());
                chunk.clear();
            }
        }
        out.write(chunk.array(), 0, chunk.position());
    }

    private static float largest(ElementType type) {
        return type == ElementType.FLOAT16 ? 65504 : Float.MAX_VALUE;
    }
}
