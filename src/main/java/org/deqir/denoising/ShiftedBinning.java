/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.denoising;

import org.deqir.image.Plane;
import org.deqir.physics.operator.BicubicUpsampling;

/**
 * The means of a plane over blocks of k × k pixels, once for each of the k² ways to lay the blocks,
 * and the way back: what was made of them is enlarged, moved to its place and averaged (cycle
 * spinning, Coifman and Donoho 1995). No pixel is lost, and no grid of blocks is left.
 *
 * <p>Beyond the border the plane goes on mirrored, with the edge pixel repeated.
 */
final class ShiftedBinning {

    private final int width;
    private final int height;
    private final int factor;

    /**
     * @param width pixels in a row
     * @param height rows
     * @param factor width and height of a block, ≥ 1
     */
    ShiftedBinning(int width, int height, int factor) {
        this.width = width;
        this.height = height;
        this.factor = factor;
    }

    /** The number of ways to lay the blocks. */
    int shifts() {
        return factor * factor;
    }

    private int left(int shift) {
        return shift % factor;
    }

    private int top(int shift) {
        return shift / factor;
    }

    /** Blocks that cover a length which starts {@code before} pixels inside the first. */
    private int blocks(int length, int before) {
        return (length + before + factor - 1) / factor;
    }

    /**
     * The block means for one way to lay the blocks.
     *
     * @param shift 0 to {@link #shifts()} − 1
     */
    Plane bin(Plane plane, int shift) {
        final int binnedWidth = blocks(width, left(shift));
        final int binnedHeight = blocks(height, top(shift));
        final float[][] means = new float[plane.channels().length][binnedWidth * binnedHeight];
        for (int c = 0; c < means.length; c++)
            for (int y = 0; y < binnedHeight; y++)
                for (int x = 0; x < binnedWidth; x++)
                    means[c][y * binnedWidth + x] =
                            mean(
                                    plane.channels()[c],
                                    x * factor - left(shift),
                                    y * factor - top(shift));
        return new Plane(means, binnedWidth, binnedHeight);
    }

    private float mean(float[] samples, int fromX, int fromY) {
        double sum = 0;
        for (int y = fromY; y < fromY + factor; y++)
            for (int x = fromX; x < fromX + factor; x++)
                sum += samples[mirrored(y, height) * width + mirrored(x, width)];
        return (float) (sum / (factor * factor));
    }

    private static int mirrored(int i, int size) {
        final int period = Math.floorMod(i, 2 * size);
        return period < size ? period : 2 * size - 1 - period;
    }

    /**
     * Enlarges a binned plane and adds its share to a sum over all shifts.
     *
     * @param sum of full size
     */
    void addEnlarged(Plane sum, Plane binned, int shift) {
        final int enlargedWidth = binned.width() * factor;
        for (int c = 0; c < sum.channels().length; c++) {
            final float[] enlarged =
                    BicubicUpsampling.enlarge(
                            binned.channels()[c], binned.width(), binned.height(), factor);
            for (int y = 0; y < height; y++)
                for (int x = 0; x < width; x++)
                    sum.channels()[c][y * width + x] +=
                            enlarged[(y + top(shift)) * enlargedWidth + x + left(shift)] / shifts();
        }
    }
}
