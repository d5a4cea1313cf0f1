/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.neighbours;

/**
 * Where two measurements of a plane differ by no more than their noise.
 *
 * <p>Differences are averaged over Gaussian windows of 1.5, 3, 6 and 12 pixels. In units of what
 * noise would leave there they scatter like a standard normal variable where both show the same.
 * What differs shows in one of the windows: a blinking point in the first, a shade in the last.
 * Many small differences that none of them tells from noise show in the mean square of the
 * differences over a wider window.
 */
final class Agreement {

    /**
     * Standard deviations up to which measurements agree, and from which on they do not. The noise
     * of few multiplied photons has a long tail: with 3 and 4.5 its peaks were left out.
     */
    private static final double AGREED = 4;

    private static final double DIFFERENT = 5.5;

    /** The same for the local mean square in units of the noise. */
    private static final double USUAL_ENERGY = 1.5;

    private static final double LARGE_ENERGY = 2.1;

    /** Most that one square counts: a single spot must not reject what lies around it. */
    private static final float MOST_SQUARE = 9;

    /** Windows. */
    private static final int LEVELS = 4;

    /** Halvings from a window to the one in which its squares are averaged. */
    private static final int ENERGY_LEVELS = 2;

    /**
     * Pixels around a difference in the first window that belong to it; in others, at their scale.
     */
    private static final int REACH = 3;

    private static final int FAR_REACH = 2;

    /** Least share of a window that is known. */
    private static final float LEAST_KNOWN = 0.1f;

    private Agreement() {}

    /**
     * How much two measurements agree.
     *
     * @param difference of the measurements
     * @param variance that the noise of both gives it
     * @param known 1 where the difference is known, 0 where it is not and does not count
     * @return per pixel, 0 to 1; of pixels whose difference is unknown, that of what is around them
     */
    static float[] of(float[] difference, float[] variance, float[] known, int width, int height) {
        final int[] widths = new int[LEVELS + ENERGY_LEVELS - 1];
        final int[] heights = new int[widths.length];
        widths[0] = width;
        heights[0] = height;
        for (int l = 1; l < widths.length; l++) {
            widths[l] = Window.half(widths[l - 1]);
            heights[l] = Window.half(heights[l - 1]);
        }
        final float[][] agreements = new float[widths.length][];
        Weighted differences = new Weighted(difference, variance, known, width, height);
        for (int l = 0; l < LEVELS; l++) {
            if (l > 0) differences = differences.halved();
            final float[] z = differences.standardized();
            final float[] weight = differences.weight;
            final float[] agreed = agreed(z, widths[l], heights[l], l == 0 ? REACH : FAR_REACH);
            differences = differences.where(agreed);
            multiply(agreements, l, agreed);
            if (l < LEVELS - 1)
                multiply(agreements, l + ENERGY_LEVELS, usual(z, weight, widths[l], heights[l]));
        }
        for (int l = widths.length - 1; l > 0; l--)
            multiply(
                    agreements,
                    l - 1,
                    Window.doubled(agreements[l], widths[l - 1], heights[l - 1]));
        return agreements[0];
    }

    private static void multiply(float[][] agreements, int level, float[] factors) {
        if (agreements[level] == null) agreements[level] = factors;
        else for (int i = 0; i < factors.length; i++) agreements[level][i] *= factors[i];
    }

    /** Differences with their variances, of which some do not count. */
    private record Weighted(
            float[] difference, float[] variance, float[] weight, int width, int height) {

        /** What was found to differ in a small window must not be found again in a wide one. */
        Weighted where(float[] agreed) {
            return new Weighted(difference, variance, product(weight, agreed), width, height);
        }

        Weighted halved() {
            final float[] weights = Window.quarterSums(weight, width, height);
            final float[] means = Window.quarterSums(product(weight, difference), width, height);
            final float[] variances =
                    Window.quarterSums(product(product(weight, weight), variance), width, height);
            for (int i = 0; i < means.length; i++) {
                if (weights[i] == 0) continue;
                means[i] /= weights[i];
                variances[i] *= 0.25f / (weights[i] * weights[i]);
            }
            return new Weighted(means, variances, weights, Window.half(width), Window.half(height));
        }

        /** Local means in units of their noise; 0 where hardly any difference counts. */
        float[] standardized() {
            final float[] weights = Window.mean(weight, width, height);
            final float[] z = Window.mean(product(weight, difference), width, height);
            final float[] variances =
                    Window.mean(product(product(weight, weight), variance), width, height);
            final double[] ofRow = Window.variances(width);
            final double[] ofColumn = Window.variances(height);
            for (int y = 0; y < height; y++)
                for (int x = 0; x < width; x++) {
                    final int i = y * width + x;
                    z[i] =
                            weights[i] < LEAST_KNOWN
                                    ? 0
                                    : (float)
                                            (z[i]
                                                    / Math.sqrt(
                                                            Math.max(Float.MIN_NORMAL, variances[i])
                                                                    * ofRow[x]
                                                                    * ofColumn[y]));
                }
            return z;
        }
    }

    private static float[] product(float[] a, float[] b) {
        final float[] product = new float[a.length];
        for (int i = 0; i < product.length; i++) product[i] = a[i] * b[i];
        return product;
    }

    private static float[] agreed(float[] z, int width, int height, int reach) {
        final float[] agreed = new float[z.length];
        for (int i = 0; i < z.length; i++) agreed[i] = ramp(Math.abs(z[i]), AGREED, DIFFERENT);
        return Window.mean(Window.least(agreed, width, height, reach), width, height);
    }

    private static float[] usual(float[] z, float[] weight, int width, int height) {
        float[] weights = weight;
        float[] energy = new float[z.length];
        for (int i = 0; i < energy.length; i++)
            energy[i] = weight[i] * Math.min(MOST_SQUARE, z[i] * z[i]);
        int w = width;
        int h = height;
        for (int l = 0; l < ENERGY_LEVELS; l++) {
            energy = Window.quarterSums(energy, w, h);
            weights = Window.quarterSums(weights, w, h);
            w = Window.half(w);
            h = Window.half(h);
        }
        energy = Window.mean(energy, w, h);
        weights = Window.mean(weights, w, h);
        for (int i = 0; i < energy.length; i++)
            energy[i] =
                    weights[i] < LEAST_KNOWN
                            ? 1
                            : ramp(energy[i] / weights[i], USUAL_ENERGY, LARGE_ENERGY);
        return energy;
    }

    private static float ramp(double value, double from, double to) {
        return (float) Math.max(0, Math.min(1, (to - value) / (to - from)));
    }
}
