/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.image;

import ij.IJ;
import ij.ImagePlus;
import ij.ImageStack;
import ij.VirtualStack;
import ij.process.ImageProcessor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.IntFunction;

/** Where the planes of a result are kept: in memory or on disk. */
interface PlaneStore extends AutoCloseable {

    /** Takes a plane, from 0; each is taken once, in any order. */
    void put(int index, ImageProcessor plane) throws IOException;

    /** All planes, every one of which must have been taken, with labels that may be null. */
    ImageStack stack(String... labels);

    /**
     * Completes the image of {@link #stack}, which by now tells all about itself; until then
     * nothing on disk looks like a result.
     */
    void finish(ImagePlus image) throws IOException;

    /** Removes what was not finished. */
    @Override
    void close();

    /** Planes on disk, read when they are looked at. */
    final class Stack extends VirtualStack {

        private final IntFunction<ImageProcessor> planes;
        private final IntFunction<Path> files;
        private final String[] labels;

        /**
         * @param like a plane of the same kind
         * @param planes reads a plane, from 0
         * @param files where a plane is, from 0
         * @param labels of the planes, null where there is none
         */
        Stack(
                ImageProcessor like,
                IntFunction<ImageProcessor> planes,
                IntFunction<Path> files,
                String... labels) {
            super(like.getWidth(), like.getHeight(), like.getColorModel(), null);
            this.planes = planes;
            this.files = files;
            this.labels = labels.clone();
            setBitDepth(like.getBitDepth());
        }

        @Override
        public ImageProcessor getProcessor(int n) {
            if (n < 1 || n > labels.length)
                throw new IllegalArgumentException(
                        "There is no slice " + n + " of " + labels.length + ".");
            return planes.apply(n - 1);
        }

        @Override
        public Object getPixels(int n) {
            return getProcessor(n).getPixels();
        }

        @Override
        public int getSize() {
            return labels.length;
        }

        @Override
        public String getSliceLabel(int n) {
            return n < 1 || n > labels.length ? null : labels[n - 1];
        }

        @Override
        public String getFileName(int n) {
            return files.apply(n - 1).getFileName().toString();
        }

        @Override
        public String getDirectory() {
            return IJ.addSeparator(files.apply(0).getParent().toString());
        }
    }
}
