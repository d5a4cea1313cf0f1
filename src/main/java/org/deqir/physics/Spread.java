/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics;

/**
 * The samples that tell how uncertain a result is, and how their spread is to be read. The user
 * guide tells what the factors were measured on.
 *
 * @param firstLevel σ of the noisiest level of their chain, where images are in [−1, 1]
 * @param freshNoise share of fresh noise in them; the rest is kept from level to level
 * @param aroundResult whether they start from the result and their distance from it counts;
 *     otherwise they start from the first guess, and their distance from their own mean counts
 * @param factor how far the truth lies from a result, in standard deviations of the samples
 * @param factorOfMeasured the same in pixels that were themselves measured, with noise; it counts
 *     where the degradation {@linkplain Degradation#measuresPixels measures pixels}
 */
public record Spread(
        double firstLevel,
        double freshNoise,
        boolean aroundResult,
        double factor,
        double factorOfMeasured) {

    /**
     * Samples from the first guess, scattered around their mean.
     *
     * @param freshNoise as in the record. Kept noise comes back amplified where little else than
     *     fine detail is lost
     * @param factor for all pixels
     * @return the record, with a first level of 1
     */
    public static Spread of(double freshNoise, double factor) {
        return new Spread(1, freshNoise, false, factor, factor);
    }
}
