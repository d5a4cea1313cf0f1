/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.neighbours;

import java.util.Arrays;
import org.deqir.image.Plane;

/**
 * An average of a plane with its neighbours as it is denoised: with how many exposures' noise, and
 * where with more. Pixels that few neighbours share are those of the plane itself.
 */
public final class Blend {

    /** Share of the typical number of exposures from which on a pixel is that of the average. */
    private static final double ENOUGH = 0.8;

    /**
     * Share of the exposures above the first up to which a pixel is that of the plane itself: what
     * agrees so little may be something else.
     */
    private static final double LEAST = 0.4;

    /** Factor of the variance that a pixel with more noise than most has. */
    private static final float NOISIER = 1.2f;

    /** Share of such pixels from which on what suits the plane alone suits the blend. */
    private static final double UNEVEN = 0.1;

    private final double typical;
    private final Plane plane;
    private final Plane variances;
    private final double noisier;

    /**
     * @param own the plane itself; not changed
     * @param fused what was averaged; not changed
     */
    public Blend(Plane own, Fusion.Fused fused) {
        typical = exposures(fused);
        plane = fused.plane().copy();
        variances =
                new Plane(new float[][] {new float[plane.size()]}, plane.width(), plane.height());
        int count = 0;
        for (int i = 0; i < plane.size(); i++) {
            final float exposures = fused.exposures()[i];
            final double share = alone(exposures);
            for (int c = 0; c < plane.channels().length; c++)
                plane.channels()[c][i] +=
                        (float) (share * (own.channels()[c][i] - plane.channels()[c][i]));
            // the covariance of one measurement and the best average is the average's variance
            final double variance = (1 - share * share) / exposures + share * share;
            final float factor = (float) Math.max(1, typical * variance);
            variances.channels()[0][i] = factor;
            if (factor > NOISIER) count++;
        }
        noisier = (double) count / plane.size();
    }

    /** {@return exposures whose noise most of a blend has, ≥ 1} */
    public static double exposures(Fusion.Fused fused) {
        final float[] exposures = fused.exposures();
        final float[] sorted = exposures.clone();
        Arrays.sort(sorted);
        // the upper quartile is what a plane has of which half has changed
        return Math.max(1, sorted[(int) (0.75 * (sorted.length - 1))]);
    }

    /** {@return the average, or the plane itself where few neighbours share it} */
    public Plane plane() {
        return plane;
    }

    /** {@return the factor on the variance of that noise at each pixel, ≥ 1, as one channel} */
    public Plane variances() {
        return variances;
    }

    /** {@return whether any pixel has clearly more noise than most} */
    public boolean isNoisierSomewhere() {
        return noisier > 0;
    }

    /** {@return whether so many pixels are those of the plane itself that it sets the binning} */
    public boolean isUneven() {
        return noisier > UNEVEN;
    }

    /** The share of the plane itself in a pixel, 0 to 1. */
    private double alone(float exposures) {
        final double most = ENOUGH * typical;
        final double least = 1 + LEAST * (most - 1);
        return most <= 1 ? 0 : Math.max(0, Math.min(1, (most - exposures) / (most - least)));
    }
}
