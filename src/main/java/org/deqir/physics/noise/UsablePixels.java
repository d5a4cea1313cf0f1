/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.noise;

/**
 * The pixels of a plane that say something about its noise: those that are finite and not clipped
 * at the ends of the sensor's or the file's range.
 *
 * <p>The lowest or the highest value of a plane counts as clipped if it is piled up there: if it
 * makes up at least 0.1 % of the pixels and has at least three times as many of them as the next
 * value in the plane.
 */
final class UsablePixels {

    private static final double LEAST_CLIPPED_SHARE = 0.001;
    private static final int PILE = 3;

    private final int width;
    private final int height;

    /** Unusable pixels above and to the left of (x, y), for (width + 1) × (height + 1) corners. */
    private final int[] unusableBefore;

    private final int clippedLow;
    private final int clippedHigh;
    private final float lowest;
    private final float highest;

    UsablePixels(float[] plane, int width, int height) {
        this.width = width;
        this.height = height;
        float least = Float.POSITIVE_INFINITY;
        float most = Float.NEGATIVE_INFINITY;
        for (final float value : plane)
            if (Float.isFinite(value)) {
                least = Math.min(least, value);
                most = Math.max(most, value);
            }
        lowest = least;
        highest = most;
        float aboveLowest = Float.POSITIVE_INFINITY;
        float belowHighest = Float.NEGATIVE_INFINITY;
        for (final float value : plane) {
            if (value > lowest) aboveLowest = Math.min(aboveLowest, value);
            if (value < highest && Float.isFinite(value))
                belowHighest = Math.max(belowHighest, value);
        }
        final int atLowest = pile(plane, lowest, aboveLowest);
        final int atHighest = highest > lowest ? pile(plane, highest, belowHighest) : 0;
        clippedLow = clipped(atLowest, plane.length);
        clippedHigh = clipped(atHighest, plane.length);

        unusableBefore = new int[(width + 1) * (height + 1)];
        for (int y = 0; y < height; y++) {
            int row = 0;
            for (int x = 0; x < width; x++) {
                if (!isUsable(plane[y * width + x])) row++;
                unusableBefore[(y + 1) * (width + 1) + x + 1] =
                        unusableBefore[y * (width + 1) + x + 1] + row;
            }
        }
    }

    /** Number of pixels with the value at the end of the range, or 0 if that is no pile. */
    private static int pile(float[] plane, float end, float next) {
        int atEnd = 0;
        int atNext = 0;
        for (final float value : plane) {
            if (value == end) atEnd++;
            else if (value == next) atNext++;
        }
        return atEnd >= 2 && atEnd >= PILE * atNext ? atEnd : 0;
    }

    private static int clipped(int piled, int pixels) {
        return piled >= LEAST_CLIPPED_SHARE * pixels ? piled : 0;
    }

    private boolean isUsable(float value) {
        return Float.isFinite(value)
                && !(clippedLow > 0 && value == lowest)
                && !(clippedHigh > 0 && value == highest);
    }

    /** Whether no finite pixel differs from another. */
    boolean isConstant() {
        return !(lowest < highest);
    }

    /** Whether there is no finite pixel at all. */
    boolean isEmpty() {
        return lowest > highest;
    }

    /** Whether all pixels of a window inside the plane are usable. */
    boolean isUsable(int x, int y, int windowWidth, int windowHeight) {
        return unusableBefore(x + windowWidth, y + windowHeight)
                        - unusableBefore(x, y + windowHeight)
                        - unusableBefore(x + windowWidth, y)
                        + unusableBefore(x, y)
                == 0;
    }

    private int unusableBefore(int x, int y) {
        return unusableBefore[y * (width + 1) + x];
    }

    /** Share of all pixels that are piled up at the lowest value. */
    double clippedLowShare() {
        return (double) clippedLow / ((long) width * height);
    }

    /** Share of all pixels that are piled up at the highest value. */
    double clippedHighShare() {
        return (double) clippedHigh / ((long) width * height);
    }

    float lowest() {
        return lowest;
    }

    float highest() {
        return highest;
    }
}
