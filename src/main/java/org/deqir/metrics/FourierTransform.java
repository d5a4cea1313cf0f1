/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.metrics;

/**
 * Discrete Fourier transform of any length, by recursive decimation in time over the prime factors
 * of the length (Cooley and Tukey, Mathematics of Computation 19, 1965): O(n Σ factors).
 */
public final class FourierTransform {

    private final int length;
    private final double[] cos;
    private final double[] sin;

    FourierTransform(int length) {
        this.length = length;
        cos = new double[length];
        sin = new double[length];
        for (int i = 0; i < length; i++) {
            cos[i] = Math.cos(2 * Math.PI * i / length);
            sin[i] = Math.sin(2 * Math.PI * i / length);
        }
    }

    /** Transforms one sequence in place, X(k) = Σ x(n) exp(−2πi k n / length). */
    void transform(double[] real, double[] imaginary) {
        final double[] outReal = new double[length];
        final double[] outImaginary = new double[length];
        recurse(real, imaginary, 0, 1, outReal, outImaginary, 0, length, new double[2 * length]);
        System.arraycopy(outReal, 0, real, 0, length);
        System.arraycopy(outImaginary, 0, imaginary, 0, length);
    }

    /**
     * Transforms the planes of real and imaginary parts, row by row, in place: rows and then
     * columns.
     */
    public static void transform(double[] real, double[] imaginary, int width, int height) {
        final FourierTransform rows = new FourierTransform(width);
        final double[] rowReal = new double[width];
        final double[] rowImaginary = new double[width];
        for (int y = 0; y < height; y++) {
            System.arraycopy(real, y * width, rowReal, 0, width);
            System.arraycopy(imaginary, y * width, rowImaginary, 0, width);
            rows.transform(rowReal, rowImaginary);
            System.arraycopy(rowReal, 0, real, y * width, width);
            System.arraycopy(rowImaginary, 0, imaginary, y * width, width);
        }
        final FourierTransform columns = new FourierTransform(height);
        final double[] columnReal = new double[height];
        final double[] columnImaginary = new double[height];
        for (int x = 0; x < width; x++) {
            for (int y = 0; y < height; y++) {
                columnReal[y] = real[y * width + x];
                columnImaginary[y] = imaginary[y * width + x];
            }
            columns.transform(columnReal, columnImaginary);
            for (int y = 0; y < height; y++) {
                real[y * width + x] = columnReal[y];
                imaginary[y * width + x] = columnImaginary[y];
            }
        }
    }

    /**
     * Writes the transform of the {@code n} samples at {@code from}, {@code from + stride}, … to
     * {@code to} and the entries after it.
     */
    private void recurse(
            double[] real,
            double[] imaginary,
            int from,
            int stride,
            double[] outReal,
            double[] outImaginary,
            int to,
            int n,
            double[] scratch) {
        if (n == 1) {
            outReal[to] = real[from];
            outImaginary[to] = imaginary[from];
            return;
        }
        final int radix = smallestFactor(n);
        final int part = n / radix;
        for (int r = 0; r < radix; r++)
            recurse(
                    real,
                    imaginary,
                    from + r * stride,
                    stride * radix,
                    outReal,
                    outImaginary,
                    to + r * part,
                    part,
                    scratch);
        // X(k) = Σ_r exp(−2πi k r / n) X_r(k mod part)
        for (int k = 0; k < n; k++) {
            double sumReal = 0;
            double sumImaginary = 0;
            for (int r = 0; r < radix; r++) {
                final int source = to + r * part + k % part;
                final int angle = (int) ((long) k * r % n) * (length / n);
                sumReal += outReal[source] * cos[angle] + outImaginary[source] * sin[angle];
                sumImaginary += outImaginary[source] * cos[angle] - outReal[source] * sin[angle];
            }
            scratch[2 * k] = sumReal;
            scratch[2 * k + 1] = sumImaginary;
        }
        for (int k = 0; k < n; k++) {
            outReal[to + k] = scratch[2 * k];
            outImaginary[to + k] = scratch[2 * k + 1];
        }
    }

    private static int smallestFactor(int n) {
        for (int factor = 2; factor * factor <= n; factor++) if (n % factor == 0) return factor;
        return n;
    }
}
