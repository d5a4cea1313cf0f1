/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.image;

/**
 * A volume of samples of one channel, in its own units.
 *
 * @param samples slice by slice, row by row; width · height · depth entries
 * @param width voxels in a row
 * @param height rows of a slice
 * @param depth slices
 */
public record Volume(float[] samples, int width, int height, int depth) {

    /**
     * @throws IllegalArgumentException if the volume is empty or the array's length does not fit
     */
    public Volume {
        final String size = width + " × " + height + " × " + depth + " voxels";
        if (width < 1 || height < 1 || depth < 1)
            throw new IllegalArgumentException("The volume is empty: " + size + ".");
        if ((long) width * height * depth != samples.length)
            throw new IllegalArgumentException(
                    "A volume of " + size + " does not have " + samples.length + " samples.");
    }

    /** {@return whether all voxels are the same number} */
    public boolean isConstant() {
        for (final float level : samples) if (level != samples[0]) return false;
        return true;
    }

    /** {@return voxels in all} */
    public int size() {
        return samples.length;
    }

    /** {@return a copy of the samples of slice {@code z}, from 0, row by row} */
    public float[] slice(int z) {
        final int plane = width * height;
        return java.util.Arrays.copyOfRange(samples, z * plane, (z + 1) * plane);
    }
}
