/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.diffusion;

/**
 * One side of an image cut into tiles of equal length that overlap, with weights that rise smoothly
 * from the tiles' borders inside the image.
 *
 * <p>Uses the fewest tiles of at most the given length, then shrinks them to just cover the side:
 * work grows with the side and not in jumps of whole tiles.
 */
final class Tiling {

    /** Lengths of tiles are multiples of it: networks halve images several times. */
    static final int ALIGNMENT = 32;

    private final int size;
    private final int overlap;
    private final int[] starts;
    private final int length;
    private final double[] sums;

    /**
     * @param size pixels of the side
     * @param longest length of the longest tile
     * @param overlap pixels that neighbours share at least, below half of {@code longest}
     */
    Tiling(int size, int longest, int overlap) {
        this.size = size;
        this.overlap = overlap;
        if (size <= longest) {
            starts = new int[] {0};
            length = size;
        } else {
            final int count = divided(size - overlap, longest - overlap);
            final int needed = divided(size + (count - 1) * overlap, count);
            length = Math.min(longest, divided(needed, ALIGNMENT) * ALIGNMENT);
            starts = new int[count];
            for (int i = 0; i < count; i++)
                starts[i] = (int) Math.round((double) i * (size - length) / (count - 1));
        }
        sums = new double[size];
        for (int tile = 0; tile < starts.length; tile++)
            for (int i = 0; i < length; i++) sums[starts[tile] + i] += rise(tile, i);
    }

    private static int divided(int value, int by) {
        return (value + by - 1) / by;
    }

    /** Number of tiles. */
    int count() {
        return starts.length;
    }

    /** First pixel of a tile. */
    int start(int tile) {
        return starts[tile];
    }

    /** Length of every tile. */
    int length() {
        return length;
    }

    /** A tile's weights, which with those of the other tiles add up to 1 at each pixel. */
    float[] weights(int tile) {
        final float[] weights = new float[length];
        for (int i = 0; i < length; i++)
            weights[i] = (float) (rise(tile, i) / sums[starts[tile] + i]);
        return weights;
    }

    /** Half a period of a cosine over the overlap, never quite 0. */
    private double rise(int tile, int i) {
        double distance = Double.POSITIVE_INFINITY;
        if (starts[tile] > 0) distance = i + 0.5;
        if (starts[tile] + length < size) distance = Math.min(distance, length - i - 0.5);
        if (distance >= overlap) return 1;
        return 1e-3 + (1 - 1e-3) * 0.5 * (1 - Math.cos(Math.PI * distance / overlap));
    }
}
