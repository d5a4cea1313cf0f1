/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.noise;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.deqir.image.Pixels;
import org.deqir.image.Plane;

/**
 * Checks that an image can have the noise that is stated, so that wrong camera numbers do not pass
 * in silence.
 */
public final class StatedNoise {

    /** Share of samples below what is plausible above which the model is doubted. */
    private static final double MANY = 1.0 / 3;

    /** Stated over seen noise above which the statement is doubted. */
    private static final double TOO_LARGE = 1.25;

    /** Share of unequal neighbours with a sample at a limit above which the noise is cut off. */
    private static final double CLIPPED = 0.1;

    /** Fine noise, as a share of the range of grey levels, above which no image is exact. */
    private static final double NOT_EXACT = 0.02;

    private StatedNoise() {}

    /** Whether limits cut off much of the noise, so that neighbours differ by less of it. */
    private static boolean isClipped(Plane plane, float least, float most) {
        long pairs = 0;
        long atLimit = 0;
        for (final float[] channel : plane.channels())
            for (int i = 0; i + 1 < channel.length; i++) {
                final float a = channel[i];
                final float b = channel[i + 1];
                if (a == b || !Float.isFinite(a) || !Float.isFinite(b)) continue;
                pairs++;
                if (Math.min(a, b) == least || Math.max(a, b) == most) atLimit++;
            }
        return atLimit > CLIPPED * pairs;
    }

    /**
     * What an image says against a model of its noise.
     *
     * @param noise in the plane's own grey levels
     * @param plane the measurement; NaN and infinite samples are left out
     * @return sentences for the user; empty if nothing speaks against it
     * @throws IllegalArgumentException if all samples lie where the model has hardly any
     */
    public static List<String> objections(NoiseModel noise, Plane plane) {
        final List<String> objections = new ArrayList<>();
        final double lowest = noise.lowestPlausible();
        long below = 0;
        long count = 0;
        float least = Float.POSITIVE_INFINITY;
        float most = Float.NEGATIVE_INFINITY;
        for (final float[] channel : plane.channels())
            for (final float sample : channel) {
                if (!Float.isFinite(sample)) continue;
                count++;
                least = Math.min(least, sample);
                most = Math.max(most, sample);
                if (sample < lowest) below++;
            }
        if (count > 0 && below == count)
            throw new IllegalArgumentException(
                    String.format(
                            "No pixel agrees with the stated %s: the image's grey levels are %s to"
                                    + " %s, and without light they would be %s or more. Give the"
                                    + " offset in the image's own grey levels.",
                            noise.describe(),
                            Pixels.format(least),
                            Pixels.format(most),
                            Pixels.format(lowest)));
        if (below > MANY * count)
            objections.add(
                    String.format(
                            Locale.ROOT,
                            "The stated %s contradicts the image: %.0f %% of the pixels are below"
                                    + " %s, two readouts below the offset. The offset is too high"
                                    + " or the readout noise too low.",
                            noise.describe(),
                            100.0 * below / count,
                            Pixels.format(lowest)));
        if (noise.isExact()) {
            final double fine = FineNoise.of(plane);
            if (fine > NOT_EXACT * ((double) most - least))
                objections.add(
                        String.format(
                                Locale.ROOT,
                                "The measurement is taken as exact, but neighbouring pixels differ"
                                        + " as with noise of sigma %s. If that is noise, state it"
                                        + " or use noise=auto: otherwise it is restored as if it"
                                        + " were structure.",
                                Pixels.format(fine)));
            return objections;
        }
        final double seen = FineNoise.relativeTo(noise, plane);
        if (seen > 0 && seen * TOO_LARGE < 1 && !isClipped(plane, least, most))
            objections.add(
                    String.format(
                            Locale.ROOT,
                            "The stated %s is %.1f times as strong as the differences of"
                                    + " neighbouring pixels show: it is too large, or the image"
                                    + " was smoothed.",
                            noise.describe(),
                            1 / seen));
        return objections;
    }
}
