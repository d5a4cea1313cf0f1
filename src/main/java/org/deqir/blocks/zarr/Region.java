/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks.zarr;

import java.util.Arrays;

/**
 * A box of samples, and how to copy between two of them.
 *
 * @param offset its first sample along each axis
 * @param size samples along each axis
 */
public record Region(long[] offset, int[] size) {

    /** {@return samples of the box} */
    public int samples() {
        return ArrayLayout.product(size);
    }

    /** What both boxes hold, or null if nothing. */
    Region intersection(Region other) {
        final long[] from = new long[offset.length];
        final int[] length = new int[offset.length];
        for (int i = 0; i < from.length; i++) {
            from[i] = Math.max(offset[i], other.offset[i]);
            final long to = Math.min(offset[i] + size[i], other.offset[i] + other.size[i]);
            if (to <= from[i]) return null;
            length[i] = (int) (to - from[i]);
        }
        return new Region(from, length);
    }

    /**
     * Copies the samples that both boxes hold.
     *
     * @param samples the samples of this box, the last axis running fastest
     * @param target those of the other box
     */
    void copy(float[] samples, Region to, float[] target) {
        final Region common = intersection(to);
        if (common == null) return;
        final int last = offset.length - 1;
        final long[] place = common.offset.clone();
        while (true) {
            System.arraycopy(samples, index(place), target, to.index(place), common.size[last]);
            int axis = last - 1;
            while (axis >= 0 && ++place[axis] == common.offset[axis] + common.size[axis])
                place[axis] = common.offset[axis--];
            if (axis < 0) return;
        }
    }

    private int index(long[] place) {
        int index = 0;
        for (int i = 0; i < place.length; i++)
            index = index * size[i] + (int) (place[i] - offset[i]);
        return index;
    }

    @Override
    public String toString() {
        return Arrays.toString(size) + " samples from " + Arrays.toString(offset);
    }
}
