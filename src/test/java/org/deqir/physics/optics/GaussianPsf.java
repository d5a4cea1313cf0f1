/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.optics;

/** A Gaussian PSF, sampled at pixel centres out to four standard deviations. */
public final class GaussianPsf {

    private GaussianPsf() {}

    /** With standard deviations in pixels along a row and along a column, ≥ 0; 0 for no blur. */
    public static PointSpreadFunction of(double sigmaX, double sigmaY) {
        final double[] row = weights(sigmaX);
        final double[] column = weights(sigmaY);
        final float[] weights = new float[row.length * column.length];
        for (int i = 0; i < weights.length; i++)
            weights[i] = (float) (row[i % row.length] * column[i / row.length]);
        return PointSpreadFunction.of(weights, row.length, column.length);
    }

    private static double[] weights(double sigma) {
        final int reach = (int) Math.ceil(4 * sigma);
        final double[] weights = new double[2 * reach + 1];
        for (int i = 0; i < weights.length; i++)
            weights[i] = i == reach ? 1 : Math.exp(-0.5 * Math.pow((i - reach) / sigma, 2));
        return weights;
    }
}
