/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.operator;

import org.deqir.image.Pixels;

/**
 * Enlarges a plane by a whole factor with Keys' cubic convolution (IEEE Transactions on Acoustics,
 * Speech and Signal Processing 29, 1981, a = −1/2), as a first guess of super-resolution.
 *
 * <p>Pixels are areas: the centre of the enlarged pixel i lies at (i + 1/2)/factor − 1/2 of the
 * given pixels, so that the factor × factor block of a given pixel lies around its centre, as it
 * must to invert block averaging. Borders are reflected, with the edge pixel repeated.
 */
public final class BicubicUpsampling {

    private static final double A = -0.5;

    private BicubicUpsampling() {}

    /** {@return a plane, row by row, enlarged to (width · factor) × (height · factor) pixels} */
    public static float[] enlarge(float[] plane, int width, int height, int factor) {
        check(plane, width, height, factor);
        final float[] wide = enlargeRows(plane, width, height, factor);
        final int newWidth = width * factor;
        return transpose(
                enlargeRows(transpose(wide, newWidth, height), height, newWidth, factor),
                height * factor,
                newWidth);
    }

    /**
     * Enlarges a plane that was measured as means over factor × factor blocks: {@link #enlarge},
     * and once the enlarged difference between the measurement and the block means of the result
     * (one step of iterative back-projection, which recovers most of the contrast that averaging
     * took; further steps add more noise than contrast).
     *
     * @param factor width and height of a block, ≥ 1
     * @return (width · factor) × (height · factor) pixels
     */
    public static float[] invertBlockAverage(float[] means, int width, int height, int factor) {
        final float[] result = enlarge(means, width, height, factor);
        final int newWidth = width * factor;
        final float[] lost = means.clone();
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                double sum = 0;
                for (int v = y * factor; v < (y + 1) * factor; v++)
                    for (int u = x * factor; u < (x + 1) * factor; u++)
                        sum += result[v * newWidth + u];
                lost[y * width + x] -= (float) (sum / ((double) factor * factor));
            }
        final float[] correction = enlarge(lost, width, height, factor);
        for (int i = 0; i < result.length; i++) result[i] += correction[i];
        return result;
    }

    private static void check(float[] plane, int width, int height, int factor) {
        Pixels.requireSize(plane, width, height);
        Pixels.requireFinite(plane);
        if (factor < 1 || (long) plane.length * factor * factor > Integer.MAX_VALUE - 8)
            throw new IllegalArgumentException(
                    String.format(
                            "An image of %s × %s pixels cannot be enlarged by %s; the factor must"
                                    + " be at least 1 and the result fit into an array.",
                            width, height, factor));
    }

    private static float[] enlargeRows(float[] plane, int width, int height, int factor) {
        // The pattern of weights repeats with each given pixel.
        final int[] first = new int[factor];
        final double[][] weights = new double[factor][4];
        for (int phase = 0; phase < factor; phase++) {
            final double centre = (phase + 0.5) / factor - 0.5;
            first[phase] = (int) Math.floor(centre) - 1;
            for (int tap = 0; tap < 4; tap++)
                weights[phase][tap] = kernel(centre - first[phase] - tap);
        }
        final float[] wide = new float[plane.length * factor];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                for (int phase = 0; phase < factor; phase++) {
                    double sum = 0;
                    for (int tap = 0; tap < 4; tap++) {
                        final int u = reflect(x + first[phase] + tap, width);
                        sum += weights[phase][tap] * plane[y * width + u];
                    }
                    wide[(y * width + x) * factor + phase] = (float) sum;
                }
        return wide;
    }

    private static double kernel(double distance) {
        final double d = Math.abs(distance);
        if (d <= 1) return ((A + 2) * d - (A + 3)) * d * d + 1;
        if (d < 2) return A * (((d - 5) * d + 8) * d - 4);
        return 0;
    }

    /** Position in 0..length − 1 after reflecting at the pixel edges (c b a | a b c | c b a). */
    private static int reflect(int position, int length) {
        final int phase = Math.floorMod(position, 2 * length);
        return phase < length ? phase : 2 * length - 1 - phase;
    }

    private static float[] transpose(float[] plane, int width, int height) {
        final float[] transposed = new float[plane.length];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) transposed[x * height + y] = plane[y * width + x];
        return transposed;
    }
}
