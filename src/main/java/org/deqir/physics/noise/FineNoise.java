/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.noise;

import java.util.Arrays;
import org.deqir.image.Pixels;
import org.deqir.image.Plane;

/**
 * The noise between neighbouring pixels, measured on the image, whatever noise is stated.
 *
 * <p>The diagonal coefficient of the 2 × 2 Haar transform, (a − b − c + d)/2, has the noise's
 * variance where noise is white, and hardly any structure. The median of its magnitude over all
 * positions, over 0.6745, is therefore a measure of the noise that edges move little (Donoho and
 * Johnstone, Biometrika 81, 1994). Blocks of four equal pixels are left out: they are padding,
 * saturated or empty. Smoothed noise shows less than it has.
 */
public final class FineNoise {

    /** Median magnitude of a standard normal variable. */
    private static final double NORMAL_MEDIAN = 0.6745;

    /** Of one coefficient; those at other positions overlap with it. */
    private static final double RELATIVE_ERROR = 1.2;

    private FineNoise() {}

    /**
     * {@return the standard deviation, ≥ 0, of the noise that can be seen; 0 if no four neighbours
     * differ} All channels count together; NaN and infinite samples are left out.
     */
    public static double of(Plane plane) {
        return relativeTo(new NoiseModel.Gaussian(1), plane);
    }

    /** {@return about the relative standard error of a measurement of white noise in a plane} */
    public static double relativeError(Plane plane) {
        return RELATIVE_ERROR / Math.sqrt((double) plane.channels().length * plane.size());
    }

    /**
     * The noise that can be seen as a multiple of what a model says.
     *
     * @param noise a model with a variance above 0 where neighbours differ; places where it has
     *     none are left out
     * @param plane all channels count together; NaN and infinite samples are left out
     * @return ≥ 0; 0 if no four neighbours differ
     */
    public static double relativeTo(NoiseModel noise, Plane plane) {
        final int width = plane.width();
        final int height = plane.height();
        final double[] magnitudes =
                new double[plane.channels().length * (width - 1) * (height - 1)];
        int count = 0;
        for (final float[] channel : plane.channels())
            for (int y = 0; y + 1 < height; y++)
                for (int x = 0; x + 1 < width; x++) {
                    final int i = y * width + x;
                    final double a = channel[i];
                    final double b = channel[i + 1];
                    final double c = channel[i + width];
                    final double d = channel[i + width + 1];
                    if (a == b && b == c && c == d) continue;
                    final double magnitude =
                            0.5
                                    * Math.abs(a - b - c + d)
                                    / Math.sqrt(noise.variance(0.25 * (a + b + c + d)));
                    if (Double.isFinite(magnitude)) magnitudes[count++] = magnitude;
                }
        return count == 0 ? 0 : Pixels.median(Arrays.copyOf(magnitudes, count)) / NORMAL_MEDIAN;
    }
}
