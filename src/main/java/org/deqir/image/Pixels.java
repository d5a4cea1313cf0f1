/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.image;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;

/** Checks and words that the classes working on plain planes share. */
public final class Pixels {

    private static final MathContext SHOWN_DIGITS = new MathContext(5);

    private Pixels() {}

    /**
     * Makes sure that every pixel is a number.
     *
     * @throws IllegalArgumentException naming the first pixel that is NaN or infinite
     */
    public static void requireFinite(float[] plane) {
        for (int i = 0; i < plane.length; i++)
            if (!Float.isFinite(plane[i]))
                throw new IllegalArgumentException(
                        "Pixel " + i + " of the image is " + plane[i] + "; it must be finite.");
    }

    /**
     * Makes sure that a plane has the size it is said to have, and at least one pixel.
     *
     * @throws IllegalArgumentException naming both sizes
     */
    public static void requireSize(float[] plane, int width, int height) {
        if (width < 1 || height < 1 || (long) width * height != plane.length)
            throw new IllegalArgumentException(
                    "The image has %s pixels, which is not %s × %s."
                            .formatted(plane.length, width, height));
    }

    /**
     * {@return the standard deviation of the error that rounding to whole numbers makes, √(1/12),
     * if all finite pixels are whole; otherwise 0}
     */
    public static double roundingError(float[] plane) {
        for (final float level : plane)
            if (Float.isFinite(level) && level != Math.rint(level)) return 0;
        return Math.sqrt(1.0 / 12);
    }

    /** {@return the middle of at least one value} */
    public static double median(double[] values) {
        final double[] sorted = values.clone();
        Arrays.sort(sorted);
        final int middle = sorted.length / 2;
        return sorted.length % 2 == 1
                ? sorted[middle]
                : 0.5 * (sorted[middle - 1] + sorted[middle]);
    }

    /**
     * {@return a number for people: five significant digits, without trailing zeros or exponent}
     */
    public static String format(double value) {
        final BigDecimal rounded = new BigDecimal(value).round(SHOWN_DIGITS);
        return rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
    }
}
