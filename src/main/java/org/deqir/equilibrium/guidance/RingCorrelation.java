/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.guidance;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/**
 * Lack of agreement with a reference in rings of spatial frequency: 1 − the mean correlation over
 * the rings from a lowest frequency on, in the manner of a Fourier ring correlation.
 *
 * <p>A correlation does not see the strength of a ring, so the reference may come from another
 * modality: it asks for structures at the same places, not for the same intensities. The transform
 * is the cosine transform, which continues an image by its mirror image and so sees no edges at its
 * borders; its ring k holds the coefficients (u, v) with √((u/2H)² + (v/2W)²) of about k cycles per
 * pixel times the number of rings.
 */
public final class RingCorrelation implements Loss {

    private static final double HIGHEST = 0.5;

    private final NDArray rows;
    private final NDArray rowsTransposed;
    private final NDArray columns;
    private final NDArray columnsTransposed;
    private final float[] reference;
    private final int[] ring;
    private final int rings;

    /**
     * @param reference (1, C, H, W)
     * @param lowest the lowest frequency that counts, in cycles per pixel, 0 to below ½; the mean
     *     intensity never counts
     * @param owner owner of what the loss precomputes
     */
    public RingCorrelation(NDArray reference, double lowest, NDManager owner) {
        if (!(lowest >= 0 && lowest < HIGHEST))
            throw new IllegalArgumentException(
                    "The lowest frequency must be from 0 to below 0.5, not " + lowest + ".");
        final int height = Math.toIntExact(reference.size(2));
        final int width = Math.toIntExact(reference.size(3));
        rows = cosines(owner, height);
        rowsTransposed = rows.transpose();
        columns = cosines(owner, width);
        columnsTransposed = columns.transpose();
        rings = Math.max(1, Math.min(height, width) / 2);
        ring = new int[height * width];
        for (int u = 0; u < height; u++)
            for (int v = 0; v < width; v++) {
                final double frequency = Math.hypot(u / (2.0 * height), v / (2.0 * width));
                final boolean counts = frequency > 0 && frequency >= lowest && frequency < HIGHEST;
                ring[u * width + v] =
                        counts ? Math.min(rings - 1, (int) (frequency / HIGHEST * rings)) : -1;
            }
        try (NDArray spectrum = transformed(reference)) {
            this.reference = spectrum.toFloatArray();
        }
    }

    @Override
    public Value at(NDArray image) {
        return LossTensors.scoped(
                image,
                x -> {
                    final float[] spectrum = transformed(x).toFloatArray();
                    final int size = reference.length;
                    double value = 0;
                    final float[] gradient = new float[spectrum.length];
                    for (int from = 0; from < spectrum.length; from += size)
                        value += row(spectrum, from, gradient);
                    final NDArray back =
                            rowsTransposed.matMul(
                                    x.getManager().create(gradient, x.getShape()).matMul(columns));
                    back.attach(x.getManager());
                    return new Value(value, back);
                });
    }

    /** 1 − mean ring correlation of one row, whose gradient goes into {@code gradient}. */
    private double row(float[] spectrum, int from, float[] gradient) {
        final double[] product = new double[rings];
        final double[] square = new double[rings];
        final double[] referenceSquare = new double[rings];
        for (int i = 0; i < reference.length; i++) {
            final int k = ring[i % ring.length];
            if (k < 0) continue;
            product[k] += (double) spectrum[from + i] * reference[i];
            square[k] += (double) spectrum[from + i] * spectrum[from + i];
            referenceSquare[k] += (double) reference[i] * reference[i];
        }
        int counted = 0;
        double sum = 0;
        for (int k = 0; k < rings; k++)
            if (square[k] > 0 && referenceSquare[k] > 0) {
                counted++;
                sum += product[k] / Math.sqrt(square[k] * referenceSquare[k]);
            }
        if (counted == 0) return 0;
        for (int i = 0; i < reference.length; i++) {
            final int k = ring[i % ring.length];
            if (k < 0 || square[k] == 0 || referenceSquare[k] == 0) continue;
            final double norm = Math.sqrt(square[k] * referenceSquare[k]);
            final double slope =
                    reference[i] / norm - product[k] / norm * spectrum[from + i] / square[k];
            gradient[from + i] = (float) (-slope / counted);
        }
        return 1 - sum / counted;
    }

    private NDArray transformed(NDArray image) {
        try (NDArray inRows = image.matMul(columnsTransposed)) {
            final NDArray spectrum = rows.matMul(inRows);
            spectrum.attach(image.getManager());
            return spectrum;
        }
    }

    /** The orthonormal cosine transform (DCT-II), one cosine a row. */
    private static NDArray cosines(NDManager owner, int size) {
        final float[] values = new float[Math.multiplyExact(size, size)];
        for (int k = 0; k < size; k++)
            for (int i = 0; i < size; i++)
                values[k * size + i] =
                        (float)
                                (Math.sqrt((k == 0 ? 1.0 : 2.0) / size)
                                        * Math.cos(Math.PI * k * (i + 0.5) / size));
        return owner.create(values, new Shape(size, size));
    }
}
