/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.neighbours;

import java.util.Arrays;

/**
 * Local means over a Gaussian window of σ = {@value #SIGMA} pixels, cut off at the border, and
 * planes of half the size, on which the same window is twice as wide.
 */
final class Window {

    static final double SIGMA = 1.5;

    private static final int RADIUS = 5;

    private static final float[] KERNEL = kernel();

    /** Variance of the local mean of white noise of unit variance, far from the border. */
    static final float VARIANCE = (float) Math.pow(variances(4 * RADIUS)[2 * RADIUS], 2);

    private Window() {}

    private static float[] kernel() {
        final float[] kernel = new float[RADIUS + 1];
        for (int k = 0; k <= RADIUS; k++)
            kernel[k] = (float) Math.exp(-0.5 * k * k / (SIGMA * SIGMA));
        return kernel;
    }

    /** Local means, as a new array. */
    static float[] mean(float[] plane, int width, int height) {
        final float[] rows = new float[plane.length];
        final float[] norms = norms(width);
        for (int y = 0; y < height; y++) {
            final int row = y * width;
            for (int x = 0; x < width; x++) {
                float sum = KERNEL[0] * plane[row + x];
                for (int k = 1; k <= RADIUS; k++) {
                    if (x >= k) sum += KERNEL[k] * plane[row + x - k];
                    if (x + k < width) sum += KERNEL[k] * plane[row + x + k];
                }
                rows[row + x] = sum / norms[x];
            }
        }
        final float[] means = new float[plane.length];
        final float[] columnNorms = norms(height);
        for (int y = 0; y < height; y++)
            for (int v = Math.max(0, y - RADIUS); v <= Math.min(height - 1, y + RADIUS); v++) {
                final float weight = KERNEL[Math.abs(v - y)] / columnNorms[y];
                for (int x = 0; x < width; x++)
                    means[y * width + x] += weight * rows[v * width + x];
            }
        return means;
    }

    private static float[] norms(int length) {
        final float[] norms = new float[length];
        for (int i = 0; i < length; i++)
            for (int k = -RADIUS; k <= RADIUS; k++)
                if (i + k >= 0 && i + k < length) norms[i] += KERNEL[Math.abs(k)];
        return norms;
    }

    /** Variance of the local mean of white noise of unit variance, along one axis. */
    static double[] variances(int length) {
        final float[] norms = norms(length);
        final double[] variances = new double[length];
        for (int i = 0; i < length; i++)
            for (int k = -RADIUS; k <= RADIUS; k++)
                if (i + k >= 0 && i + k < length)
                    variances[i] += Math.pow(KERNEL[Math.abs(k)] / norms[i], 2);
        return variances;
    }

    /** Half of a length, rounded up. */
    static int half(int length) {
        return (length + 1) / 2;
    }

    /** Sums over blocks of 2 × 2 pixels over 4; what lies beyond an odd border is 0. */
    static float[] quarterSums(float[] plane, int width, int height) {
        final int w = half(width);
        final float[] sums = new float[w * half(height)];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) sums[y / 2 * w + x / 2] += 0.25f * plane[y * width + x];
        return sums;
    }

    /** Means over blocks of 2 × 2 pixels; at an odd border the last pixel counts twice. */
    static float[] halved(float[] plane, int width, int height) {
        final int w = half(width);
        final int h = half(height);
        final float[] means = new float[w * h];
        for (int y = 0; y < h; y++) {
            final int above = 2 * y * width;
            final int below = Math.min(2 * y + 1, height - 1) * width;
            for (int x = 0; x < w; x++) {
                final int left = 2 * x;
                final int right = Math.min(left + 1, width - 1);
                means[y * w + x] =
                        0.25f
                                * (plane[above + left]
                                        + plane[above + right]
                                        + plane[below + left]
                                        + plane[below + right]);
            }
        }
        return means;
    }

    /** Linear interpolation of a halved plane at the pixels of the whole one. */
    static float[] doubled(float[] plane, int width, int height) {
        final int w = half(width);
        final int h = half(height);
        final float[] enlarged = new float[width * height];
        for (int y = 0; y < height; y++) {
            final int near = y / 2;
            final int far = Math.max(0, Math.min(h - 1, near + (y % 2 == 0 ? -1 : 1)));
            for (int x = 0; x < width; x++) {
                final int nearX = x / 2;
                final int farX = Math.max(0, Math.min(w - 1, nearX + (x % 2 == 0 ? -1 : 1)));
                enlarged[y * width + x] =
                        0.5625f * plane[near * w + nearX]
                                + 0.1875f * (plane[near * w + farX] + plane[far * w + nearX])
                                + 0.0625f * plane[far * w + farX];
            }
        }
        return enlarged;
    }

    /** The least value within a square of 2 · radius + 1 pixels. */
    static float[] least(float[] plane, int width, int height, int radius) {
        final float[] rows = new float[plane.length];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                float least = Float.POSITIVE_INFINITY;
                for (int u = Math.max(0, x - radius); u <= Math.min(width - 1, x + radius); u++)
                    least = Math.min(least, plane[y * width + u]);
                rows[y * width + x] = least;
            }
        final float[] all = new float[plane.length];
        Arrays.fill(all, Float.POSITIVE_INFINITY);
        for (int y = 0; y < height; y++)
            for (int v = Math.max(0, y - radius); v <= Math.min(height - 1, y + radius); v++)
                for (int x = 0; x < width; x++)
                    all[y * width + x] = Math.min(all[y * width + x], rows[v * width + x]);
        return all;
    }
}
