/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.operator;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Locale;
import org.deqir.physics.Tensors;

/**
 * Only some pixels are known (inpainting, sparse scans).
 *
 * <p>Measurements have the shape of the image. A and Aᵀ put 0 at unknown pixels; what a measurement
 * holds there is never read, so it may be NaN or saturated.
 */
public final class MaskOperator extends PixelwiseOperator {

    private final NDArray known;
    private final NDArray zero;
    private final double knownShare;

    /**
     * A mask for images of one size.
     *
     * @param known which pixels are known: H·W entries, row by row, for a mask shared by all
     *     channels, or C·H·W entries
     * @throws IllegalArgumentException if the mask has another size or knows no pixel
     */
    public MaskOperator(NDManager manager, int channels, int height, int width, boolean[] known) {
        this(manager, Tensors.imageShape(channels, height, width), known);
    }

    private MaskOperator(NDManager manager, Shape shape, boolean[] known) {
        super(manager, shape, indicator(shape, known));
        this.known = singularValues().toType(DataType.BOOLEAN, true);
        this.zero = constants.create(0f);
        int count = 0;
        for (final boolean k : known) if (k) count++;
        knownShare = (double) count / known.length;
    }

    @Override
    NDArray keep(NDArray x) {
        try (NDArray everywhere = known.broadcast(x.getShape())) {
            final NDArray kept = NDArrays.where(everywhere, x, zero);
            kept.attach(x.getManager());
            return kept;
        }
    }

    @Override
    public String describe() {
        return String.format(Locale.ROOT, "mask with %.4g %% known pixels", 100 * knownShare);
    }

    private static float[] indicator(Shape shape, boolean[] known) {
        final int size = Math.toIntExact(shape.size());
        final int plane = Math.toIntExact(shape.get(1) * shape.get(2));
        if (known.length != plane && known.length != size)
            throw new IllegalArgumentException(
                    "A mask of %s pixels does not fit an image of shape %s, which needs %s or %s."
                            .formatted(known.length, shape, plane, size));
        final float[] indicator = new float[size];
        boolean any = false;
        for (int i = 0; i < size; i++) {
            indicator[i] = known[i % known.length] ? 1 : 0;
            any |= known[i % known.length];
        }
        if (!any) throw new IllegalArgumentException("The mask knows no pixel: all are missing.");
        return indicator;
    }
}
