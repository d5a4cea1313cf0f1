/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.optics;

import java.util.Arrays;

/**
 * A point-spread function in three dimensions: odd numbers of slices, rows and columns, values ≥ 0,
 * sum 1.
 */
public final class PsfStack {

    private final float[] values;
    private final int width;
    private final int height;
    private final int slices;

    private PsfStack(float[] values, int width, int height, int slices) {
        this.values = values;
        this.width = width;
        this.height = height;
        this.slices = slices;
    }

    /**
     * A PSF with given values, which are only normalised.
     *
     * @param weights slice by slice, row by row, ≥ 0, not all 0; the centre is the middle voxel
     * @param width odd
     * @param height odd
     * @param slices odd
     * @throws IllegalArgumentException if a value or the size is not as described
     */
    public static PsfStack of(float[] weights, int width, int height, int slices) {
        if (width % 2 == 0
                || height % 2 == 0
                || slices % 2 == 0
                || width < 1
                || height < 1
                || slices < 1)
            throw new IllegalArgumentException(
                    "The PSF has "
                            + width
                            + " × "
                            + height
                            + " × "
                            + slices
                            + " voxels; all three must be odd.");
        if (weights.length != width * height * slices)
            throw new IllegalArgumentException(
                    "The PSF of "
                            + width
                            + " × "
                            + height
                            + " × "
                            + slices
                            + " voxels has "
                            + weights.length
                            + " values.");
        double sum = 0;
        for (int i = 0; i < weights.length; i++) {
            if (!(weights[i] >= 0) || weights[i] == Float.POSITIVE_INFINITY)
                throw new IllegalArgumentException(
                        "Voxel " + i + " of the PSF is " + weights[i] + "; it must be 0 or more.");
            sum += weights[i];
        }
        if (sum == 0)
            throw new IllegalArgumentException("The PSF is 0 everywhere; it holds no light.");
        final float[] normalised = new float[weights.length];
        for (int i = 0; i < weights.length; i++) normalised[i] = (float) (weights[i] / sum);
        return new PsfStack(normalised, width, height, slices);
    }

    /** Pixels in a row, odd. */
    public int width() {
        return width;
    }

    /** Rows, odd. */
    public int height() {
        return height;
    }

    /** Slices, odd. */
    public int slices() {
        return slices;
    }

    /** A copy of the values of a slice, row by row. */
    public float[] slice(int z) {
        return Arrays.copyOfRange(values, z * width * height, (z + 1) * width * height);
    }

    /** The value at a distance from the centre; 0 outside. */
    public float at(int dx, int dy, int dz) {
        final int x = dx + width / 2;
        final int y = dy + height / 2;
        final int z = dz + slices / 2;
        return x < 0 || x >= width || y < 0 || y >= height || z < 0 || z >= slices
                ? 0
                : values[(z * height + y) * width + x];
    }
}
