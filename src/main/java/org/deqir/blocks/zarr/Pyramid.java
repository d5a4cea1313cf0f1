/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks.zarr;

import java.io.IOException;

/**
 * The smaller levels of an image: each sample is the mean of up to 2 × 2 samples of the level
 * before.
 */
public final class Pyramid {

    private Pyramid() {}

    /**
     * Writes one file of a level, from 1, from the complete level before, and returns its bytes.
     *
     * @throws IOException if the level before cannot be read or the file not written
     */
    public static byte[] write(OmeImage image, int level, long[] place) throws IOException {
        final ZarrArray from = image.array(level - 1);
        final ZarrArray to = image.array(level);
        final Region region = to.region(place);
        final long[] shape = from.shape();
        final long[] offset = region.offset().clone();
        final int[] size = region.size().clone();
        final int axes = shape.length;
        final int[] factor = new int[2];
        for (int i = 0; i < 2; i++) {
            final int axis = axes - 2 + i;
            factor[i] = shape[axis] == to.shape()[axis] ? 1 : 2;
            offset[axis] *= factor[i];
            size[axis] = (int) Math.min(size[axis] * factor[i], shape[axis] - offset[axis]);
        }
        final float[] fine = from.read(new Region(offset, size));
        final int width = size[axes - 1];
        final int height = size[axes - 2];
        final int coarseWidth = region.size()[axes - 1];
        final int coarseHeight = region.size()[axes - 2];
        final int planes = fine.length / (width * height);
        final float[] coarse = new float[region.samples()];
        for (int p = 0; p < planes; p++)
            for (int y = 0; y < coarseHeight; y++)
                for (int x = 0; x < coarseWidth; x++) {
                    double sum = 0;
                    int n = 0;
                    for (int v = y * factor[0]; v < Math.min((y + 1) * factor[0], height); v++)
                        for (int u = x * factor[1]; u < Math.min((x + 1) * factor[1], width); u++) {
                            sum += fine[(p * height + v) * width + u];
                            n++;
                        }
                    coarse[(p * coarseHeight + y) * coarseWidth + x] = (float) (sum / n);
                }
        return to.write(place, coarse);
    }
}
