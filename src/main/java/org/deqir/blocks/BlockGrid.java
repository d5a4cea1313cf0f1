/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks;

import java.util.Arrays;
import org.deqir.blocks.zarr.Region;

/**
 * How an image is cut into blocks: each is one file of the output and is restored from its own part
 * of the input and a halo around it. Of any number of axes, y and x last.
 *
 * @param offset first sample of the restored part of the input, along each axis
 * @param shape samples of that part along each axis
 * @param core samples of a block along each axis of the output: those of one of its files
 * @param halo samples around a block that are read along each axis of the input
 * @param scale samples of the output per sample of the input along each axis
 */
public record BlockGrid(long[] offset, long[] shape, int[] core, int[] halo, int[] scale) {

    /** Edge of a block in samples of the output, unless stated. */
    public static final int BLOCK = 256;

    /** Samples around a block, unless stated. */
    public static final int HALO = 96;

    /** Edge of a block of a volume, unless stated. */
    public static final int BLOCK_OF_VOLUME = 128;

    /** Voxels around a block of a volume beside the reach of the blur, unless stated. */
    public static final int HALO_OF_VOLUME = 32;

    /**
     * @throws IllegalArgumentException if the numbers of axes differ or a block holds no whole
     *     samples of the input
     */
    public BlockGrid {
        if (offset.length != shape.length
                || core.length != shape.length
                || halo.length != shape.length
                || scale.length != shape.length)
            throw new IllegalArgumentException("Blocks and image have different numbers of axes.");
        for (int i = 0; i < core.length; i++) {
            final int step = scale[i];
            if (core[i] < 1 || halo[i] < 0 || core[i] % step != 0)
                throw new IllegalArgumentException(
                        String.format(
                                "A block of %s samples with %s around it is not possible; a"
                                        + " multiple of %s and at least 0 around it are.",
                                core[i], halo[i], step));
        }
    }

    /** {@return samples of the output along each axis} */
    public long[] outputShape() {
        final long[] out = shape.clone();
        for (int i = 0; i < out.length; i++) out[i] *= scale[i];
        return out;
    }

    /** {@return number of blocks along an axis, counted from 0} */
    public long count(int axis) {
        return (shape[axis] * scale[axis] + core[axis] - 1) / core[axis];
    }

    /** {@return the number of blocks} */
    public long count() {
        long count = 1;
        for (int i = 0; i < shape.length; i++) count = Math.multiplyExact(count, count(i));
        return count;
    }

    /**
     * {@return the place of the {@code index}-th block, from 0, along each axis; the last axis runs
     * fastest}
     */
    public long[] place(long index) {
        final long[] place = new long[shape.length];
        long rest = index;
        for (int i = place.length - 1; i >= 0; i--) {
            place[i] = rest % count(i);
            rest /= count(i);
        }
        return place;
    }

    /** {@return the samples of the input that the block at a place is the restoration of} */
    public Region core(long[] place) {
        return box(place, false);
    }

    /**
     * {@return the samples of the input that the block at a place is restored from, cut at the
     * image's border}
     */
    public Region context(long[] place) {
        return box(place, true);
    }

    private Region box(long[] place, boolean withHalo) {
        final long[] from = new long[shape.length];
        final int[] size = new int[shape.length];
        for (int i = 0; i < from.length; i++) {
            final int edge = core[i] / scale[i];
            final int around = withHalo ? halo[i] : 0;
            final long first = Math.max(0, place[i] * edge - around);
            final long end = Math.min(shape[i], (place[i] + 1) * edge + around);
            from[i] = offset[i] + first;
            size[i] = Math.toIntExact(end - first);
        }
        return new Region(from, size);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof BlockGrid grid
                && Arrays.equals(grid.offset, offset)
                && Arrays.equals(grid.shape, shape)
                && Arrays.equals(grid.core, core)
                && Arrays.equals(grid.halo, halo)
                && Arrays.equals(grid.scale, scale);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(shape) * 31 + Arrays.hashCode(offset);
    }

    @Override
    public String toString() {
        return "%s blocks of %s of an image of %s"
                .formatted(count(), Arrays.toString(core), Arrays.toString(outputShape()));
    }
}
