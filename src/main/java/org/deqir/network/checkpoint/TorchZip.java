/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.deqir.network.checkpoint.PickleReader.Storage;

/**
 * What {@code torch.save} writes since PyTorch 1.6: a zip file with a pickle {@code data.pkl} and a
 * file {@code data/KEY} for each storage, none of them compressed.
 */
final class TorchZip extends TorchTensors {

    private final ZipArchive zip;
    private final String folder;

    private TorchZip(String label, ByteOrder order, Object root, ZipArchive zip, String folder)
            throws CheckpointException {
        super(label, order, root);
        this.zip = zip;
        this.folder = folder;
    }

    static TorchZip open(Path file) throws IOException {
        final ZipArchive zip = ZipArchive.open(file);
        try {
            return open(zip);
        } catch (IOException | RuntimeException e) {
            zip.close();
            throw e;
        }
    }

    private static TorchZip open(ZipArchive zip) throws IOException {
        final String label = zip.label();
        final List<ZipArchive.Entry> pickles =
                zip.entries().values().stream()
                        .filter(e -> e.name().equals("data.pkl") || e.name().endsWith("/data.pkl"))
                        .toList();
        if (pickles.size() != 1)
            throw new CheckpointException(
                    label
                            + " is a zip file but not one that PyTorch saved a checkpoint to;"
                            + " accepted: "
                            + FileKind.ACCEPTED
                            + ".");
        final ZipArchive.Entry pickle = pickles.get(0);
        final String name = pickle.name();
        final String folder = name.substring(0, name.length() - "data.pkl".length());
        requireStored(label, pickle);
        if (zip.entries().containsKey(folder + "constants.pkl"))
            throw new CheckpointException(
                    label + " is a program of TorchScript; accepted: " + FileKind.ACCEPTED + ".");
        final Object root;
        try (PositionedInput in = new PositionedInput(zip.open(pickle, 0), pickle.size())) {
            root = new PickleReader(in).read(label);
        }
        final TorchZip result =
                new TorchZip(label, byteOrder(label, zip, folder), root, zip, folder);
        for (Storage storage : result.storages().values()) {
            final ZipArchive.Entry entry = result.entry(storage.key());
            requireStored(label, entry);
            if (entry.size() < Math.multiplyExact(storage.elements(), storage.type().bytes()))
                throw new CheckpointException(
                        label + " is damaged: its entry " + entry.name() + " is too short.");
        }
        return result;
    }

    private static void requireStored(String label, ZipArchive.Entry entry)
            throws CheckpointException {
        if (entry.deflated())
            throw new CheckpointException(
                    label + " is refused: its entry " + entry.name() + " is compressed.");
    }

    private static ByteOrder byteOrder(String label, ZipArchive zip, String folder)
            throws IOException {
        final ZipArchive.Entry entry = zip.entries().get(folder + "byteorder");
        if (entry == null) return ByteOrder.LITTLE_ENDIAN;
        try (InputStream in = zip.open(entry)) {
            final String order = new String(in.readNBytes(16), StandardCharsets.US_ASCII).strip();
            return switch (order) {
                case "little" -> ByteOrder.LITTLE_ENDIAN;
                case "big" -> ByteOrder.BIG_ENDIAN;
                default ->
                        throw new CheckpointException(
                                label + " is damaged: it names no order of bytes.");
            };
        }
    }

    private ZipArchive.Entry entry(String storage) throws CheckpointException {
        final ZipArchive.Entry entry = zip.entries().get(folder + "data/" + storage);
        if (entry == null)
            throw new CheckpointException(
                    label() + " is damaged: it has no data for one of its storages.");
        return entry;
    }

    @Override
    InputStream open(String storage, long position) throws IOException {
        return zip.open(entry(storage), position);
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
