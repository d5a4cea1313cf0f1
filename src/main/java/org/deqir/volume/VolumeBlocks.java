/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.volume;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import org.deqir.physics.VolumeDegradation;

/**
 * A measured volume cut into blocks of equal size that overlap, so that the data step needs memory
 * for one block at a time.
 *
 * <p>A block of the restored volume is larger than that of the measured one by the PSF's reach, as
 * the volumes themselves are. Each measured voxel belongs to the core of one block. Where blocks
 * overlap, their results are blended with weights that rise smoothly and are 0 near a block's
 * border inside the volume, where it lacks measurements.
 */
final class VolumeBlocks {

    /** Voxels that blocks overlap by where the PSF hardly reaches. */
    private static final int LEAST_OVERLAP = 6;

    /** Voxels at a block's border that do not count, as a share of the overlap. */
    private static final int GUARD = 3;

    private final Side[] sides;

    private VolumeBlocks(Side... sides) {
        this.sides = sides;
    }

    /**
     * The fewest blocks that fit.
     *
     * @param most voxels that a block of the restored volume may have; where even the smallest
     *     blocks have more, those
     * @param size slices, rows and columns of the measured volume
     */
    static VolumeBlocks of(double most, VolumeDegradation degradation, int... size) {
        final int[] counts = {1, 1, 1};
        while (true) {
            final VolumeBlocks blocks = new VolumeBlocks(sides(counts, degradation, size));
            if (blocks.voxels() <= most) return blocks;
            int longest = -1;
            for (int axis = 0; axis < counts.length; axis++)
                if (blocks.sides[axis].canBeShorter()
                        && (longest < 0
                                || blocks.sides[axis].field() > blocks.sides[longest].field()))
                    longest = axis;
            if (longest < 0) return blocks;
            counts[longest]++;
        }
    }

    private static Side[] sides(int[] counts, VolumeDegradation degradation, int... size) {
        final int[] reach = degradation.reach();
        final Side[] sides = new Side[counts.length];
        for (int axis = 0; axis < counts.length; axis++)
            sides[axis] =
                    new Side(
                            size[axis],
                            counts[axis],
                            reach[axis],
                            axis == 0 ? degradation.scale() : 1);
        return sides;
    }

    /** All blocks, in order. */
    List<Block> all() {
        final List<Block> blocks = new ArrayList<>();
        for (int z = 0; z < sides[0].count; z++)
            for (int y = 0; y < sides[1].count; y++)
                for (int x = 0; x < sides[2].count; x++) blocks.add(new Block(z, y, x));
        return blocks;
    }

    boolean isOne() {
        return sides[0].count * sides[1].count * sides[2].count == 1;
    }

    /** Slices, rows or columns of the measured part of every block. */
    int measured(int axis) {
        return sides[axis].length;
    }

    /** Voxels of a block of the restored volume, with the PSF's reach. */
    double voxels() {
        return (double) sides[0].field() * sides[1].field() * sides[2].field();
    }

    /** Shape (D, H, W) of the restored volume, with the PSF's reach. */
    Shape field() {
        return new Shape(sides[0].wholeField(), sides[1].wholeField(), sides[2].wholeField());
    }

    /** Shape (D, H, W) of the measured volume. */
    Shape measured() {
        return new Shape(sides[0].size, sides[1].size, sides[2].size);
    }

    /** Their number and size in words, empty for a single one. */
    String describe() {
        return isOne()
                ? ""
                : String.format(
                        "; data step in %d × %d × %d blocks of %d × %d × %d voxels",
                        sides[2].count,
                        sides[1].count,
                        sides[0].count,
                        sides[2].length,
                        sides[1].length,
                        sides[0].length);
    }

    /** One block, by its place in the three rows of blocks. */
    final class Block {

        private final int[] place;

        private Block(int... place) {
            this.place = place;
        }

        /** The block's part of a restored volume, a view. */
        NDArray field(NDArray whole) {
            final StringBuilder window = new StringBuilder(":");
            for (int axis = 0; axis < sides.length; axis++) {
                final int from = sides[axis].start(place[axis]) * sides[axis].scale;
                range(window, from, from + sides[axis].field());
            }
            return whole.get(window.toString());
        }

