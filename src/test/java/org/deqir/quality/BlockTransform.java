/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.quality;

/**
 * A linear transform of square blocks, row by row, in place, and its inverse: columns are
 * transformed like rows.
 */
interface BlockTransform {

    /** Samples of a block along each axis. */
    int side();

    /** Replaces the samples of a block by its coefficients. */
    void forward(float[] block);

    /** Undoes {@link #forward}. */
    void inverse(float[] block);

    /** The orthonormal cosine transform (DCT-II) of blocks of {@code side} × {@code side}. */
    static BlockTransform cosine(int side) {
        final float[][] basis = new float[side][side];
        for (int k = 0; k < side; k++)
            for (int i = 0; i < side; i++)
                basis[k][i] =
                        (float)
                                (Math.sqrt((k == 0 ? 1.0 : 2.0) / side)
                                        * Math.cos(Math.PI * k * (i + 0.5) / side));
        final float[][] transposed = new float[side][side];
        for (int k = 0; k < side; k++)
            for (int i = 0; i < side; i++) transposed[i][k] = basis[k][i];
        return new BlockTransform() {
            @Override
            public int side() {
                return side;
            }

            @Override
            public void forward(float[] block) {
                alongBoth(block, side, side, line -> multiply(basis, line));
            }

            @Override
            public void inverse(float[] block) {
                alongBoth(block, side, side, line -> multiply(transposed, line));
            }
        };
    }

    /**
     * The biorthogonal wavelets 1.5 of Cohen, Daubechies and Feauveau (1992) in blocks of {@code
     * side} × {@code side}, a power of two, continued periodically, down to one mean.
     *
     * <p>By lifting: Haar's means and differences, then the means take their share of the
     * differences next to them.
     */
    static BlockTransform biorthogonal(int side) {
        return new BlockTransform() {
            @Override
            public int side() {
                return side;
            }

            @Override
            public void forward(float[] block) {
                for (int n = side; n > 1; n /= 2)
                    alongBoth(block, side, n, BlockTransform::decompose);
            }

            @Override
            public void inverse(float[] block) {
                for (int n = 2; n <= side; n *= 2)
                    alongBoth(block, side, n, BlockTransform::compose);
            }
        };
    }

    /** What becomes of one line of samples. */
    interface OfLine {
        float[] apply(float[] line);
    }

    /** Changes the first n rows and columns of a block of rows of {@code side}. */
    private static void alongBoth(float[] block, int side, int n, OfLine change) {
        final float[] line = new float[n];
        for (int y = 0; y < n; y++) {
            System.arraycopy(block, y * side, line, 0, n);
            System.arraycopy(change.apply(line), 0, block, y * side, n);
        }
        for (int x = 0; x < n; x++) {
            for (int y = 0; y < n; y++) line[y] = block[y * side + x];
            final float[] changed = change.apply(line);
            for (int y = 0; y < n; y++) block[y * side + x] = changed[y];
        }
    }

    private static float[] multiply(float[][] matrix, float[] line) {
        final float[] product = new float[line.length];
        for (int k = 0; k < line.length; k++)
            for (int i = 0; i < line.length; i++) product[k] += matrix[k][i] * line[i];
        return product;
    }

    /** One level of the wavelets: a line's means, then its differences. */
    static float[] decompose(float[] line) {
        final int half = line.length / 2;
        final float[] parts = new float[line.length];
        for (int k = 0; k < half; k++) {
            parts[k] = (float) ((line[2 * k] + line[2 * k + 1]) * Math.sqrt(0.5));
            parts[half + k] = (float) ((line[2 * k + 1] - line[2 * k]) * Math.sqrt(0.5));
        }
        lift(parts, 1);
        return parts;
    }

    private static float[] compose(float[] parts) {
        final int half = parts.length / 2;
        final float[] means = parts.clone();
        lift(means, -1);
        final float[] line = new float[parts.length];
        for (int k = 0; k < half; k++) {
            line[2 * k] = (float) ((means[k] - parts[half + k]) * Math.sqrt(0.5));
            line[2 * k + 1] = (float) ((means[k] + parts[half + k]) * Math.sqrt(0.5));
        }
        return line;
    }

    private static void lift(float[] parts, int sign) {
        final int half = parts.length / 2;
        for (int k = 0; k < half; k++)
            parts[k] +=
                    sign
                            * (22 * (difference(parts, k - 1) - difference(parts, k + 1))
                                    - 3 * (difference(parts, k - 2) - difference(parts, k + 2)))
                            / 128;
    }

    private static float difference(float[] parts, int k) {
        final int half = parts.length / 2;
        return parts[half + Math.floorMod(k, half)];
    }
}
