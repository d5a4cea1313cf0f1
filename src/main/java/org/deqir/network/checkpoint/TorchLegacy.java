/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.deqir.network.checkpoint.PickleReader.Storage;

/**
 * What {@code torch.save} wrote before PyTorch 1.6: five pickles (a magic number, a version, facts
 * about the computer, the saved object, the keys of the storages), then each storage as its number
 * of elements and their bytes.
 */
final class TorchLegacy extends TorchTensors {

    private static final BigInteger MAGIC = new BigInteger("119547037146038801333356");
    private static final int VERSION = 1001;

    private final Path file;
    private final Map<String, Long> positions;

    private TorchLegacy(
            String label, ByteOrder order, Object root, Path file, Map<String, Long> positions)
            throws CheckpointException {
        super(label, order, root);
        this.file = file;
        this.positions = positions;
    }

    static TorchLegacy open(Path file) throws IOException {
        final String label = String.valueOf(file.getFileName());
        final long length = Files.size(file);
        try (PositionedInput in = new PositionedInput(Files.newInputStream(file), length)) {
            if (!MAGIC.equals(new PickleReader(in).read(label)))
                throw new CheckpointException(
                        "%s is a Python pickle but not one that PyTorch saved; accepted: %s."
                                .formatted(label, FileKind.ACCEPTED));
            if (!(new PickleReader(in).read(label) instanceof Integer version)
                    || version != VERSION)
                throw new CheckpointException(
                        label + " was saved in a version of PyTorch's format that is not known.");
            final Object computer = new PickleReader(in).read(label);
            final PickleReader content = new PickleReader(in);
            final Object root = content.read(label);
            final Object keys = new PickleReader(in).read(label);
            final boolean bigEndian =
                    computer instanceof Map<?, ?> map
                            && Boolean.FALSE.equals(map.get("little_endian"));
            final Map<String, Long> positions = new HashMap<>();
            final TorchLegacy result =
                    new TorchLegacy(
                            label,
                            bigEndian ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN,
                            root,
                            file,
                            positions);
            result.locate(keys, content.storages(), in.position(), length);
            return result;
        }
    }

    private void locate(Object keys, Map<String, Storage> all, long start, long length)
            throws IOException {
        if (!(keys instanceof List<?> list))
            throw new CheckpointException(label() + " is damaged: it has no list of storages.");
        final Map<String, Storage> storages = storages();
        long position = start;
        try (SeekableByteChannel channel = Files.newByteChannel(file)) {
            final ByteBuffer count = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            for (Object key : list) {
                channel.position(position);
                count.clear();
                while (count.hasRemaining() && channel.read(count) >= 0) {}
                // Only texts: the hash of a list that holds itself has no end.
                final Storage storage =
                        key instanceof String text
                                ? storages.getOrDefault(text, all.get(text))
                                : null;
                if (storage == null || positions.containsKey(storage.key()))
                    throw new CheckpointException(
                            label() + " is damaged: no tensor uses one of its storages.");
                if (!count.hasRemaining() && count.getLong(0) != storage.elements())
                    throw new CheckpointException(
                            label() + " is damaged: its storage " + key + " has a wrong size.");
                positions.put(storage.key(), position + 8);
                final long bytes = Math.multiplyExact(storage.elements(), storage.type().bytes());
                if (count.hasRemaining() || bytes > length - position - 8)
                    throw new CheckpointException(label() + " is incomplete: it ends too early.");
                position += 8 + bytes;
            }
        }
        for (String key : storages.keySet())
            if (!positions.containsKey(key))
                throw new CheckpointException(
                        label() + " is damaged: it has no data for its storage " + key + ".");
    }

    @Override
    InputStream open(String storage, long position) throws IOException {
        final FileChannel channel = FileChannel.open(file);
        return Channels.newInputStream(channel.position(positions.get(storage) + position));
    }

    @Override
    public void close() {
        // Each read opens the file anew.
    }
}
