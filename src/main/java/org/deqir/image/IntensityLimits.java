/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.image;

/**
 * The grey levels at which a sensor or file clips: what should lie beyond was recorded as the
 * limit.
 *
 * @param low the lowest recorded grey level, or −∞
 * @param high the highest recorded grey level, or +∞
 */
public record IntensityLimits(double low, double high) {

    /** Nothing is clipped. */
    public static final IntensityLimits NONE =
            new IntensityLimits(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);

    /**
     * @throws IllegalArgumentException unless low &lt; high
     */
    public IntensityLimits {
        if (!(low < high))
            throw new IllegalArgumentException(
                    "Intensities cannot be clipped to " + low + " … " + high + ".");
    }

    /** Whether a sample may have been clipped. */
    public boolean clips(double sample) {
        return sample <= low || sample >= high;
    }

    /** Share of the samples of a plane that may have been clipped, 0 to 1. */
    public double clippedShare(Plane plane) {
        long clipped = 0;
        for (final float[] channel : plane.channels())
            for (final float sample : channel) if (clips(sample)) clipped++;
        return (double) clipped / ((long) plane.channels().length * plane.size());
    }
}
