/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import java.util.Objects;
import org.deqir.image.Plane;

/**
 * A reference that a restoration is to be guided by: a registered image of the same field, such as
 * another modality, a long exposure or a neighbouring slice.
 *
 * @param reference of the size of the restored image, one channel or as many as it has, finite
 * @param weight weight of the distance to the reference, 0 or more; with 1 a difference of 5 % of
 *     the measurement's range weighs as much as a residual of one standard deviation of its noise
 * @param detail weight of the agreement in rings of spatial frequency, 0 or more, whatever the
 *     reference's intensities
 * @param region pixels of the reference that count, row by row; null for all. Only there the state
 *     that is optimised is changed, and elsewhere the result is held at what is restored without a
 *     guide
 * @param fit whether the reference has intensities of its own, which are fitted to the restored
 *     image by a straight line; otherwise they are those of the measurement
 * @param fromReference whether descent begins at the state from which the prior makes the
 *     reference; otherwise at what is restored without it
 */
public record Guide(
        Plane reference,
        double weight,
        double detail,
        boolean[] region,
        boolean fit,
        boolean fromReference) {

    /**
     * @throws IllegalArgumentException if a weight is negative, the region empty or of another size
     *     than the reference, or the reference not finite
     */
    public Guide {
        Objects.requireNonNull(reference, "reference");
        requireWeight("weight", weight);
        requireWeight("detail", detail);
        if (reference.hasNonFinite())
            throw new IllegalArgumentException("The reference holds NaN or infinite pixels.");
        if (region != null) {
            if (region.length != reference.size())
                throw new IllegalArgumentException(
                        "The region has %s pixels, but the reference has %s."
                                .formatted(region.length, reference.size()));
            boolean any = false;
            for (final boolean inside : region) any |= inside;
            if (!any)
                throw new IllegalArgumentException("The region holds no pixel of the reference.");
        }
    }

    /**
     * A guide for an image that is restored without it first.
     *
     * @param reference what the result should look like
     * @param weight of the likeness in grey levels, at least 0
     * @param detail of the likeness in detail, at least 0
     * @param region pixels where it counts; null for all
     * @param fit whether the reference's grey levels are fitted first
     */
    public Guide(Plane reference, double weight, double detail, boolean[] region, boolean fit) {
        this(reference, weight, detail, region, fit, false);
    }

    private static void requireWeight(String name, double weight) {
        if (!(weight >= 0 && weight < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException(
                    name + " = " + weight + " is not a number of 0 or more.");
    }

    /**
     * {@return this guide with another reference of the same size}
     *
     * @param newReference takes the place of this one's
     */
    public Guide withReference(Plane newReference) {
        return new Guide(newReference, weight, detail, region, fit, fromReference);
    }
}
