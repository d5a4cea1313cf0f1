/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.restoration;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import org.deqir.image.IntensityRange;
import org.deqir.image.Plane;
import org.deqir.image.PlaneTensors;
import org.deqir.network.TorchEngine;
import org.deqir.physics.Degradation;
import org.deqir.physics.LinearOperator;

/**
 * The part of rare bright or dark objects that lies beyond the range in which an image is restored.
 *
 * <p>The prior knows images that fill [−1, 1]. A range that holds a few objects much brighter than
 * the rest compresses the rest. A range without them makes the prior cut them. So the image is
 * first restored in the wide range. What of that estimate lies beyond the narrow one, around the
 * pixels that were measured beyond it, is taken away from the measurement, through the same
 * degradation; the rest is restored in the narrow range, and the part is added again. The
 * measurement decides both, so peaks and their light stay, and nothing else changes with them.
 */
final class BeyondRange {

    /** Pixels around those that were measured beyond the range. */
    private static final int AROUND = 3;

    private BeyondRange() {}

    /**
     * The part of an estimate that lies beyond a range.
     *
     * @param estimate the restored image in the operator's size, which may exceed the field
     * @param measured the measurement as an image, of {@code 1 / scale} of the field's size
     * @param beyond pixels of the measurement beyond the range, per channel
     * @return an image of the estimate's size, 0 nearly everywhere; null if it is 0 everywhere
     */
    static Plane of(
            Plane estimate,
            IntensityRange range,
            Degradation degradation,
            Plane measured,
            boolean[][] beyond) {
        final int reach = AROUND + degradation.reach();
        final float[][] parts = new float[estimate.channels().length][estimate.size()];
        boolean any = false;
        for (int c = 0; c < parts.length; c++) {
            final boolean[] near =
                    degradation.measuresImages()
                            ? near(
                                    beyond[Math.min(c, beyond.length - 1)],
                                    measured,
                                    degradation.scale(),
                                    estimate,
                                    reach)
                            : null;
            for (int i = 0; i < parts[c].length; i++) {
                if (near != null && !near[i]) continue;
                final float level = estimate.channels()[c][i];
                if (level > range.high()) parts[c][i] = (float) (level - range.high());
                else if (level < range.low()) parts[c][i] = (float) (level - range.low());
                any |= parts[c][i] != 0;
            }
        }
        return any ? new Plane(parts, estimate.width(), estimate.height()) : null;
    }

    /** The measurement without what a part of the image adds to it. */
    static Plane without(
            Plane measured, Plane part, Degradation degradation, int width, int height) {
        try (NDManager manager = TorchEngine.newManager();
                LinearOperator operator =
                        degradation.operator(manager, part.channels().length, height, width);
                NDArray x = PlaneTensors.of(manager, part);
                NDArray y = operator.apply(x);
                NDArray image = degradation.toImage(operator, y)) {
            return minus(measured, PlaneTensors.plane(image, 0));
        }
    }

    private static Plane minus(Plane a, Plane b) {
        final Plane difference = a.copy();
        for (int c = 0; c < difference.channels().length; c++)
            for (int i = 0; i < a.size(); i++) difference.channels()[c][i] -= b.channels()[c][i];
        return difference;
    }

    /** Adds the middle of a part to an image of the field's size. */
    static void add(Plane restored, Plane part) {
        add(restored, part, 1);
    }

    /** A copy of an image of the field's size without the middle of a part. */
    static Plane taken(Plane image, Plane part) {
        final Plane without = image.copy();
        add(without, part, -1);
        return without;
    }

    private static void add(Plane image, Plane part, float sign) {
        final int left = (part.width() - image.width()) / 2;
        final int top = (part.height() - image.height()) / 2;
        for (int c = 0; c < image.channels().length; c++)
            for (int y = 0; y < image.height(); y++)
                for (int x = 0; x < image.width(); x++)
                    image.channels()[c][y * image.width() + x] +=
                            sign * part.channels()[c][(y + top) * part.width() + x + left];
    }

    /** Pixels of an estimate that lie near marked ones of the measurement. */
    private static boolean[] near(
            boolean[] marked, Plane measured, int scale, Plane estimate, int reach) {
        final int left = (estimate.width() - scale * measured.width()) / 2;
        final int top = (estimate.height() - scale * measured.height()) / 2;
        final boolean[] near = new boolean[estimate.size()];
        for (int i = 0; i < marked.length; i++) {
            if (!marked[i]) continue;
            final int x = left + scale * (i % measured.width());
            final int y = top + scale * (i / measured.width());
            final int from = Math.max(0, x - reach);
            final int to = Math.min(estimate.width(), x + scale + reach);
            for (int v = Math.max(0, y - reach);
                    v < Math.min(estimate.height(), y + scale + reach);
                    v++)
                Arrays.fill(near, v * estimate.width() + from, v * estimate.width() + to, true);
        }
        return near;
    }
}
