/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.image;

import ij.ImagePlus;
import ij.process.ByteProcessor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import org.deqir.model.store.NumpyFile;

/**
 * A mask in NumPy's format, as the published code reads them: 0 where a pixel is missing. (A mask
 * image of ours is the other way round: not 0 where a pixel is missing.)
 */
public final class NumpyMask {

    private static final String EXTENSION = ".npy";

    /** Value of a mask image where pixels are missing. */
    private static final byte MARK = (byte) 255;

    private NumpyMask() {}

    /** {@return whether a value of the key {@code mask} is the path of such a file} */
    public static boolean isOne(String mask) {
        return mask.trim().toLowerCase(Locale.ROOT).endsWith(EXTENSION);
    }

    /**
     * {@return a mask as an 8-bit image of a size, not shown, that is 255 where pixels are missing}
     *
     * @throws IllegalArgumentException if the file cannot be read or holds another number of
     *     pixels; axes of length 1 do not count, and one long row is taken apart
     */
    public static ImagePlus read(String mask, int width, int height) {
        final NumpyFile file = file(mask);
        final long[] sizes = Arrays.stream(file.lengths()).filter(size -> size != 1).toArray();
        final boolean flat = sizes.length == 1 && sizes[0] == (long) width * height;
        final long[] wanted =
                Arrays.stream(new long[] {height, width}).filter(size -> size != 1).toArray();
        if (!flat && !Arrays.equals(sizes, wanted))
            throw new IllegalArgumentException(
                    "mask = '%s' has the shape %s, but the image has %s rows of %s pixels."
                            .formatted(mask, Arrays.toString(file.lengths()), height, width));
        final byte[] marks = new byte[width * height];
        for (int i = 0; i < marks.length; i++) if (file.values()[i] == 0) marks[i] = MARK;
        return new ImagePlus(mask, new ByteProcessor(width, height, marks));
    }

    private static NumpyFile file(String mask) {
        try (InputStream in = Files.newInputStream(Path.of(mask.trim()))) {
            return NumpyFile.read(in);
        } catch (InvalidPathException | IOException e) {
            final String why = e.getMessage() == null ? e.toString() : e.getMessage();
            throw new IllegalArgumentException(
                    "mask = '" + mask + "' cannot be read: " + why + ".", e);
        }
    }
}
