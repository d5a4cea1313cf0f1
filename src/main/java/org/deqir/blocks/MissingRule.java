/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks;

import org.deqir.image.Plane;

/**
 * Which pixels of an image are missing, where their grey level tells it.
 *
 * @param kind which levels
 * @param level of a saturated pixel; does not count for other kinds
 */
public record MissingRule(Kind kind, double level) {

    /** Levels that mark a missing pixel. */
    public enum Kind {
        /** 0. */
        ZEROS,
        /** NaN or infinite. */
        NAN,
        /** The largest value of the camera. */
        SATURATED
    }

    /** Whether each pixel of a plane of one channel is known. */
    boolean[] known(Plane plane) {
        final float[] levels = plane.channels()[0];
        final boolean[] known = new boolean[levels.length];
        for (int i = 0; i < known.length; i++)
            known[i] =
                    switch (kind) {
                        case ZEROS -> levels[i] != 0;
                        case NAN -> Float.isFinite(levels[i]);
                        case SATURATED -> levels[i] != level;
                    };
        return known;
    }

    /** The plane with the mean of the known pixels in place of the missing ones. */
    static Plane filled(Plane plane, boolean[] known) {
        final float[] levels = plane.channels()[0].clone();
        double sum = 0;
        int count = 0;
        for (int i = 0; i < known.length; i++)
            if (known[i]) {
                sum += levels[i];
                count++;
            }
        for (int i = 0; i < known.length; i++) if (!known[i]) levels[i] = (float) (sum / count);
        return Plane.of(levels, plane.width(), plane.height());
    }

    /** What a missing pixel is filled with, which is not darker than the camera saw. */
    float raised(float filled) {
        return kind == Kind.SATURATED ? (float) Math.max(level, filled) : filled;
    }
}
