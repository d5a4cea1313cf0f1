/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.deqir.model.ModelDescriptor;
import org.deqir.model.ModelDescriptor.StoredFile;
import org.deqir.model.ModelException;
import org.deqir.network.checkpoint.ZipArchive;
import org.deqir.progress.Progress;

/**
 * A model's folder as one zip file, in the layout in which the BioImage Model Zoo hands out models:
 * the descriptor and the files it names, side by side.
 */
public final class ModelPackage {

    /** Names that the descriptor has in packages of the Zoo. */
    private static final List<String> DESCRIPTORS =
            List.of(ModelDescriptor.FILE_NAME, "rdf.yaml", "bioimageio.yml");

    private static final int LARGEST_DESCRIPTOR = 1 << 18;

    /** The earliest time that a zip file can state: packages of a model are always alike. */
    private static final LocalDateTime TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

    private final ZipArchive zip;
    private final String folder;
    private final String descriptor;

    private ModelPackage(ZipArchive zip, String folder, String descriptor) {
        this.zip = zip;
        this.folder = folder;
        this.descriptor = descriptor;
    }

    /** {@return whether an archive holds a descriptor, alone or in one folder} */
    public static boolean isIn(ZipArchive zip) {
        return !descriptors(zip).isEmpty();
    }

    private static List<String> descriptors(ZipArchive zip) {
        final List<String> found = new ArrayList<>();
        for (String name : zip.entries().keySet()) {
            final String file = name.substring(name.lastIndexOf('/') + 1);
            final boolean top = name.indexOf('/') == name.lastIndexOf('/');
            // macOS adds files of its own.
            if (top && DESCRIPTORS.contains(file) && !name.startsWith("__MACOSX")) found.add(name);
        }
        return found;
    }

    /**
     * {@return the package in an archive, which must stay open}
     *
     * @throws ModelException if there is none or more than one; the message calls it by the label
     */
    public static ModelPackage in(ZipArchive zip, String label) throws IOException {
        final List<String> found = descriptors(zip);
        if (found.size() != 1)
            throw new ModelException(
                    label
                            + " holds "
                            + found.size()
                            + " descriptors of models; accepted is a zip file of one model's"
                            + " folder.");
        final String name = found.get(0);
        return new ModelPackage(zip, name.substring(0, name.lastIndexOf('/') + 1), name);
    }

    /**
     * {@return the text of the descriptor}
     *
     * @throws IOException if the archive cannot be read
     */
    public String descriptor() throws IOException {
        try (InputStream in = zip.open(zip.entries().get(descriptor))) {
            final byte[] bytes = in.readNBytes(LARGEST_DESCRIPTOR + 1);
            if (bytes.length > LARGEST_DESCRIPTOR)
                throw new ModelException("The descriptor is larger than 256 KiB.");
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    /**
     * Writes the descriptor and all files that it names into a folder.
     *
     * @param into a folder that exists
     * @throws IOException if a file is missing in the package or cannot be written
     */
    public void unpack(ModelDescriptor model, Path into, Progress progress) throws IOException {
        final List<String> names = new ArrayList<>();
        for (StoredFile file : model.files()) names.add(file.name());
        long all = 1;
        for (String name : names) all += entry(name).size();
        requireSpace(into, all);
        copy(
                descriptor.substring(folder.length()),
                into.resolve(ModelDescriptor.FILE_NAME),
                Progress.NONE);
        if (zip.entries().containsKey(folder + ModelDescriptor.DOCUMENTATION_NAME))
            copy(
                    ModelDescriptor.DOCUMENTATION_NAME,
                    into.resolve(ModelDescriptor.DOCUMENTATION_NAME),
                    Progress.NONE);
        long done = 0;
        for (String name : names) {
            final long size = entry(name).size();
            copy(
                    name,
                    into.resolve(name),
                    progress.part((double) done / all, (double) (done + size) / all));
            done += size;
        }
    }

    /**
     * Writes one file of the package, named relative to the descriptor.
     *
     * @throws IOException if the file is missing in the package or cannot be written
     */
    public void copy(String name, Path to, Progress progress) throws IOException {
        final ZipArchive.Entry entry = entry(name);
        try (InputStream in = zip.open(entry);
                OutputStream out = Files.newOutputStream(to)) {
            copy(in, out, entry.size(), "Unpacking " + name, progress);
        }
    }

    private ZipArchive.Entry entry(String name) throws ModelException {
        final ZipArchive.Entry entry = zip.entries().get(folder + name);
        if (entry == null)
            throw new ModelException("The package lacks the file " + name + " that it describes.");
        return entry;
    }

    private static void copy(
            InputStream in, OutputStream out, long size, String stage, Progress progress)
            throws IOException {
        final byte[] buffer = new byte[1 << 16];
        long done = 0;
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
            progress.checkCanceled();
            out.write(buffer, 0, count);
            done += count;
            if (done % (1 << 24) < count) progress.update(stage, (double) done / Math.max(1, size));
        }
    }

    /**
     * Checks that the file system of a folder has room for so many bytes.
     *
     * @throws ModelException if not
     */
    public static void requireSpace(Path folder, long bytes) throws IOException {
        final long free = Files.getFileStore(folder).getUsableSpace();
        if (free < bytes)
            throw new ModelException(
                    "There is not enough room in %s: %s MiB are needed, %s MiB are free."
                            .formatted(folder.getParent(), bytes >> 20, free >> 20));
    }

    /**
     * Writes a model as one zip file. Its files are stored as they are, so that importing the zip
     * file gives the same bytes; the file appears under its name only when it is complete.
     *
     * @throws ModelException if the model is broken or a file is not the one that was described
     */
    static void write(InstalledModel model, Path file, Progress progress) throws IOException {
        final ModelFiles files = model.files();
        final List<String> names = new ArrayList<>();
        names.add(ModelDescriptor.FILE_NAME);
        if (files.has(ModelDescriptor.DOCUMENTATION_NAME))
            names.add(ModelDescriptor.DOCUMENTATION_NAME);
        for (StoredFile stored : model.descriptor().files()) names.add(stored.name());
        final Path partial = file.resolveSibling(file.getFileName() + ".part");
        try {
            try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(partial))) {
                for (int i = 0; i < names.size(); i++)
                    add(
                            zip,
                            files,
                            names.get(i),
                            progress.part((double) i / names.size(), (i + 1.0) / names.size()));
            }
            Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    private static void add(ZipOutputStream zip, ModelFiles files, String name, Progress progress)
            throws IOException {
        final ZipEntry entry = new ZipEntry(name);
        final CRC32 crc = new CRC32();
        long size = 0;
        try (InputStream in = files.open(name)) {
            final byte[] buffer = new byte[1 << 16];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                progress.checkCanceled();
                crc.update(buffer, 0, count);
                size += count;
            }
        }
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(size);
        entry.setCrc(crc.getValue());
        entry.setTimeLocal(TIME);
        zip.putNextEntry(entry);
        try (InputStream in = files.open(name)) {
            copy(in, zip, size, "Packing " + name, progress);
        }
        zip.closeEntry();
    }
}
