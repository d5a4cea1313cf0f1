/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.testing;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import org.deqir.network.checkpoint.Checkpoint;
import org.deqir.network.checkpoint.TensorInfo;

/**
 * Writes float32 checkpoints as {@code torch.save} does: a zip file of stored entries whose sizes
 * follow them, with a pickle of an ordered dictionary and one storage for each tensor. Up to 4 GB.
 */
public final class TorchFile {

    private static final int FLAGS = 0x808;
    private static final int CHUNK = 1 << 16;

    private record Entry(String name, long crc, long size, long offset) {}

    private final OutputStream out;
    private final List<Entry> entries = new ArrayList<>();
    private long position;

    private TorchFile(OutputStream out) {
        this.out = out;
    }

    /** Writes all tensors of a checkpoint, one at a time. */
    public static void write(Path file, Checkpoint checkpoint) throws IOException {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
            final TorchFile zip = new TorchFile(out);
            zip.entry("archive/data.pkl", pickle(checkpoint.tensors()));
            zip.entry("archive/byteorder", "little".getBytes(StandardCharsets.US_ASCII));
            int storage = 0;
            for (String name : checkpoint.tensors().keySet())
                zip.entry("archive/data/" + storage++, checkpoint.read(name));
            zip.entry("archive/version", "3\n".getBytes(StandardCharsets.US_ASCII));
            zip.finish();
        }
    }

    // ---- pickle, protocol 2 ----

    private static byte[] pickle(Map<String, TensorInfo> tensors) throws IOException {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        text(out, "\u0080\u0002ccollections\nOrderedDict\n)R(");
        int storage = 0;
        for (Map.Entry<String, TensorInfo> tensor : tensors.entrySet()) {
            final long[] shape = tensor.getValue().shape().getShape();
            string(out, tensor.getKey());
            text(out, "ctorch._utils\n_rebuild_tensor_v2\n((");
            string(out, "storage");
            text(out, "ctorch\nFloatStorage\n");
            string(out, String.valueOf(storage++));
            string(out, "cpu");
            number(out, tensor.getValue().elements());
            text(out, "tQ");
            number(out, 0);
            out.write('(');
            for (long size : shape) number(out, size);
            text(out, "t(");
            long stride = tensor.getValue().elements();
            for (long size : shape) number(out, stride /= size);
            text(out, "t\u0089ccollections\nOrderedDict\n)RtR");
        }
        text(out, "u.");
        return out.toByteArray();
    }

    private static void text(ByteArrayOutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static void string(ByteArrayOutputStream out, String text) throws IOException {
        final byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.write('X');
        out.write(little(4).putInt(bytes.length).array());
        out.write(bytes);
    }

    private static void number(ByteArrayOutputStream out, long value) throws IOException {
        out.write('J');
        out.write(little(4).putInt(Math.toIntExact(value)).array());
    }

    // ---- zip ----

    private static ByteBuffer little(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void put(ByteBuffer bytes) throws IOException {
        out.write(bytes.array(), 0, bytes.position());
        position += bytes.position();
    }

    private long begin(String name) throws IOException {
        final byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        final long offset = position;
        put(
                little(30 + bytes.length)
                        .putInt(0x04034b50)
                        .putShort((short) 0)
                        .putShort((short) FLAGS)
                        .position(26)
                        .putShort((short) bytes.length)
                        .putShort((short) 0)
                        .put(bytes));
        return offset;
    }

    private void end(String name, long offset, CRC32 crc, long size) throws IOException {
        put(
                little(16)
                        .putInt(0x08074b50)
                        .putInt((int) crc.getValue())
                        .putInt((int) size)
                        .putInt((int) size));
        entries.add(new Entry(name, crc.getValue(), size, offset));
    }

    private void entry(String name, byte[] content) throws IOException {
        final long offset = begin(name);
        final CRC32 crc = new CRC32();
        crc.update(content);
        put(little(content.length).put(content));
        end(name, offset, crc, content.length);
    }

    private void entry(String name, float[] values) throws IOException {
        final long offset = begin(name);
        final CRC32 crc = new CRC32();
        for (int i = 0; i < values.length; i += CHUNK) {
            final int count = Math.min(CHUNK, values.length - i);
            final ByteBuffer chunk = little(4 * count);
            chunk.asFloatBuffer().put(values, i, count);
            chunk.position(4 * count);
            crc.update(chunk.array());
            put(chunk);
        }
        end(name, offset, crc, 4L * values.length);
    }

    private void finish() throws IOException {
        final long start = position;
        for (Entry entry : entries) {
            final byte[] name = entry.name().getBytes(StandardCharsets.UTF_8);
            put(
                    little(46 + name.length)
                            .putInt(0x02014b50)
                            .putInt(0)
                            .putShort((short) FLAGS)
                            .position(16)
                            .putInt((int) entry.crc())
                            .putInt((int) entry.size())
                            .putInt((int) entry.size())
                            .putShort((short) name.length)
                            .position(42)
                            .putInt((int) entry.offset())
                            .put(name));
        }
        put(
                little(22)
                        .putInt(0x06054b50)
                        .putInt(0)
                        .putShort((short) entries.size())
                        .putShort((short) entries.size())
                        .putInt((int) (position - start))
                        .putInt((int) start)
                        .putShort((short) 0));
    }
}