        /** The block's part of a measured volume, a view. */
        NDArray measured(NDArray whole) {
            final StringBuilder window = new StringBuilder(":");
            for (int axis = 0; axis < sides.length; axis++) {
                final int from = sides[axis].start(place[axis]);
                range(window, from, from + sides[axis].length);
            }
            return whole.get(window.toString());
        }

        /** The block's core in a measured volume, a view. */
        NDArray core(NDArray whole) {
            return core(whole, 0);
        }

        /** The core in the block's own part of a measured volume, a view. */
        NDArray coreOfBlock(NDArray block) {
            return core(block, 1);
        }

        private NDArray core(NDArray array, int own) {
            final StringBuilder window = new StringBuilder(":");
            for (int axis = 0; axis < sides.length; axis++) {
                final int start = own * sides[axis].start(place[axis]);
                range(
                        window,
                        sides[axis].core(place[axis]) - start,
                        sides[axis].core(place[axis] + 1) - start);
            }
            return array.get(window.toString());
        }

        /** A result times the block's weights, which with those of all blocks add up to 1. */
        NDArray weighted(NDArray result) {
            final NDManager manager = result.getManager();
            NDArray product = result;
            for (int axis = 0; axis < sides.length; axis++) {
                if (sides[axis].count == 1) continue;
                final long[] shape = {1, 1, 1, 1};
                shape[axis + 1] = sides[axis].field();
                try (NDArray weights =
                        manager.create(sides[axis].weights(place[axis]), new Shape(shape))) {
                    product = product.mul(weights);
                }
            }
            return product;
        }
    }

    private static void range(StringBuilder window, int from, int to) {
        window.append(", ").append(from).append(':').append(to);
    }

    /** One side of the volume: a row of blocks. */
    private static final class Side {

        private final int size;
        private final int count;
        private final int length;
        private final int reach;
        private final int scale;
        private final int overlap;

        /**
         * @param size of the measured volume
         * @param count blocks
         * @param reach of the PSF
         * @param scale voxels of the restored volume for one of the measured volume
         */
        Side(int size, int count, int reach, int scale) {
            this.size = size;
            this.count = count;
            this.reach = reach;
            this.scale = scale;
            overlap = reach == 0 ? 0 : 2 * reach + LEAST_OVERLAP;
            length = count == 1 ? size : (size + (count - 1) * overlap + count - 1) / count;
        }

        /** Shorter blocks would hardly hold more than what overlaps. */
        boolean canBeShorter() {
            return length > 2 * overlap + 2 && length > size / (count + 1) + overlap;
        }

        int start(int block) {
            return count == 1
                    ? 0
                    : (int) Math.round((double) block * (size - length) / (count - 1));
        }

        /** First voxel of a block's core, in the middle of what it shares with the one before. */
        int core(int block) {
            if (block == 0) return 0;
            if (block == count) return size;
            return (start(block) + start(block - 1) + length) / 2;
        }

        int field() {
            return length * scale + 2 * reach;
        }

        int wholeField() {
            return size * scale + 2 * reach;
        }

        float[] weights(int block) {
            final float[] weights = new float[field()];
            for (int i = 0; i < weights.length; i++) {
                double sum = 0;
                for (int other = 0; other < count; other++)
                    sum += rise(other, start(block) * scale + i);
                weights[i] = (float) (rise(block, start(block) * scale + i) / sum);
            }
            return weights;
        }

        /** Half a period of a cosine, after the voxels that do not count. */
        private double rise(int block, int voxel) {
            final double position = (voxel - reach + 0.5) / scale - start(block);
            final int guard = overlap / GUARD;
            double distance = Double.POSITIVE_INFINITY;
            if (block > 0) distance = position - guard;
            if (block < count - 1) distance = Math.min(distance, length - position - guard);
            final double fade = overlap - 2 * guard;
            if (distance >= fade) return 1;
            return distance <= 0 ? 0 : 0.5 * (1 - Math.cos(Math.PI * distance / fade));
        }
    }
}
