/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.restoration;

import org.deqir.image.Plane;
import org.deqir.image.Smoothing;

/** Statistics of several samples of one restored plane. */
public final class Samples {

    /** Standard deviation, in pixels, of the weights with which squares are averaged. */
    public static final double SMOOTHING = 0.7;

    private Samples() {}

    /** The mean of each pixel. */
    static Plane mean(Plane... samples) {
        final Plane mean = samples[0].copy();
        for (int c = 0; c < mean.channels().length; c++)
            for (int i = 0; i < mean.size(); i++) {
                double sum = 0;
                for (final Plane sample : samples) sum += sample.channels()[c][i];
                mean.channels()[c][i] = (float) (sum / samples.length);
            }
        return mean;
    }

    /**
     * {@return the factor on the standard deviation of K samples with which one standard deviation
     * around their centre holds the truth as often as a normal distribution's: √(1 + 1/K)·t, t the
     * 84.13 % quantile of Student's distribution with K − 1 degrees of freedom (Cornish and
     * Fisher's expansion)} 1.34 for 4, 1.14 for 8.
     *
     * @param count K, at least 2
     */
    public static double finiteSampleFactor(int count) {
        final double r = 1.0 / (count - 1);
        return Math.sqrt(1 + 1.0 / count) * (1 + r / 2 + r * r / 4 + r * r * r / 16);
    }

    /** {@return the root mean square difference of each pixel from an image, times a factor} */
    public static Plane rootMeanSquare(Plane[] samples, Plane image, double factor) {
        return root(samples, image, samples.length, factor);
    }

    /**
     * {@return the standard deviation of each pixel times its factor, with the squares averaged
     * over neighbouring pixels} A few samples that happen to agree in a pixel do not make it
     * certain.
     *
     * @param samples at least two
     * @param centre from which their distances count; null for their own mean
     * @param factors on the standard deviation of each pixel; pixels with 0 are certain and tell
     *     nothing about others
     */
    static Plane smoothDeviation(Plane[] samples, Plane centre, float[] factors) {
        final Plane root =
                centre == null
                        ? standardDeviation(samples, mean(samples))
                        : rootMeanSquare(samples, centre, 1);
        final boolean[] certain = new boolean[factors.length];
        for (int i = 0; i < certain.length; i++) certain[i] = factors[i] == 0;
        for (final float[] channel : root.channels()) {
            for (int i = 0; i < channel.length; i++) channel[i] *= channel[i];
            final float[] smooth =
                    Smoothing.gaussian(channel, root.width(), root.height(), certain, SMOOTHING);
            for (int i = 0; i < channel.length; i++)
                channel[i] =
                        certain[i] ? 0 : (float) (factors[i] * Math.sqrt(Math.max(0, smooth[i])));
        }
        return root;
    }

    /** The unbiased standard deviation of each pixel; needs at least two samples. */
    static Plane standardDeviation(Plane[] samples, Plane mean) {
        return root(samples, mean, samples.length - 1, 1);
    }

    /** The root of each pixel's sum of squared differences over a divisor, times a factor. */
    private static Plane root(Plane[] samples, Plane image, int divisor, double factor) {
        final Plane root = image.copy();
        for (int c = 0; c < root.channels().length; c++)
            for (int i = 0; i < root.size(); i++) {
                double sum = 0;
                for (final Plane sample : samples)
                    sum += Math.pow((double) sample.channels()[c][i] - image.channels()[c][i], 2);
                root.channels()[c][i] = (float) (factor * Math.sqrt(sum / divisor));
            }
        return root;
    }
}
