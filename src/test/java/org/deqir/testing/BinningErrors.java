/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.testing;

import java.util.stream.IntStream;
import org.deqir.Restoration;
import org.deqir.RestorationResult;
import org.deqir.Restorer;
import org.deqir.Sampling;
import org.deqir.image.Plane;
import org.deqir.image.Smoothing;
import org.deqir.physics.degradation.Identity;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;

/** Mean squared errors of a denoised grey plane, by the binning. */
public final class BinningErrors {

    /** The largest binning that may be chosen. */
    private static final int LARGEST = 3;

    /** Standard deviation, in pixels, of a blur that correlates neighbours by about 0.13. */
    private static final double BLUR = 0.44;

    private BinningErrors() {}

    /** The error with a binning; with 0, the one that is chosen. */
    public static double of(
            Restorer restorer, Plane measured, NoiseModel noise, int binning, float[] truth) {
        return of(
                restorer.restore(
                        measured,
                        new Restoration(
                                new Identity(), noise, Sampling.DEFAULT.withBinning(binning)),
                        Progress.NONE),
                truth);
    }

    /** The error of a result. */
    public static double of(RestorationResult result, float[] truth) {
        final float[] restored = result.restored().channels()[0];
        double sum = 0;
        for (int i = 0; i < truth.length; i++) sum += Math.pow(restored[i] - truth[i], 2);
        return sum / truth.length;
    }

    /** The error with the best of 1, 2 and 3. */
    public static double least(Restorer restorer, Plane measured, NoiseModel noise, float[] truth) {
        return IntStream.rangeClosed(1, LARGEST)
                .mapToDouble(binning -> of(restorer, measured, noise, binning, truth))
                .min()
                .orElseThrow();
    }

    /** By how much an error is the larger one, in dB. */
    public static double decibels(double error, double least) {
        return 10 * Math.log10(error / least);
    }

    /** A measurement in which the noise of neighbours is correlated. */
    public static float[] correlated(NoiseModel camera, float[] truth, int width, long seed) {
        final float[] noise = camera.simulate(truth, seed);
        for (int i = 0; i < noise.length; i++) noise[i] -= truth[i];
        final float[] noisy = Smoothing.gaussian(noise, width, noise.length / width, null, BLUR);
        for (int i = 0; i < noisy.length; i++) noisy[i] += truth[i];
        return noisy;
    }
}
