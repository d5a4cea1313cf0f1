/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.image;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;

/** Planes as tensors (N, C, H, W) of float32 in the prior's units, and back. */
public final class PlaneTensors {

    private PlaneTensors() {}

    /** {@return a plane as a tensor (1, C, H, W) in [−1, 1] units, owned by {@code manager}} */
    public static NDArray normalized(NDManager manager, Plane plane, IntensityRange range) {
        final float[][] normalized = new float[plane.channels().length][];
        for (int c = 0; c < normalized.length; c++)
            normalized[c] = range.normalize(plane.channels()[c]);
        return of(manager, new Plane(normalized, plane.width(), plane.height()));
    }

    /**
     * {@return a plane as a tensor (1, C, H, W), its values as they are, owned by {@code manager}}
     */
    public static NDArray of(NDManager manager, Plane plane) {
        final float[] values = new float[Math.multiplyExact(plane.channels().length, plane.size())];
        for (int c = 0; c < plane.channels().length; c++)
            System.arraycopy(plane.channels()[c], 0, values, c * plane.size(), plane.size());
        return manager.create(
                values, new Shape(1, plane.channels().length, plane.height(), plane.width()));
    }

    /**
     * {@return row {@code n} of a tensor (N, C, H, W), in grey levels}
     *
     * @throws IllegalArgumentException if the tensor is not four-dimensional or has no row n
     */
    public static Plane denormalized(NDArray tensor, int n, IntensityRange range) {
        final Plane plane = plane(tensor, n);
        for (int c = 0; c < plane.channels().length; c++)
            plane.channels()[c] = range.denormalize(plane.channels()[c]);
        return plane;
    }

    /** {@return row {@code n} of a tensor (N, C, H, W), as it is} */
    public static Plane plane(NDArray tensor, int n) {
        final Shape shape = tensor.getShape();
        if (shape.dimension() != 4 || n < 0 || n >= shape.get(0))
            throw new IllegalArgumentException(
                    "A tensor of shape " + shape + " has no image " + n + ".");
        final int channels = (int) shape.get(1);
        final int height = (int) shape.get(2);
        final int width = (int) shape.get(3);
        final float[][] samples = new float[channels][];
        try (NDArray row = tensor.get(n)) {
            final float[] values = row.toFloatArray();
            for (int c = 0; c < channels; c++)
                samples[c] =
                        Arrays.copyOfRange(values, c * width * height, (c + 1) * width * height);
        }
        return new Plane(samples, width, height);
    }
}
