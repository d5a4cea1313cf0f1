/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.restoration;

import org.deqir.Restoration;
import org.deqir.RestorationReport;
import org.deqir.RestorationResult;
import org.deqir.image.IntensityRange;
import org.deqir.image.Plane;
import org.deqir.physics.noise.IsolatedPixels;

/**
 * Isolated pixels far outside the range of the others. They would stretch the range in which the
 * prior works, and the network would spread them over their neighbours. A restoration leaves them
 * out and puts them back as they were measured.
 */
public final class Outlying {

    /** Share of the range by which a pixel must lie outside of it to do harm. */
    private static final double BEYOND = 0.5;

    private Outlying() {}

    /** {@return the outlying pixels of a measurement; none where it is no image} */
    public static IsolatedPixels pixels(Plane measured, Restoration restoration) {
        final boolean[] missing = restoration.degradation().missing();
        final IsolatedPixels isolated =
                restoration.degradation().measuresImages()
                        ? IsolatedPixels.of(measured, missing, restoration.noise())
                        : IsolatedPixels.none(measured);
        if (isolated.isEmpty()) return isolated;
        final Plane usual = isolated.filled();
        final IntensityRange range = range(usual, restoration);
        final double margin = BEYOND * (range.high() - range.low());
        return isolated.beyond(range.low() - margin, range.high() + margin);
    }

    /**
     * {@return the useful range of a plane without such pixels, or of the whole that it is a part
     * of}
     */
    public static IntensityRange range(Plane usual, Restoration restoration) {
        if (restoration.whole() != null) return restoration.whole().range();
        final boolean[] missing = restoration.degradation().missing();
        return IntensityRange.of(usual, missing, noise(usual, missing, restoration));
    }

    /** Puts them back into what was restored without them, and says so in the result. */
    public static RestorationResult putBack(
            IsolatedPixels outlying, RestorationResult result, Restoration restoration) {
        if (outlying.isEmpty()) return result;
        outlying.putBack(result.restored(), restoration.degradation().scale());
        final RestorationReport report = result.report();
        return new RestorationResult(
                result.restored(),
                result.standardDeviation(),
                report.withNoise(
                        report.noise() + "; " + outlying.describe("were left as they were")));
    }

    private static double noise(Plane plane, boolean[] missing, Restoration restoration) {
        double sum = 0;
        int count = 0;
        for (final float[] channel : plane.channels())
            for (int i = 0; i < channel.length; i++) {
                if (missing != null && missing[i]) continue;
                sum += channel[i];
                count++;
            }
        return count == 0 ? 0 : Math.sqrt(restoration.noise().variance(sum / count));
    }
}
