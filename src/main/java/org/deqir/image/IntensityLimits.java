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

    private static final double MANY = 1e-3;

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

    /** {@return a grey level as the camera stores it: the limit where it lies beyond one} */
    public double clipped(double level) {
        return Math.max(low, Math.min(high, level));
    }

    /** {@return whether a sample may have been clipped} */
    public boolean clips(double sample) {
        return sample <= low || sample >= high;
    }

    /**
     * {@return whether more than a thousandth of a plane's samples may have been clipped} Fewer
     * bias single pixels by less than the noise, and nothing around them.
     */
    public boolean clipMany(Plane plane) {
        long clipped = 0;
        for (final float[] channel : plane.channels())
            for (final float sample : channel) if (clips(sample)) clipped++;
        return clipped > MANY * plane.channels().length * plane.size();
    }
}
