/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import org.deqir.image.Plane;

/** Statistics of several samples of one restored plane. */
final class Samples {

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

    /** The unbiased standard deviation of each pixel; needs at least two samples. */
    static Plane standardDeviation(Plane[] samples, Plane mean) {
        final Plane deviation = mean.copy();
        for (int c = 0; c < mean.channels().length; c++)
            for (int i = 0; i < mean.size(); i++) {
                double sum = 0;
                for (final Plane sample : samples) {
                    final double difference =
                            (double) sample.channels()[c][i] - mean.channels()[c][i];
                    sum += difference * difference;
                }
                deviation.channels()[c][i] = (float) Math.sqrt(sum / (samples.length - 1));
            }
        return deviation;
    }
}
