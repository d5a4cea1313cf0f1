/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.neighbours;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.deqir.image.Plane;

/**
 * The two noise levels at which an averaged plane is denoised, and how the answers are put
 * together: most of the plane at the level of as many exposures as are typical, and the parts that
 * few neighbours share, as they are in the plane alone.
 */
public final class Blend {

    /** Share of the typical number of exposures down to which the plane's level does. */
    private static final double ENOUGH = 0.8;

    /**
     * Share of the exposures above the first that a pixel must have to take part in the average.
     */
    private static final double LEAST = 0.4;

    /** Edge of the parts in which it is decided whether the plane alone is needed. */
    private static final int PART = 96;

    /** Pixels of context around these. */
    private static final int CONTEXT = 24;

    /** Share of the parts from which on the whole plane costs no more. */
    private static final double MOST_PARTS = 0.4;

    /** Shares below which a part does without. */
    private static final float LEAST_SHARE = 0.05f;

    private final float[] exposures;
    private final int width;
    private final int height;
    private final double typical;

    /** A box of pixels. */
    public record Box(int x, int y, int width, int height) {}

    /**
     * @param fused what was averaged
     */
    public Blend(Fusion.Fused fused) {
        exposures = fused.exposures();
        width = fused.plane().width();
        height = fused.plane().height();
        typical = typical();
    }

    /**
     * The number of exposures of those pixels that have clearly more than one; 1 if they are few.
     */
    private double typical() {
        final float[] sorted = exposures.clone();
        Arrays.sort(sorted);
        // the upper quartile is what a plane has of which half has changed
        return Math.max(1, sorted[(int) (0.75 * (sorted.length - 1))]);
    }

    /** {@return exposures whose noise the averaged plane is told to have, ≥ 1} */
    public double exposures() {
        return typical;
    }

    /** The share of the plane alone in the result at a pixel, 0 to 1. */
    private float alone(int i) {
        final double most = ENOUGH * typical;
        final double least = 1 + LEAST * (most - 1);
        return most <= 1
                ? 0
                : (float) Math.max(0, Math.min(1, (most - exposures[i]) / (most - least)));
    }

    /**
     * {@return the parts that must be denoised alone too, context included; none where none is
     * needed}
     */
    public List<Box> parts() {
        final List<Box> parts = new ArrayList<>();
        int all = 0;
        for (int y = 0; y < height; y += PART)
            for (int x = 0; x < width; x += PART) {
                all++;
                if (isNeeded(x, y)) parts.add(part(x, y));
            }
        return parts.size() > Math.max(1, MOST_PARTS * all)
                ? List.of(new Box(0, 0, width, height))
                : parts;
    }

    private boolean isNeeded(int left, int top) {
        for (int y = top; y < Math.min(height, top + PART); y++)
            for (int x = left; x < Math.min(width, left + PART); x++)
                if (alone(y * width + x) > LEAST_SHARE) return true;
        return false;
    }

    private Box part(int left, int top) {
        final int x = Math.max(0, left - CONTEXT);
        final int y = Math.max(0, top - CONTEXT);
        return new Box(
                x,
                y,
                Math.min(width, left + PART + CONTEXT) - x,
                Math.min(height, top + PART + CONTEXT) - y);
    }

    /**
     * {@return a copy of a part of a plane}
     *
     * @param plane the whole plane; not changed
     * @param box the part, inside the plane
     */
    public static Plane cropped(Plane plane, Box box) {
        final float[][] part = new float[plane.channels().length][box.width * box.height];
        for (int c = 0; c < part.length; c++)
            for (int y = 0; y < box.height; y++)
                System.arraycopy(
                        plane.channels()[c],
                        (box.y + y) * plane.width() + box.x,
                        part[c],
                        y * box.width,
                        box.width);
        return new Plane(part, box.width, box.height);
    }

    /**
     * Puts a part that was denoised alone into the denoised average.
     *
     * @param averaged the denoised average; changed
     * @param alone the denoised part
     * @param box what {@link #parts} gave; of a part, the pixels without context are taken
     */
    public void put(Plane averaged, Plane alone, Box box) {
        final boolean whole = box.width == width && box.height == height;
        final int left = box.x == 0 ? 0 : box.x + CONTEXT;
        final int top = box.y == 0 ? 0 : box.y + CONTEXT;
        final int right = whole ? width : Math.min(width, left + PART);
        final int bottom = whole ? height : Math.min(height, top + PART);
        for (int y = top; y < bottom; y++)
            for (int x = left; x < right; x++) {
                final int i = y * width + x;
                final float share = alone(i);
                if (share == 0) continue;
                for (int c = 0; c < averaged.channels().length; c++) {
                    final float value = alone.channels()[c][(y - box.y) * box.width + x - box.x];
                    averaged.channels()[c][i] += share * (value - averaged.channels()[c][i]);
                }
            }
    }
}
