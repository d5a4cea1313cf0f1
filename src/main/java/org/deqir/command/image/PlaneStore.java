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
}
