/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.noise;

import java.util.Arrays;
import java.util.Locale;
import org.deqir.image.Plane;

/**
 * Single pixels that stand out from their neighbours as no optics can make them: hot and dead
 * pixels of a sensor, and hits of radiation.
 *
 * <p>The image of a point spreads over several pixels. Of a Gaussian of σ = 0.7 px, the two
 * neighbours of its brightest pixel on opposite sides hold together at least 2·exp(−1/(2·0.7²)) =
 * 0.72 of that pixel's excess, wherever in the pixel its middle lies; of wider spots, more. A pixel
 * is isolated where its neighbours hold significantly less: five standard deviations of the noise
 * that a spot there would have, or of what scatters around the pixel where that is more. It is then
 * no spot of σ ≥ 0.7 px. Two such pixels side by side are found as well, and strong ones that fill
 * up to 3 × 3 pixels ({@link HotCluster}). Where no two opposite neighbours are known, a spot's
 * middle may lie where pixels are missing: then it is asked of all known pixels within 2 what they
 * hold of such a spot at least, wherever it lies so near that this pixel has a 300th of its height.
 *
 * <p>Where more than 0.4 % of the pixels are isolated, or where they stand out by so few steps of
 * grey level that the steps may be photons, the image consists of them: none is reported.
 */
public final class IsolatedPixels {

    /** Share of the pixels from which on the image consists of them. */
    private static final double MOST = 0.004;

    private final Plane plane;
    private final Plane filled;
    private final boolean[][] isolated;

    private IsolatedPixels(Plane plane, Plane filled, boolean[][] isolated) {
        this.plane = plane;
        this.filled = filled;
        this.isolated = isolated;
    }

    /**
     * {@return the isolated pixels of a plane, found in each channel for itself; perhaps none}
     *
     * @param plane grey levels; not changed
     * @param ignored pixels that are unknown, or null; those that are not finite always are
     * @param noise of the plane
     */
    public static IsolatedPixels of(Plane plane, boolean[] ignored, NoiseModel noise) {
        final Plane filled = plane.copy();
        final boolean[][] isolated = new boolean[plane.channels().length][];
        for (int c = 0; c < isolated.length; c++) {
            final IsolatedPixelSearch search =
                    new IsolatedPixelSearch(
                            filled.channels()[c], plane.width(), plane.height(), ignored, noise);
            isolated[c] = search.found();
            if (search.count() <= Math.max(1, MOST * plane.size())) continue;
            Arrays.fill(isolated[c], false);
            filled.channels()[c] = plane.channels()[c].clone();
        }
        return new IsolatedPixels(plane, filled, isolated);
    }

    /** {@return none of a plane's pixels} */
    public static IsolatedPixels none(Plane plane) {
        return new IsolatedPixels(plane, plane, new boolean[plane.channels().length][plane.size()]);
    }

    /** {@return those of them whose grey level lies outside of a range} */
    public IsolatedPixels beyond(double low, double high) {
        final Plane others = plane.copy();
        final boolean[][] beyond = new boolean[isolated.length][plane.size()];
        for (int c = 0; c < beyond.length; c++)
            for (int i = 0; i < plane.size(); i++) {
                final float level = plane.channels()[c][i];
                beyond[c][i] = isolated[c][i] && (level < low || level > high);
                if (beyond[c][i]) others.channels()[c][i] = filled.channels()[c][i];
            }
        return new IsolatedPixels(plane, others, beyond);
    }

    /** {@return the number of them, in all channels together} */
    public int count() {
        int count = 0;
        for (final boolean[] channel : isolated) for (final boolean is : channel) if (is) count++;
        return count;
    }

    /** {@return whether no pixel was found} */
    public boolean isEmpty() {
        return count() == 0;
    }

    /** {@return the plane with the median of its neighbours in the place of each of them} */
    public Plane filled() {
        return filled;
    }

    /**
     * {@return how many there are and what was done with them, as the end of a sentence, for the
     * user}
     */
    public String describe(String done) {
        final int count = count();
        return String.format(
                Locale.ROOT,
                "%d isolated pixel%s (%.2g %%; hot, dead or hit by radiation) %s",
                count,
                count == 1 ? "" : "s",
                100.0 * count / isolated.length / plane.size(),
                done);
    }

    /**
     * Puts what was measured back into an image that was restored without it.
     *
     * @param restored changed; {@code scale} times as wide and high as the plane. Where it has more
     *     channels than the plane, all of them take the plane's one
     * @param scale pixels of the restored image per pixel of the plane along each side
     */
    public void putBack(Plane restored, int scale) {
        for (int c = 0; c < restored.channels().length; c++) {
            final int from = Math.min(c, isolated.length - 1);
            for (int i = 0; i < plane.size(); i++)
                if (isolated[from][i]) putBack(restored, c, from, i, scale);
        }
    }

    private void putBack(Plane restored, int channel, int from, int pixel, int scale) {
        final float excess = plane.channels()[from][pixel] - filled.channels()[from][pixel];
        final int left = pixel % plane.width() * scale;
        final int top = pixel / plane.width() * scale;
        for (int y = top; y < top + scale; y++)
            for (int x = left; x < left + scale; x++) {
                final int i = y * restored.width() + x;
                if (scale == 1) restored.channels()[channel][i] = plane.channels()[from][pixel];
                else restored.channels()[channel][i] += excess;
            }
    }
}
