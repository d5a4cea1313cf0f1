/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.noise;

import java.util.Arrays;
import org.deqir.image.Pixels;
import org.deqir.image.Smoothing;

/**
 * Gives clipped pixels the noise they would have without the limit.
 *
 * <p>Near a limit the patches without a clipped pixel are not typical: those on a dark ground are
 * there by chance, and what is left may be structure alone. A clipped pixel is therefore replaced
 * by a draw from a normal distribution beyond the limit, whose mean and width are measured around
 * it on pixels replaced in the same way (stochastic expectation maximisation; Celeux and Diebolt
 * 1985). Where most pixels are clipped nothing can be told: they become NaN.
 */
final class ClippedNoise {

    private static final int ROUNDS = 12;

    /** Standard deviation, in pixels, of the window behind a pixel's mean. */
    private static final double WINDOW = 2;

    /** Share of clipped pixels around a pixel above which it says nothing. */
    private static final double MOST = 0.5;

    /** Share of clipped pixels around a block of four from which on it is near the limit. */
    private static final double NEAR = 0.05;

    private static final double NORMAL_MEDIAN = 0.6745;
    private static final int LEAST_BLOCKS = 50;
    private static final int TRIES = 100;
    private static final long SEED = 0x636c6970L;

    private final int width;
    private final int height;

    private ClippedNoise(int width, int height) {
        this.width = width;
        this.height = height;
    }

    /**
     * A plane without clipped pixels.
     *
     * @param limit grey level at which pixels are clipped
     * @param above whether the limit is an upper one
     * @return a new plane, NaN where most of the pixels around are clipped
     */
    static float[] filled(float[] plane, int width, int height, float limit, boolean above) {
        return new ClippedNoise(width, height).filled(plane, limit, above ? 1 : -1);
    }

    private float[] filled(float[] plane, float limit, int side) {
        final float[] clipped = new float[plane.length];
        for (int i = 0; i < plane.length; i++)
            clipped[i] = Float.isFinite(plane[i]) ? (plane[i] == limit ? 1 : 0) : Float.NaN;
        final float[] share = Smoothing.gaussian(clipped, width, height, null, WINDOW);
        final float[] filled = plane.clone();
        for (int i = 0; i < plane.length; i++) if (share[i] > MOST) filled[i] = Float.NaN;
        final PixelRandom random = new PixelRandom(SEED + side);
        for (int round = 0; round < ROUNDS; round++) {
            final double sigma = sigma(filled, share);
            if (!(sigma > 0)) return filled;
            final float[] mean = Smoothing.gaussian(filled, width, height, null, WINDOW);
            for (int i = 0; i < plane.length; i++)
                if (clipped[i] == 1 && !Float.isNaN(filled[i])) {
                    random.startPixel(i);
                    filled[i] = (float) beyond(random, mean[i], sigma, limit, side);
                }
        }
        return filled;
    }

    /** The noise of blocks near the limit, from diagonal coefficients as in {@link FineNoise}. */
    private double sigma(float[] filled, float[] share) {
        final double[] magnitudes = new double[filled.length];
        int count = 0;
        for (int y = 0; y + 1 < height; y++)
            for (int x = 0; x + 1 < width; x++) {
                final int i = y * width + x;
                if (!(share[i] >= NEAR)) continue;
                final double diagonal =
                        0.5
                                * ((double) filled[i]
                                        - filled[i + 1]
                                        - filled[i + width]
                                        + filled[i + width + 1]);
                if (!Double.isNaN(diagonal)) magnitudes[count++] = Math.abs(diagonal);
            }
        return count < LEAST_BLOCKS
                ? 0
                : Pixels.median(Arrays.copyOf(magnitudes, count)) / NORMAL_MEDIAN;
    }

    /** A draw beyond the limit; the limit itself where that is nearly impossible. */
    private static double beyond(
            PixelRandom random, double mean, double sigma, double limit, int side) {
        for (int i = 0; i < TRIES; i++) {
            final double value = mean + sigma * random.nextGaussian();
            if (side * (value - limit) >= 0) return value;
        }
        return limit;
    }
}
