/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.operator;

import ai.djl.ndarray.NDManager;
import org.deqir.physics.Border;
import org.deqir.physics.LinearOperator;

/** Convolutions of images of one size, each with what lies outside of them. */
public final class Convolutions {

    /**
     * Largest field that is estimated, as a multiple of the measured one: the network sees all of
     * it, and far from the border the measurement tells nothing about it.
     */
    private static final long LARGEST_SHARE = 9;

    /** A field of this many pixels is small whatever share of it was measured. */
    private static final long SMALL_FIELD = 256L * 256;

    /** Longest side along which singular values are computed: this takes the third power of it. */
    private static final int LARGEST_DECOMPOSED = 640;

    private Convolutions() {}

    /**
     * {@return a separable blur, by a vertical filter along the columns and a horizontal one along
     * the rows} Mirrored, it is diagonal in a basis that is known.
     */
    public static LinearOperator of(
            NDManager manager,
            int channels,
            int height,
            int width,
            SymmetricFilter vertical,
            SymmetricFilter horizontal,
            Border border) {
        if (border == Border.MIRRORED)
            return new SeparableFilterOperator(
                    manager, channels, height, width, vertical, horizontal);
        requireModest(height, width, vertical.taps(), horizontal.taps());
        return of(
                manager,
                channels,
                height,
                width,
                outer(vertical.weights(), horizontal.weights()),
                horizontal.taps(),
                vertical.taps(),
                border);
    }

    /**
     * {@return a separable blur by a kernel of few samples} With zeros around the image its
     * singular values are computed, where the image is not too large for that.
     */
    public static LinearOperator ofKernel(
            NDManager manager,
            int channels,
            int height,
            int width,
            SymmetricFilter vertical,
            SymmetricFilter horizontal,
            Border border) {
        return border == Border.ZEROS && Math.max(height, width) <= LARGEST_DECOMPOSED
                ? SeparableFilterOperator.withZeroBorders(
                        manager, channels, height, width, vertical, horizontal)
                : of(manager, channels, height, width, vertical, horizontal, border);
    }

    /**
     * {@return a blur by a PSF, row by row, both of its sizes odd, with its centre at the middle
     * pixel}
     */
    public static LinearOperator of(
            NDManager manager,
            int channels,
            int height,
            int width,
            float[] psf,
            int psfWidth,
            int psfHeight,
            Border border) {
        final LinearOperator blur =
                new PsfOperator(manager, channels, height, width, psf, psfWidth, psfHeight);
        if (border == Border.UNKNOWN) return blur;
        try {
            return new CompositeOperator(
                    manager,
                    blur,
                    border == Border.MIRRORED
                            ? new MirrorExtensionOperator(
                                    manager, channels, height, width, psfHeight / 2, psfWidth / 2)
                            : new ZeroExtensionOperator(
                                    manager, channels, height, width, psfHeight / 2, psfWidth / 2));
        } catch (IllegalArgumentException e) {
            blur.close();
            throw e;
        }
    }

    private static void requireModest(int height, int width, int tapsDown, int tapsAcross) {
        final long field = (height + tapsDown - 1L) * (width + tapsAcross - 1L);
        if (field <= Math.max(LARGEST_SHARE * height * width, SMALL_FIELD)) return;
        throw new IllegalArgumentException(
                String.format(
                        "A blur that reaches %s pixels is too wide for an image of %s × %s pixels:"
                                + " nearly all light comes from outside of it. border=mirrored"
                                + " takes any blur.",
                        Math.max(tapsDown, tapsAcross) / 2, width, height));
    }

    private static float[] outer(double[] column, double[] row) {
        final float[] values = new float[column.length * row.length];
        for (int y = 0; y < column.length; y++)
            for (int x = 0; x < row.length; x++)
                values[y * row.length + x] = (float) (column[y] * row[x]);
        return values;
    }
}
