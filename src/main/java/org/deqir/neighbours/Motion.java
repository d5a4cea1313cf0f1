/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.neighbours;

import java.util.Arrays;

/**
 * Where the parts of a plane are in another: for each cell of {@value #CELL} × {@value #CELL}
 * pixels the shift at which the {@value #WINDOW} cells around it in each direction differ least, in
 * units of their noise.
 *
 * <p>The search begins at the drift of the whole. A cell leaves it only where another shift is
 * clearly better: the best of many shifts would otherwise be the one whose noise is alike.
 */
final class Motion {

    static final int CELL = 8;

    /** Cells to each side that a cell is looked for with. */
    private static final int WINDOW = 1;

    /** Pixels per step between frames that are looked through, in each direction. */
    private static final int REACH = 6;

    private static final int MOST_REACH = 18;

    /** By how much the mean squared difference must fall, in units of the noise's. */
    private static final float CLEARLY = 1;

    /** Stands for the squared difference of what is out of sight. */
    private static final float UNKNOWN = 1.5f;

    private final int width;
    private final int height;
    private final int columns;
    private final int rows;
    private final int[] dx;
    private final int[] dy;

    private Motion(int width, int height, Drift drift) {
        this.width = width;
        this.height = height;
        columns = (width + CELL - 1) / CELL;
        rows = (height + CELL - 1) / CELL;
        dx = new int[columns * rows];
        dy = new int[columns * rows];
        Arrays.fill(dx, drift.dx());
        Arrays.fill(dy, drift.dy());
    }

    /**
     * @param other with the brightness of this plane
     * @param steps frames between both
     */
    static Motion between(Smoothed own, Smoothed other, Drift drift, int steps) {
        final Motion motion = new Motion(own.width(), own.height(), drift);
        final Drift[] coarse = motion.coarse(own.halved(), other.halved(), steps);
        for (int c = 0; c < coarse.length; c++) {
            final float rest = motion.distance(own, other, c, drift.dx(), drift.dy());
            if (rest <= CLEARLY) continue;
            float least = rest - CLEARLY;
            for (int i = 0; i < 18; i++) {
                final Drift middle =
                        i < 9 ? drift : new Drift(2 * coarse[c].dx(), 2 * coarse[c].dy());
                final int x = middle.dx() + i % 3 - 1;
                final int y = middle.dy() + i % 9 / 3 - 1;
                final float there = motion.distance(own, other, c, x, y);
                if (there >= least) continue;
                least = there;
                motion.dx[c] = x;
                motion.dy[c] = y;
            }
        }
        return motion;
    }

    /** For each cell the best shift on planes of half the size. */
    private Drift[] coarse(Smoothed own, Smoothed other, int steps) {
        final int reach = Math.min(MOST_REACH, REACH * steps) / 2;
        final Drift[] best = new Drift[dx.length];
        final float[] least = new float[dx.length];
        Arrays.fill(least, Float.POSITIVE_INFINITY);
        for (int y = -reach; y <= reach; y++)
            for (int x = -reach; x <= reach; x++) {
                final Drift shift =
                        new Drift(Math.floorDiv(dx[0], 2) + x, Math.floorDiv(dy[0], 2) + y);
                final float[] sums = cellSums(own, other, shift);
                for (int c = 0; c < best.length; c++) {
                    final float there = windowSum(sums, c);
                    if (there < least[c]) {
                        least[c] = there;
                        best[c] = shift;
                    }
                }
            }
        return best;
    }

    private float[] cellSums(Smoothed own, Smoothed other, Drift shift) {
        final int w = own.width();
        final int h = own.height();
        final float[] sums = new float[dx.length];
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++) {
                final int thereX = x + shift.dx();
                final int thereY = y + shift.dy();
                sums[y / (CELL / 2) * columns + x / (CELL / 2)] +=
                        thereX < 0 || thereX >= w || thereY < 0 || thereY >= h
                                ? UNKNOWN
                                : own.squared(other, y * w + x, thereY * w + thereX);
            }
        return sums;
    }

    private float windowSum(float[] sums, int cell) {
        float sum = 0;
        for (int y = Math.max(0, cell / columns - WINDOW);
                y <= Math.min(rows - 1, cell / columns + WINDOW);
                y++)
            for (int x = Math.max(0, cell % columns - WINDOW);
                    x <= Math.min(columns - 1, cell % columns + WINDOW);
                    x++) sum += sums[y * columns + x];
        return sum;
    }

    /** Mean squared difference around a cell at a shift. */
    private float distance(Smoothed own, Smoothed other, int cell, int shiftX, int shiftY) {
        final int top = Math.max(0, (cell / columns - WINDOW) * CELL);
        final int bottom = Math.min(height, (cell / columns + WINDOW + 1) * CELL);
        final int left = Math.max(0, (cell % columns - WINDOW) * CELL);
        final int right = Math.min(width, (cell % columns + WINDOW + 1) * CELL);
        float sum = 0;
        for (int y = top; y < bottom; y++)
            for (int x = left; x < right; x++) {
                final int thereX = x + shiftX;
                final int thereY = y + shiftY;
                sum +=
                        thereX < 0 || thereX >= width || thereY < 0 || thereY >= height
                                ? UNKNOWN
                                : own.squared(other, y * width + x, thereY * width + thereX);
            }
        return sum / ((bottom - top) * (right - left));
    }

    /** The other plane's samples at the places of this one's; NaN where out of sight. */
    float[] moved(float[] plane) {
        final float[] moved = new float[plane.length];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                final int cell = y / CELL * columns + x / CELL;
                final int fromX = x + dx[cell];
                final int fromY = y + dy[cell];
                moved[y * width + x] =
                        fromX < 0 || fromX >= width || fromY < 0 || fromY >= height
                                ? Float.NaN
                                : plane[fromY * width + fromX];
            }
        return moved;
    }
}
