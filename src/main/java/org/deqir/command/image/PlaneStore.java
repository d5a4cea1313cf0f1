/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.image;

import ij.ImagePlus;
import ij.ImageStack;
import ij.process.ImageProcessor;
import java.io.IOException;

/** Where the planes of a result are kept: in memory or on disk. */
interface PlaneStore extends AutoCloseable {

    /**
     * Takes a plane; each is taken once, in any order.
     *
     * @param index from 0
     */
    void put(int index, ImageProcessor plane) throws IOException;

    /**
     * All planes, every one of which must have been taken.
     *
     * @param labels of the planes, null where there is none
     */
    ImageStack stack(String... labels);

    /**
     * Completes the result; until then nothing on disk looks like one.
     *
     * @param image the image of {@link #stack} with all that it tells about itself
     */
    void finish(ImagePlus image) throws IOException;

    /** Removes what was not finished. */
    @Override
    void close();
}
