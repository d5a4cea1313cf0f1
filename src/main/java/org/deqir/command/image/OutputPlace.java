/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.image;

import ij.ImagePlus;
import ij.io.FileInfo;
import ij.measure.Calibration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Where a result goes: the key {@code output}.
 *
 * <p>Empty for an image in memory; the full path of a file that ends in {@code .tif} or {@code
 * .tiff} for one TIFF; that of a folder that does not exist and ends in {@code .zarr} for one
 * OME-Zarr image; any other full path is a folder that gets one TIFF a plane, and is made if it
 * does not exist.
 *
 * @param path null for memory
 */
public record OutputPlace(Path path) {

    /**
     * {@return where the result goes by the key {@code output}: a full path; null or empty for
     * memory}
     *
     * @throws IllegalArgumentException if nothing can be written there, or the image itself is read
     *     from there
     */
    public static OutputPlace parse(String text, ImagePlus input) {
        final String value = text == null ? "" : text.trim();
        if (value.isEmpty()) return new OutputPlace(null);
        final Path path;
        try {
            path = Path.of(value);
        } catch (InvalidPathException e) {
            throw problem(value, "is no path: " + e.getReason());
        }
        if (!path.isAbsolute())
            throw problem(value, "is not a full path, from the disk or root folder on");
        final OutputPlace place = new OutputPlace(path.normalize());
        place.check(value, input);
        return place;
    }

    private void check(String value, ImagePlus input) {
        final Path parent = path.getParent();
        if (parent == null || !Files.isDirectory(parent))
            throw problem(value, "lies in a folder that does not exist");
        if (isZarr()) {
            if (Files.exists(path)) throw problem(value, "exists; give a new name");
            final Calibration levels = input.getCalibration();
            if (levels.calibrated())
                throw problem(
                        value,
                        "cannot hold the calibrated grey levels of '"
                                + input.getTitle()
                                + "'; a .tif can");
        } else if (isFile() == Files.isDirectory(path) && Files.exists(path))
            throw problem(
                    value,
                    isFile()
                            ? "is a folder, but the name is that of a TIFF"
                            : "is a file; give a folder, or a name that ends in .tif");
        if (!Files.isWritable(Files.isDirectory(path) ? path : parent))
            throw problem(value, "cannot be written: permission is missing");
        final FileInfo origin = input.getOriginalFileInfo();
        if (origin == null || origin.directory == null || origin.fileName == null) return;
        final Path source = Path.of(origin.directory, origin.fileName).toAbsolutePath().normalize();
        if (source.equals(path))
            throw problem(value, "is the file of the image itself; give another name");
    }

    private static IllegalArgumentException problem(String value, String what) {
        return new IllegalArgumentException("output = '" + value + "' " + what + ".");
    }

    private boolean isZarr() {
        final String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
        return name.endsWith(".zarr");
    }

    private boolean isFile() {
        final String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
        return name.endsWith(".tif") || name.endsWith(".tiff");
    }

    /** {@return whether the result is held in memory} */
    public boolean isMemory() {
        return path == null;
    }

    /**
     * A place for the planes of a result of so many channels, slices and frames. Names of files add
     * {@code suffix} to those of the main result; room is kept for the input's labels and overlay.
     */
    PlaneStore store(String title, String suffix, int[] dimensions, ImagePlus input) {
        final int planes = dimensions[0] * dimensions[1] * dimensions[2];
        if (isMemory()) return new PlanesInMemory(planes);
        if (isZarr()) {
            final String name = path.getFileName().toString();
            final int dot = name.indexOf('.');
            return new PlanesInZarr(
                    path.resolveSibling(name.substring(0, dot) + suffix + name.substring(dot)),
                    dimensions);
        }
        if (isFile()) {
            final String name = path.getFileName().toString();
            final int dot = name.lastIndexOf('.');
            return PlanesOnDisk.inFile(
                    path.resolveSibling(name.substring(0, dot) + suffix + name.substring(dot)),
                    planes,
                    input);
        }
        try {
            Files.createDirectories(path);
        } catch (IOException e) {
            throw problem(path.toString(), "cannot be made: " + e.getMessage());
        }
        return PlanesOnDisk.inFolder(path, title + suffix, planes, input);
    }
}
