/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.image;

import ij.CompositeImage;
import ij.ImagePlus;
import ij.ImageStack;
import ij.io.FileSaver;
import ij.process.ImageProcessor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * Planes in files: one TIFF of all, or a folder with one of each. The stack reads them one by one.
 */
final class PlanesOnDisk implements PlaneStore {

    /** Room for the result's info beside what the input has: the report and a finding a plane. */
    private static final int ROOM = 1 << 16;

    private static final int ROOM_PER_PLANE = 1 << 10;

    private final Path folder;
    private final TiffFile[] files;
    private final int count;

    /**
     * @param folder to remove if it stays empty, or null
     */
    private PlanesOnDisk(Path folder, int count, TiffFile... files) {
        this.folder = folder;
        this.count = count;
        this.files = files;
    }

    /** One TIFF of all planes. */
    static PlanesOnDisk inFile(Path file, int count, ImagePlus input) {
        return new PlanesOnDisk(
                null, count, new TiffFile(file, count, room(input) + count * ROOM_PER_PLANE));
    }

    /** A folder with a TIFF of each plane, whose names begin with the title. */
    static PlanesOnDisk inFolder(Path folder, String title, int count, ImagePlus input) {
        final TiffFile[] files = new TiffFile[count];
        final int digits = Math.max(4, String.valueOf(count).length());
        final String plain = title.replaceAll("[\\\\/:*?\"<>|\\p{Cntrl}]", "_");
        Arrays.setAll(
                files,
                i ->
                        new TiffFile(
                                folder.resolve(
                                        String.format(
                                                Locale.ROOT,
                                                "%s-%0" + digits + "d.tif",
                                                plain,
                                                i + 1)),
                                1,
                                room(input) + ROOM_PER_PLANE));
        return new PlanesOnDisk(folder, count, files);
    }

    private static int room(ImagePlus input) {
        long characters = 0;
        final String info = input.getInfoProperty();
        if (info != null) characters += info.length();
        final String[] properties = input.getPropertiesAsArray();
        if (properties != null)
            for (final String property : properties) characters += property.length();
        long bytes = 0;
        final byte[][] overlay = FileSaver.getOverlay(input);
        // Scaling and moving can make a selection's description longer.
        if (overlay != null) for (final byte[] roi : overlay) bytes += 2L * roi.length + 64;
        for (int n = 1; n <= input.getStackSize(); n++) {
            final String label = input.getStack().getSliceLabel(n);
            if (label != null) characters += label.length();
        }
        return Math.toIntExact(Math.min(1 << 30, ROOM + 2 * characters + bytes));
    }

    private TiffFile file(int index) {
        return files[files.length == 1 ? 0 : index];
    }

    private int inFile(int index) {
        return files.length == 1 ? index : 0;
    }

    @Override
    public void put(int index, ImageProcessor plane) throws IOException {
        file(index).put(inFile(index), plane);
    }

    @Override
    public ImageStack stack(String... labels) {
        return new Stack(
                file(0).plane(inFile(0)),
                index -> file(index).plane(inFile(index)),
                index -> file(index).target(),
                labels);
    }

    @Override
    public void finish(ImagePlus image) throws IOException {
        if (files.length == 1) {
            files[0].finish(image);
            return;
        }
        for (int i = 0; i < count; i++) {
            final ImagePlus single =
                    new ImagePlus(image.getTitle(), image.getStack().getProcessor(i + 1));
            final String label = image.getStack().getSliceLabel(i + 1);
            single.setCalibration(image.getCalibration());
            if (image instanceof CompositeImage composite)
                single.setLut(composite.getChannelLut(image.convertIndexToPosition(i + 1)[0]));
            else if (image.getType() != ImagePlus.COLOR_RGB)
                single.setLut(image.getProcessor().getLut());
            single.setProperty("Info", image.getInfoProperty());
            if (label != null) single.setProp("Slice_Label", label);
            files[i].finish(single);
        }
    }

    @Override
    public void close() {
        for (final TiffFile file : files) file.discard();
        if (folder == null) return;
        try {
            Files.deleteIfExists(folder);
        } catch (DirectoryNotEmptyException e) {
            // there are results in it, of this run or another
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
