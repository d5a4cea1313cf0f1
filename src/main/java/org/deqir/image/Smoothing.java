/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.image;

/** Gaussian smoothing, also of planes in which some samples are unknown. */
public final class Smoothing {

    private Smoothing() {}

    /**
     * The weighted mean of the known samples around each pixel, with Gaussian weights cut at 3
     * standard deviations (normalized convolution). Nothing is assumed beyond the border.
     *
     * @param samples row by row; NaN and infinite ones count as unknown
     * @param width samples in a row
     * @param height number of rows
     * @param ignored samples to leave out as well, or null
     * @param sigma standard deviation of the weights in pixels, above 0
     * @return a new array; NaN where no known sample is near
     */
    public static float[] gaussian(
            float[] samples, int width, int height, boolean[] ignored, double sigma) {
        final double[] weights = new double[samples.length];
        final double[] values = new double[samples.length];
        for (int i = 0; i < samples.length; i++)
            if (Float.isFinite(samples[i]) && (ignored == null || !ignored[i])) {
                weights[i] = 1;
                values[i] = samples[i];
            }
        final double[] kernel = new double[(int) Math.ceil(3 * sigma) + 1];
        for (int k = 0; k < kernel.length; k++)
            kernel[k] = Math.exp(-0.5 * k * k / (sigma * sigma));
        final double[] sums = blurred(values, width, height, kernel);
        final double[] norms = blurred(weights, width, height, kernel);
        final float[] smooth = new float[samples.length];
        for (int i = 0; i < smooth.length; i++) smooth[i] = (float) (sums[i] / norms[i]);
        return smooth;
    }

    /**
     * {@return the weighted mean of the finite samples around each voxel, with weights as for
     * planes, the same in all directions; {@code sigma} is in voxels}
     */
    public static Volume gaussian(Volume volume, double sigma) {
        final int plane = volume.width() * volume.height();
        final int depth = volume.depth();
        final float[] smooth = new float[volume.size()];
        for (int z = 0; z < depth; z++)
            System.arraycopy(
                    gaussian(volume.slice(z), volume.width(), volume.height(), null, sigma),
                    0,
                    smooth,
                    z * plane,
                    plane);
        final float[] line = new float[depth];
        for (int i = 0; i < plane; i++) {
            for (int z = 0; z < depth; z++) line[z] = smooth[z * plane + i];
            final float[] mean = gaussian(line, 1, depth, null, sigma);
            for (int z = 0; z < depth; z++) smooth[z * plane + i] = mean[z];
        }
        return new Volume(smooth, volume.width(), volume.height(), depth);
    }

    private static double[] blurred(double[] values, int width, int height, double[] kernel) {
        return alongColumns(alongRows(values, width, height, kernel), width, height, kernel);
    }

    private static double[] alongRows(double[] values, int width, int height, double[] kernel) {
        final double[] sums = new double[values.length];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                final int from = Math.max(0, x - kernel.length + 1);
                final int to = Math.min(width - 1, x + kernel.length - 1);
                double sum = 0;
                for (int u = from; u <= to; u++)
                    sum += kernel[Math.abs(u - x)] * values[y * width + u];
                sums[y * width + x] = sum;
            }
        return sums;
    }

    private static double[] alongColumns(double[] values, int width, int height, double[] kernel) {
        final double[] sums = new double[values.length];
        for (int y = 0; y < height; y++) {
            final int from = Math.max(0, y - kernel.length + 1);
            final int to = Math.min(height - 1, y + kernel.length - 1);
            for (int v = from; v <= to; v++) {
                final double weight = kernel[Math.abs(v - y)];
                for (int x = 0; x < width; x++)
                    sums[y * width + x] += weight * values[v * width + x];
            }
        }
        return sums;
    }
}
