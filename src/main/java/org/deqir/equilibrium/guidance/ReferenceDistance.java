/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.guidance;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * Distance to a reference image of the same field, mean (x − r)²/(2 s²), over all pixels or over
 * those of a region.
 *
 * <p>If asked, the reference's intensities are fitted first, a·r + b with the a and b of least
 * squares of each row and channel, so that a reference may have other intensities, inverted ones
 * included. At the best fit the derivative with respect to a and b is 0, so the gradient is that at
 * fixed a and b.
 */
public final class ReferenceDistance implements Loss {

    private static final int[] PIXELS = {2, 3};

    private final NDArray reference;
    private final NDArray region;
    private final boolean fit;
    private final double scale;

    /**
     * @param reference r, (1, C, H, W)
     * @param region 1 in the region and 0 outside, (1, 1, H, W); null for all pixels
     * @param fit whether to fit the reference's intensities
     * @param scale s &gt; 0, the difference that counts as ½
     * @throws IllegalArgumentException if the region is empty or the scale not above 0
     */
    public ReferenceDistance(NDArray reference, NDArray region, boolean fit, double scale) {
        if (!(scale > 0))
            throw new IllegalArgumentException("The scale must be above 0, not " + scale + ".");
        if (region != null && LossTensors.sum(region) == 0)
            throw new IllegalArgumentException("The region of the reference is empty.");
        this.reference = reference;
        this.region = region;
        this.fit = fit;
        this.scale = scale;
    }

    @Override
    public Value at(NDArray image) {
        return LossTensors.scoped(
                image,
                x -> {
                    final Shape shape = x.getShape();
                    final NDArray weights =
                            x.getManager().ones(new Shape(1, 1, shape.get(2), shape.get(3)));
                    if (region != null) weights.muli(region);
                    final double pixels = LossTensors.sum(weights);
                    final NDArray difference =
                            x.sub(fit ? fitted(x, reference, weights, pixels) : reference)
                                    .mul(weights);
                    final double norm = pixels * shape.get(1) * scale * scale;
                    return new Value(
                            LossTensors.sum(difference.square()) / (2 * norm),
                            difference.div(norm));
                });
    }

    /**
     * {@return a reference (1 or K, 1 or C, H, W) with the intensities of images (K, C, H, W): a·r
     * + b of least squares for each row and channel, owned by the manager of the image}
     */
    public static NDArray fitted(NDArray image, NDArray reference) {
        try (NDManager scratch = image.getManager().newSubManager()) {
            final NDArray x = image.duplicate();
            x.attach(scratch);
            final NDArray fitted = fitted(x, reference, x.onesLike(), x.size(2) * x.size(3));
            fitted.attach(image.getManager());
            return fitted;
        }
    }

    /** The fit over weighted pixels, (K, C, H, W). */
    private static NDArray fitted(NDArray x, NDArray reference, NDArray weights, double pixels) {
        final NDArray r = weights.onesLike().mul(reference);
        final NDArray meanOfX = x.mul(weights).sum(PIXELS, true).div(pixels);
        final NDArray meanOfR = r.mul(weights).sum(PIXELS, true).div(pixels);
        final NDArray centred = r.sub(meanOfR);
        final NDArray weighted = centred.mul(weights);
        final NDArray square = weighted.mul(centred).sum(PIXELS, true);
        // A constant reference has no slope.
        final NDArray constant = square.eq(0).toType(DataType.FLOAT32, false);
        final NDArray slope =
                x.sub(meanOfX).mul(weighted).sum(PIXELS, true).div(square.add(constant));
        return centred.mul(slope).add(meanOfX);
    }
}
