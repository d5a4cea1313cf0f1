/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.image;

import ij.ImagePlus;
import ij.io.Opener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The image files of a folder, in alphabetical order; those of folders in it do not count. */
public final class ImageFolder {

    private static final Pattern IMAGE_FILE =
            Pattern.compile(
                    ".*\\.(tiff?|png|jpe?g|bmp|gif|dcm|fits|pgm)", Pattern.CASE_INSENSITIVE);

    private ImageFolder() {}

    /** {@return whether a text, which may be no path, is the path of a folder} */
    public static boolean isOne(String path) {
        try {
            return Files.isDirectory(Path.of(path.trim()));
        } catch (InvalidPathException e) {
            return false;
        }
    }

    /**
     * {@return full paths of the images in a folder, in order of their names}
     *
     * @param key the key that names the folder, for the message
     * @throws IllegalArgumentException if there is no image, or the folder cannot be read
     */
    public static List<Path> files(String key, Path folder) {
        final List<Path> images;
        try (Stream<Path> list = Files.list(folder)) {
            images =
                    list.filter(Files::isRegularFile)
                            .filter(f -> IMAGE_FILE.matcher(f.getFileName().toString()).matches())
                            .sorted()
                            .toList();
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    key + " = '" + folder + "': the folder cannot be read: " + e.getMessage(), e);
        }
        if (images.isEmpty())
            throw new IllegalArgumentException(
                    key
                            + " = '"
                            + folder
                            + "': the folder holds no image (TIFF, PNG, JPEG, BMP, GIF, DICOM, FITS"
                            + " or PGM).");
        return images;
    }

    /**
     * Opens an image file, without a window or a dialog.
     *
     * @param key the key that names the file, for the message
     * @throws IllegalArgumentException if it cannot be read
     */
    public static ImagePlus open(String key, Path file) {
        final Opener opener = new Opener();
        opener.setSilentMode(true);
        // Asked to open what it does not know, ImageJ would show an error and stop the macro.
        final boolean known = opener.getFileType(file.toString()) != Opener.UNKNOWN;
        final ImagePlus image = known ? opener.openImage(file.toString()) : null;
        if (image == null)
            throw new IllegalArgumentException(
                    key + ": the file " + file + " cannot be read as an image.");
        return image;
    }
}
