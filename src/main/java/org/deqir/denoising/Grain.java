/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.denoising;

import org.deqir.image.Plane;
import org.deqir.physics.noise.NoiseCorrelation;
import org.deqir.physics.noise.NoiseEstimate;
import org.deqir.physics.noise.NoiseEstimator;
import org.deqir.physics.noise.NoiseModel;

/**
 * How a plane's noise differs from the independent one that is stated.
 *
 * @param horizontal correlation of neighbours in a row
 * @param vertical correlation of neighbours in a column
 * @param share of the stated variance that a pixel has
 */
record Grain(double horizontal, double vertical, double share) {

    /** The noise is the one that is stated. */
    static final Grain WHITE = new Grain(0, 0, 1);

    /** Most that a pixel can be correlated with both its neighbours in a row alone, about. */
    private static final double MOST = 0.45;

    /**
     * {@return what is found in a plane; {@link #WHITE} if its noise is not correlated}
     *
     * @param plane of which the first channel counts
     * @param stated noise of its pixels
     */
    static Grain of(Plane plane, NoiseModel stated) {
        final NoiseEstimate found =
                NoiseEstimator.estimate(plane.channels()[0], plane.width(), plane.height());
        final NoiseCorrelation correlation = found.correlation();
        return correlation.isFound()
                ? new Grain(
                        correlation.horizontal(),
                        correlation.vertical(),
                        correlation.pixelFactor()
                                * BinningChoice.variance(found.model(), plane)
                                / BinningChoice.variance(stated, plane))
                : WHITE;
    }

    /**
     * Mixes the noise of each pixel with that of its neighbours, along both axes.
     *
     * @param noisy independent noise of the stated strength on what is expected; changed
     */
    void give(float[] noisy, float[] expected, int width) {
        if (this == WHITE) return;
        final double row = weight(horizontal);
        final double column = weight(vertical);
        final double norm = Math.sqrt(share / ((1 + 2 * row * row) * (1 + 2 * column * column)));
        final int height = noisy.length / width;
        final float[] noise = new float[noisy.length];
        for (int i = 0; i < noise.length; i++) noise[i] = noisy[i] - expected[i];
        for (int i = 0; i < noise.length; i++) {
            double sum = 0;
            for (int v = -1; v <= 1; v++)
                for (int u = -1; u <= 1; u++) {
                    final int x = i % width + u;
                    final int y = i / width + v;
                    if (x < 0 || x >= width || y < 0 || y >= height) continue;
                    sum += (u == 0 ? 1 : row) * (v == 0 ? 1 : column) * noise[y * width + x];
                }
            noisy[i] = (float) (expected[i] + norm * sum);
        }
    }

    /** The weight a of a, 1, a that correlates neighbours by 2a / (1 + 2a²). */
    private static double weight(double correlation) {
        final double c = Math.min(MOST, correlation);
        return c > 0 ? (1 - Math.sqrt(1 - 2 * c * c)) / (2 * c) : 0;
    }
}
