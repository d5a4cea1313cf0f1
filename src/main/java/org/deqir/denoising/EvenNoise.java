/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.denoising;

import org.deqir.RestorationResult;
import org.deqir.image.Plane;
import org.deqir.image.Smoothing;

/**
 * Gives a plane the same noise everywhere, and takes it back from what was denoised: one network
 * call knows one level of noise.
 *
 * <p>Where the noise is stronger, what differs from the local mean m becomes smaller: m + a · (y −
 * m), with a² = 1 / the factor of the variance. Signal and noise shrink alike, and the denoised
 * plane is stretched by 1 / a around the same m. What noise m itself has cancels.
 */
final class EvenNoise {

    /**
     * Standard deviation, in pixels, of the local mean: wide enough that it holds little noise (a
     * ninth), and narrow enough that bright objects lie near it. 1.5 and 5 lost up to 0.1 and 0.3
     * dB to this where the noise of a drawn image changes.
     */
    private static final double MEAN = 2.5;

    /** Standard deviations of the noise below which the transform of photon noise is no root. */
    private static final double DIM = 1;

    private final Plane mean;
    private final float[] shrinking;

    /**
     * @param plane with white noise
     * @param variances the factor on its variance, per pixel
     */
    EvenNoise(Plane plane, float[] variances) {
        mean = smooth(plane, MEAN);
        shrinking = new float[variances.length];
        for (int i = 0; i < shrinking.length; i++)
            shrinking[i] = (float) (1 / Math.sqrt(variances[i]));
    }

    private static Plane smooth(Plane plane, double sigma) {
        final Plane smooth = plane.copy();
        for (int c = 0; c < smooth.channels().length; c++)
            smooth.channels()[c] =
                    Smoothing.gaussian(
                            plane.channels()[c], plane.width(), plane.height(), null, sigma);
        return smooth;
    }

    /**
     * The root of a noisy value is too small on average, by half its variance over the root. The
     * inverse knows of that for noise of unit variance; this adds what more noise takes away.
     *
     * @param stabilized a plane whose photon noise has unit variance where its factor is 1; changed
     */
    static void unbias(Plane stabilized, float[] variances) {
        final Plane mean = smooth(stabilized, BinningChoice.VARIANCE_SMOOTHING);
        for (int c = 0; c < mean.channels().length; c++)
            for (int i = 0; i < variances.length; i++)
                stabilized.channels()[c][i] +=
                        (float) ((variances[i] - 1) / (2 * Math.max(DIM, mean.channels()[c][i])));
    }

    /** A plane with even noise. */
    Plane made(Plane plane) {
        final Plane made = plane.copy();
        for (int c = 0; c < made.channels().length; c++)
            for (int i = 0; i < shrinking.length; i++) {
                final float m = mean.channels()[c][i];
                made.channels()[c][i] = m + shrinking[i] * (plane.channels()[c][i] - m);
            }
        return made;
    }

    /** What was denoised, as it is with the noise that it had. */
    RestorationResult undone(RestorationResult even) {
        final Plane restored = even.restored();
        for (int c = 0; c < restored.channels().length; c++)
            for (int i = 0; i < shrinking.length; i++) {
                final float m = mean.channels()[c][i];
                restored.channels()[c][i] = m + (restored.channels()[c][i] - m) / shrinking[i];
            }
        return new RestorationResult(restored, null, even.report());
    }
}
