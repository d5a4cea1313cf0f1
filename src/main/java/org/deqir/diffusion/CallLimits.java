/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.diffusion;

/**
 * How much the network is given in one call: the largest tile, and the most pixels of all tiles of
 * a batch together.
 *
 * <p>Limits are learned: a call that runs out of memory lowers them, first the batch, then the
 * tile, for itself and for all later calls. How tiles are batched does not change what the network
 * computes. The size of a tile does, a little, since a tile is all that the network sees; that is
 * why it is one number for all computers as long as memory suffices.
 *
 * <p>Safe to use from any thread.
 */
public final class CallLimits {

    /**
     * Edge of the largest tile in pixels. Larger ones cost more time and memory per pixel and were
     * not found to give better images.
     */
    public static final int TILE = 384;

    /** Edge of the smallest tile; below it there is too little for the network to see. */
    public static final int LEAST_TILE = 96;

    /**
     * Most pixels in one call, with memory for more. Larger batches are no faster on a processor.
     */
    public static final long PIXELS = 1 << 18;

    /** Pixels that neighbouring tiles share at least. */
    public static final int OVERLAP = 48;

    private int tile;
    private final int overlap;
    private long pixels;

    private CallLimits(int tile, int overlap, long pixels) {
        this.tile = tile;
        this.overlap = overlap;
        this.pixels = pixels;
    }

    /** {@return new limits of {@link #TILE}, {@link #OVERLAP} and {@link #PIXELS}} */
    public static CallLimits standard() {
        return new CallLimits(TILE, OVERLAP, PIXELS);
    }

    /**
     * {@return limits that are stated}
     *
     * @param tile edge of the largest tile in pixels
     * @param overlap pixels that neighbouring tiles share at least, below half of {@code tile}
     * @param pixels most pixels in one call; a single tile always goes
     */
    public static CallLimits of(int tile, int overlap, long pixels) {
        if (overlap < 1 || tile <= 2 * overlap)
            throw new IllegalArgumentException(
                    "Tiles of "
                            + tile
                            + " pixels cannot overlap by "
                            + overlap
                            + "; at least 1 and less than half is needed.");
        return new CallLimits(tile, overlap, pixels);
    }

    /**
     * {@return limits for a computer's memory: as {@link #standard} if that fits, otherwise less}
     *
     * @param bytes memory that a call may take
     * @param bytesPerPixel see {@link NoisePredictor#bytesPerPixel}
     */
    public static CallLimits within(long bytes, long bytesPerPixel) {
        final long fitting = Math.max(0, bytes / Math.max(1, bytesPerPixel));
        int tile = TILE;
        while (tile > LEAST_TILE && (long) tile * tile > fitting) tile = smaller(tile);
        return new CallLimits(
                tile, OVERLAP, Math.max((long) tile * tile, Math.min(PIXELS, fitting)));
    }

    private static int smaller(int tile) {
        return Math.max(LEAST_TILE, tile / 2 / Tiling.ALIGNMENT * Tiling.ALIGNMENT);
    }

    /** {@return the edge of the largest tile in pixels} */
    public synchronized int tile() {
        return tile;
    }

    /** {@return pixels that neighbouring tiles share at least} */
    public synchronized int overlap() {
        return tile > 2 * overlap ? overlap : tile / 4;
    }

    /** {@return whether tiles are as large as on a computer with enough memory} */
    public synchronized boolean isStandard() {
        return tile >= TILE;
    }

    /** {@return most pixels in one call} */
    public synchronized long pixels() {
        return pixels;
    }

    /** {@return most tiles of a size in one call} */
    public synchronized int batch(int height, int width) {
        return (int) Math.max(1, Math.min(Integer.MAX_VALUE, pixels / ((long) height * width)));
    }

    /**
     * Lowers the limits after a call of so many tiles of a size that ran out of memory; false if
     * nothing is left to lower.
     */
    public synchronized boolean lower(int batch, int height, int width) {
        if (batch > 1) {
            pixels = Math.min(pixels, (long) height * width * (batch / 2));
            return true;
        }
        final int edge = Math.max(height, width);
        if (edge <= LEAST_TILE) return false;
        tile = Math.min(tile, smaller(Math.min(tile, roundedUp(edge))));
        pixels = Math.min(pixels, (long) tile * tile);
        return true;
    }

    private static int roundedUp(int edge) {
        return (edge + Tiling.ALIGNMENT - 1) / Tiling.ALIGNMENT * Tiling.ALIGNMENT;
    }
}
