/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.checkpoint;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Named tensors in a file, read one by one.
 *
 * <p>Tensors that the file keeps in nested dictionaries or lists are named by their path, joined
 * with dots: {@code state_dict.conv_in.weight}. {@link #below} gives the tensors of one dictionary.
 *
 * <p>Several threads may read from one checkpoint.
 */
public interface Checkpoint extends Closeable {

    /** {@return the tensors by name, in the order of the file} */
    Map<String, TensorInfo> tensors();

    /**
     * {@return a tensor's elements in row-major order, converted to float32}
     *
     * @throws CheckpointException if the file is incomplete
     * @throws IllegalArgumentException if there is no such tensor
     */
    float[] read(String name) throws IOException;

    /**
     * {@return the tensors whose names start with {@code prefix}, without it} Closing the view
     * closes the file.
     */
    default Checkpoint below(String prefix) {
        if (prefix.isEmpty()) return this;
        final Checkpoint all = this;
        final Map<String, TensorInfo> tensors = new LinkedHashMap<>();
        all.tensors()
                .forEach(
                        (name, info) -> {
                            if (name.startsWith(prefix))
                                tensors.put(name.substring(prefix.length()), info);
                        });
        return new Checkpoint() {
            @Override
            public Map<String, TensorInfo> tensors() {
                return Collections.unmodifiableMap(tensors);
            }

            @Override
            public float[] read(String name) throws IOException {
                return all.read(prefix + name);
            }

            @Override
            public void close() throws IOException {
                all.close();
            }
        };
    }

    /**
     * Opens a checkpoint, whichever of the known formats it has. The format is told from the
     * content; the file's name plays no role.
     *
     * @param file an existing file
     * @return an open checkpoint, which the caller closes
     * @throws CheckpointException if the file is missing, damaged, not a checkpoint, or holds
     *     anything but tensors and plain containers
     */
    static Checkpoint open(Path file) throws IOException {
        if (Files.isDirectory(file))
            throw new CheckpointException(file.getFileName() + " is a folder, not a checkpoint.");
        final ByteBuffer start = ByteBuffer.allocate(FileKind.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        try (SeekableByteChannel channel = Files.newByteChannel(file)) {
            if (channel.size() > Limits.LARGEST_FILE)
                throw new CheckpointException(
                        String.format(
                                "%s is refused: it has %s bytes; accepted: up to %s.",
                                file.getFileName(), channel.size(), Limits.LARGEST_FILE));
            while (start.hasRemaining() && channel.read(start) >= 0) {}
        } catch (NoSuchFileException e) {
            throw new CheckpointException("There is no file " + file + ".", e);
        }
        start.flip();
        if (start.limit() >= 4 && start.getInt(0) == 0x04034b50) return TorchZip.open(file);
        if (start.limit() >= 2 && start.get(0) == (byte) 0x80 && start.get(1) <= 5)
            return TorchLegacy.open(file);
        if (start.limit() >= 9 && start.get(8) == '{') return Safetensors.open(file);
        throw FileKind.refusal(
                String.valueOf(file.getFileName()), Arrays.copyOf(start.array(), start.limit()));
    }
}
