/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.deqir.network.checkpoint.PickleReader.Storage;

/**
 * What {@code torch.save} writes since PyTorch 1.6: a zip file with a pickle {@code data.pkl} and a
 * file {@code data/KEY} for each storage, none of them compressed.
 */
final class TorchZip extends TorchTensors {

    private final ZipFile zip;
    private final String folder;

    private TorchZip(String label, ByteOrder order, Object root, ZipFile zip, String folder)
            throws CheckpointException {
        super(label, order, root);
        this.zip = zip;
        this.folder = folder;
    }

    static TorchZip open(Path file) throws IOException {
        final String label = String.valueOf(file.getFileName());
        final ZipFile zip;
        try {
            zip = new ZipFile(file.toFile());
        } catch (ZipException e) {
            throw new CheckpointException(
                    label + " is damaged or incomplete: its table of contents cannot be read.", e);
        }
        try {
            return open(label, zip, Files.size(file));
        } catch (EOFException | ZipException e) {
            zip.close();
            throw new CheckpointException(
                    label + " is damaged: one of its entries cannot be read.", e);
        } catch (IOException | RuntimeException e) {
            zip.close();
            throw e;
        }
    }

    private static TorchZip open(String label, ZipFile zip, long fileLength) throws IOException {
        final List<? extends ZipEntry> pickles =
                zip.stream()
                        .filter(
                                e ->
                                        e.getName().equals("data.pkl")
                                                || e.getName().endsWith("/data.pkl"))
                        .toList();
        if (pickles.size() != 1)
            throw new CheckpointException(
                    label + " is a zip file but not one that PyTorch saved a checkpoint to.");
        final ZipEntry pickle = pickles.get(0);
        final String name = pickle.getName();
        final String folder = name.substring(0, name.length() - "data.pkl".length());
        requireStored(label, pickle, fileLength);
        final Object root;
        try (PositionedInput in =
                new PositionedInput(zip.getInputStream(pickle), pickle.getSize())) {
            root = new PickleReader(in).read(label);
        }
        final TorchZip result =
                new TorchZip(label, byteOrder(label, zip, folder), root, zip, folder);
        for (Storage storage : result.storages().values()) {
            final ZipEntry entry = result.entry(storage.key());
            requireStored(label, entry, fileLength);
            if (entry.getSize() < Math.multiplyExact(storage.elements(), storage.type().bytes()))
                throw new CheckpointException(
                        label + " is damaged: its entry " + entry.getName() + " is too short.");
        }
        return result;
    }

    private static void requireStored(String label, ZipEntry entry, long fileLength)
            throws CheckpointException {
        if (entry.getMethod() != ZipEntry.STORED
                || entry.getSize() < 0
                || entry.getSize() > fileLength)
            throw new CheckpointException(
                    label
                            + " is refused: its entry "
                            + entry.getName()
                            + " is compressed or larger than the file.");
    }

    private static ByteOrder byteOrder(String label, ZipFile zip, String folder)
            throws IOException {
        final ZipEntry entry = zip.getEntry(folder + "byteorder");
        if (entry == null) return ByteOrder.LITTLE_ENDIAN;
        try (InputStream in = zip.getInputStream(entry)) {
            final String order = new String(in.readNBytes(16), StandardCharsets.US_ASCII).strip();
            return switch (order) {
                case "little" -> ByteOrder.LITTLE_ENDIAN;
                case "big" -> ByteOrder.BIG_ENDIAN;
                default ->
                        throw new CheckpointException(
                                label + " is damaged: its byte order is " + order + ".");
            };
        }
    }

    private ZipEntry entry(String storage) throws CheckpointException {
        final ZipEntry entry = zip.getEntry(folder + "data/" + storage);
        if (entry == null)
            throw new CheckpointException(
                    label() + " is damaged: it has no data for its storage " + storage + ".");
        return entry;
    }

    @Override
    InputStream open(String storage, long position) throws IOException {
        final InputStream in = zip.getInputStream(entry(storage));
        in.skipNBytes(position);
        return in;
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
