/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.denoising;

import org.deqir.image.Plane;
import org.deqir.physics.noise.NoiseEstimator;

/**
 * Noise of independent pixels that was smoothed along both axes by the weights a, 1, a: what gives
 * neighbours the correlation that is measured.
 *
 * @param weight a, 0 for noise that was not smoothed
 */
record NoiseSmoothing(double weight) {

    private static final NoiseSmoothing NONE = new NoiseSmoothing(0);

    /** Correlation of neighbouring pixels from which on it is no chance. */
    private static final double CORRELATED = 0.08;

    private static final double MOST_CORRELATED = 0.45;

    /**
     * {@return what was measured on a plane}
     *
     * @param plane a noisy image, of which the first channel counts
     */
    static NoiseSmoothing of(Plane plane) {
        return of(
                NoiseEstimator.estimate(plane.channels()[0], plane.width(), plane.height())
                        .correlation());
    }

    /**
     * {@return the smoothing that gives neighbours a correlation}
     *
     * @param correlation −1 to 1, or NaN
     */
    static NoiseSmoothing of(double correlation) {
        if (!(correlation > CORRELATED)) return NONE;
        final double r = Math.min(MOST_CORRELATED, correlation);
        return new NoiseSmoothing((1 - Math.sqrt(1 - 2 * r * r)) / (2 * r));
    }

    boolean isNone() {
        return weight == 0;
    }

    /** Amplitude left where noise is finest, which is where it is measured: 1 − 2a an axis. */
    private double fineShare() {
        return Math.pow(1 - 2 * weight, 2);
    }

    /**
     * Smooths the noise of a plane, its finest part kept as strong as it was.
     *
     * @param noisy row by row; changed
     * @param expected the same without noise
     * @param width columns of both
     */
    void apply(float[] noisy, float[] expected, int width) {
        if (isNone()) return;
        final float[] noise = new float[noisy.length];
        for (int i = 0; i < noise.length; i++) noise[i] = noisy[i] - expected[i];
        final double fine = fineShare();
        for (int i = 0; i < noise.length; i++) {
            double sum = 0;
            for (int v = -1; v <= 1; v++)
                for (int u = -1; u <= 1; u++) {
                    final int x = i % width + u;
                    final int y = i / width + v;
                    if (x < 0 || x >= width || y < 0 || y >= noise.length / width) continue;
                    sum += (u == 0 ? 1 : weight) * (v == 0 ? 1 : weight) * noise[y * width + x];
                }
            noisy[i] = (float) (expected[i] + sum / fine);
        }
    }
}
