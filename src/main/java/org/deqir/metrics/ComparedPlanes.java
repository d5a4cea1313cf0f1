/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.metrics;

import java.util.Locale;

/** Checks of the planes that a metric is given. */
final class ComparedPlanes {

    private ComparedPlanes() {}

    /**
     * Makes sure that two planes can be compared pixel by pixel.
     *
     * @throws IllegalArgumentException if they are empty, differ in size or hold a pixel that is
     *     not finite
     */
    static void requirePair(String firstName, float[] first, String secondName, float[] second) {
        if (first.length == 0)
            throw new IllegalArgumentException("The " + firstName + " image has no pixels.");
        if (first.length != second.length)
            throw new IllegalArgumentException(
                    String.format(
                            Locale.ROOT,
                            "The %s image has %d pixels but the %s image has %d; both must have the"
                                    + " same size.",
                            firstName,
                            first.length,
                            secondName,
                            second.length));
        requireFinite(firstName, first);
        requireFinite(secondName, second);
    }

    /** Makes sure that a plane has the size it is said to have. */
    static void requireSize(String name, float[] plane, int width, int height) {
        if (width < 1 || height < 1 || (long) width * height != plane.length)
            throw new IllegalArgumentException(
                    String.format(
                            Locale.ROOT,
                            "The %s image has %d pixels, which is not %d × %d.",
                            name,
                            plane.length,
                            width,
                            height));
    }

    private static void requireFinite(String name, float[] plane) {
        for (int i = 0; i < plane.length; i++)
            if (!Float.isFinite(plane[i]))
                throw new IllegalArgumentException(
                        String.format(
                                Locale.ROOT,
                                "Pixel %d of the %s image is %s; only finite values can be"
                                        + " compared.",
                                i,
                                name,
                                plane[i]));
    }

    /** Makes sure that a peak or data range can be divided by. */
    static void requirePositive(String name, double value) {
        if (!(value > 0) || Double.isInfinite(value))
            throw new IllegalArgumentException(
                    "The " + name + " is " + value + "; it must be a positive number.");
    }

    /** Whether all pixels have the same value. */
    static boolean isConstant(float[] plane) {
        for (final float value : plane) if (value != plane[0]) return false;
        return true;
    }

    static double mean(float[] plane) {
        double sum = 0;
        for (final float value : plane) sum += value;
        return sum / plane.length;
    }
}
