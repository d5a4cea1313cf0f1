/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.image;

import ij.CompositeImage;
import ij.IJ;
import ij.ImagePlus;
import ij.io.FileInfo;
import ij.io.FileSaver;
import ij.io.ImageReader;
import ij.io.ImageWriter;
import ij.io.TiffEncoder;
import ij.process.ByteProcessor;
import ij.process.ColorProcessor;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import ij.process.ShortProcessor;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A TIFF of one or more planes of one kind, written plane by plane in any order.
 *
 * <p>The form is ImageJ's own: one description for all planes, and the samples of all planes one
 * after another, which has no limit of 4 GB. What is told about the image is known last but stands
 * first in the file, so room for it is kept. While it is incomplete the file has another name and
 * no header: no program takes it for an image.
 */
final class TiffFile {

    private static final int STRIP_OFFSETS = 273;
    private static final int ENTRY = 12;
    private static final long LARGEST_OFFSET = 0xffffffffL;

    private final Path target;
    private final Path incomplete;
    private final int count;
    private final int room;
    private FileInfo kind;

    /**
     * @param target the complete file; an existing one is replaced in the end
     * @param count number of planes
     * @param room bytes for what is told about the image
     */
    TiffFile(Path target, int count, int room) {
        this.target = target;
        this.incomplete = target.resolveSibling("." + target.getFileName() + ".incomplete");
        this.count = count;
        this.room = room;
    }

    /** Where the complete file is going to be. */
    Path target() {
        return target;
    }

    /**
     * @param index from 0
     */
    void put(int index, ImageProcessor plane) throws IOException {
        final FileInfo info = new ImagePlus("", plane).getFileInfo();
        info.intelByteOrder = false;
        if (kind == null) {
            Files.deleteIfExists(incomplete);
            kind = (FileInfo) info.clone();
            kind.pixels = null;
        }
        try (FileChannel file =
                        FileChannel.open(
                                incomplete, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                OutputStream out =
                        new BufferedOutputStream(
                                Channels.newOutputStream(file.position(offset(index))), 1 << 16)) {
            new ImageWriter(info).write(out);
        }
    }

    private long offset(int index) {
        return room + index * (long) kind.width * kind.height * kind.getBytesPerPixel();
    }

    /** Reads a plane that was put. */
    ImageProcessor plane(int index) {
        final Path file = Files.exists(incomplete) ? incomplete : target;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
                InputStream in = Channels.newInputStream(channel.position(offset(index)))) {
            final FileInfo info = (FileInfo) kind.clone();
            info.nImages = 1;
            final Object pixels = new ImageReader(info).readPixels(in);
            if (pixels == null) throw new IOException("the file " + file + " is too short");
            return processor(pixels);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ImageProcessor processor(Object pixels) {
        final int width = kind.width;
        final int height = kind.height;
        if (pixels instanceof byte[] bytes) return new ByteProcessor(width, height, bytes, null);
        if (pixels instanceof short[] shorts)
            return new ShortProcessor(width, height, shorts, null);
        if (pixels instanceof int[] colours) return new ColorProcessor(width, height, colours);
        return new FloatProcessor(width, height, (float[]) pixels, null);
    }

    /** Writes what is to be told about the image of all planes and gives the file its name. */
    void finish(ImagePlus image) throws IOException {
        byte[] header = header(image);
        while (header.length > room && shortenInfo(image)) header = header(image);
        if (header.length > room)
            throw new IOException("the labels and overlays of the image are too long for a TIFF");
        final ByteBuffer directories = ByteBuffer.wrap(header);
        final int first = directories.getInt(4);
        final int entries = directories.getShort(first);
        final int length = 2 + ENTRY * entries + 4;
        final byte[] directory = new byte[length];
        System.arraycopy(header, first, directory, 0, length);
        final long end = offset(count);
        // Programs other than ImageJ want a directory for each plane, as far as offsets reach.
        final boolean all = count > 1 && end + (long) count * length < LARGEST_OFFSET;
        try (RandomAccessFile file = new RandomAccessFile(incomplete.toFile(), "rw")) {
            System.arraycopy(at(directory, entries, room, all ? end : 0), 0, header, first, length);
            file.seek(0);
            file.write(header);
            file.seek(end);
            for (int p = 1; all && p < count; p++)
                file.write(
                        at(
                                directory,
                                entries,
                                offset(p),
                                p + 1 < count ? end + (long) p * length : 0));
        }
        Files.move(incomplete, target, StandardCopyOption.REPLACE_EXISTING);
        final FileInfo origin = (FileInfo) kind.clone();
        origin.directory = IJ.addSeparator(target.getParent().toString());
        origin.fileName = target.getFileName().toString();
        origin.fileFormat = FileInfo.TIFF;
        image.setFileInfo(origin);
    }

    /** A directory of the same kind for another plane. */
    private static byte[] at(byte[] directory, int entries, long samples, long next) {
        final ByteBuffer copy = ByteBuffer.wrap(directory.clone());
        for (int i = 0; i < entries; i++) {
            final int entry = 2 + ENTRY * i;
            if ((copy.getShort(entry) & 0xffff) == STRIP_OFFSETS)
                copy.putInt(entry + 8, (int) samples);
        }
        copy.putInt(2 + ENTRY * entries, (int) next);
        return copy.array();
    }

    /** Removes the last line of the image's info; false if there is none. */
    private static boolean shortenInfo(ImagePlus image) {
        final String info = image.getInfoProperty();
        if (info == null || info.isEmpty()) return false;
        final int cut = info.lastIndexOf('\n', info.length() - 2);
        image.setProperty("Info", cut < 0 ? null : info.substring(0, cut + 1));
        return true;
    }

    /** What ImageJ writes before the samples. */
    private byte[] header(ImagePlus image) throws IOException {
        final FileInfo info = (FileInfo) kind.clone();
        final FileSaver saver = new FileSaver(image);
        final FileInfo told = image.getFileInfo();
        info.nImages = count;
        info.description = saver.getDescriptionString();
        info.unit = told.unit;
        info.pixelWidth = told.pixelWidth;
        info.pixelHeight = told.pixelHeight;
        info.whiteIsZero = told.whiteIsZero;
        if (kind.getBytesPerPixel() == 1 && !(image instanceof CompositeImage)) {
            info.fileType = told.fileType;
            info.lutSize = told.lutSize;
            info.reds = told.reds;
            info.greens = told.greens;
            info.blues = told.blues;
        }
        if (image instanceof CompositeImage) saver.saveDisplayRangesAndLuts(image, info);
        info.overlay = FileSaver.getOverlay(image);
        info.info = image.getInfoProperty();
        info.properties = image.getPropertiesAsArray();
        info.sliceLabels = labels(image);
        info.pixels = null;
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            new TiffEncoder(info).write(bytes);
        } catch (IOException e) {
            // Nothing else fails in memory: the header is written, and samples are asked for next.
            return bytes.toByteArray();
        }
        throw new IOException("ImageJ wrote a TIFF without samples");
    }

    private static String[] labels(ImagePlus image) {
        final String[] labels = new String[image.getStackSize()];
        boolean any = false;
        for (int n = 1; n <= labels.length; n++) {
            labels[n - 1] = image.getStack().getSliceLabel(n);
            any |= labels[n - 1] != null;
        }
        return any ? labels : null;
    }

    /** Removes the file as long as it is incomplete. */
    void discard() {
        try {
            Files.deleteIfExists(incomplete);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
