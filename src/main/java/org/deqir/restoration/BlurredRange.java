/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.restoration;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.deqir.image.IntensityRange;
import org.deqir.image.Plane;
import org.deqir.image.Smoothing;
import org.deqir.network.TorchEngine;
import org.deqir.physics.DataStep;
import org.deqir.physics.LinearOperator;

/**
 * The range of a sharp image of which the blurred one is known.
 *
 * <p>Blur takes peaks down and fills gaps: sharp images of fine structure reach up to four times as
 * far as blurred ones, and the prior would cut what lies beyond its range. So a first data step
 * without the network sharpens the image as far as the noise allows, and the range holds what it
 * finds. Outliers and rare objects, which are beyond the range of the blurred image itself, are
 * filled first: sharpened, they would stretch the range for the whole image.
 */
final class BlurredRange {

    /** How far that step may move pixels, where images are in [−1, 1]. */
    private static final double LEVEL = 0.4;

    /** The same in units of the noise: beyond, errors of a PSF would be amplified. */
    private static final double MOST_OF_NOISE = 25;

    /**
     * Least edge of the parts in which a large image is sharpened, in pixels: that of the patches
     * that stand for an image in blocks.
     */
    private static final int PART = 256;

    private BlurredRange() {}

    /** {@return the range of the sharp image: at least that of the problem} */
    static IntensityRange of(Problem measurement) {
        final Problem blurred = measurement.filled();
        final Plane measured = blurred.measured();
        final Plane sharp = measured.copy();
        final int[] columns = cuts(measured.width());
        final int[] rows = cuts(measured.height());
        for (int j = 0; j + 1 < rows.length; j++)
            for (int i = 0; i + 1 < columns.length; i++)
                sharpen(
                        blurred.part(
                                columns[i],
                                rows[j],
                                columns[i + 1] - columns[i],
                                rows[j + 1] - rows[j]),
                        sharp,
                        columns[i],
                        rows[j]);
        return blurred.range().andExtremesOf(sharp);
    }

    private static int[] cuts(int size) {
        final int parts = Math.max(1, size / PART);
        final int[] cuts = new int[parts + 1];
        for (int k = 0; k <= parts; k++) cuts[k] = (int) ((long) k * size / parts);
        return cuts;
    }

    /** Puts the middle of a part in its place; near its edges it depends on unknown pixels. */
    private static void sharpen(Problem part, Plane whole, int left, int top) {
        final Plane sharp = sharpened(part);
        final int reach = part.degradation().reach();
        final int across = Math.min(reach, sharp.width() / 4);
        final int down = Math.min(reach, sharp.height() / 4);
        for (int c = 0; c < sharp.channels().length; c++)
            for (int y = down; y < sharp.height() - down; y++)
                System.arraycopy(
                        sharp.channels()[c],
                        y * sharp.width() + across,
                        whole.channels()[c],
                        (top + y) * whole.width() + left + across,
                        sharp.width() - 2 * across);
    }

    private static Plane sharpened(Problem problem) {
        final PriorUnits units = new PriorUnits(problem);
        final Plane measured = problem.measured();
        final double[] level = {Math.min(LEVEL, MOST_OF_NOISE * problem.noise())};
        try (NDManager manager = TorchEngine.newManager();
                LinearOperator operator =
                        problem.degradation()
                                .operator(
                                        manager,
                                        measured.channels().length,
                                        problem.height(),
                                        problem.width())) {
            final NDArray y = units.measurement(manager, operator);
            final MeasurementNoise noise = new MeasurementNoise(problem, units, operator, y);
            try (DataStep dataStep = noise.dataStep(1)) {
                final NDArray guess = units.images(manager, operator, smoothed(measured), 1);
                return units.fields(dataStep.apply(guess, level, level))[0];
            }
        }
    }

    private static Plane smoothed(Plane plane) {
        final float[][] channels = new float[plane.channels().length][];
        for (int c = 0; c < channels.length; c++)
            channels[c] =
                    Smoothing.gaussian(plane.channels()[c], plane.width(), plane.height(), null, 1);
        return new Plane(channels, plane.width(), plane.height());
    }
}
