/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.image;

import ij.ImagePlus;
import ij.ImageStack;
import ij.process.ImageProcessor;

/** Planes in memory. */
final class PlanesInMemory implements PlaneStore {

    private final ImageProcessor[] planes;

    PlanesInMemory(int count) {
        planes = new ImageProcessor[count];
    }

    @Override
    public void put(int index, ImageProcessor plane) {
        planes[index] = plane;
    }

    @Override
    public ImageStack stack(String... labels) {
        final ImageStack stack = new ImageStack(planes[0].getWidth(), planes[0].getHeight());
        for (int p = 0; p < planes.length; p++) stack.addSlice(labels[p], planes[p]);
        return stack;
    }

    @Override
    public void finish(ImagePlus image) {
        // nothing to complete
    }

    @Override
    public void close() {
        // the garbage collector does it
    }
}
