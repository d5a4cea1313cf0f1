/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.neighbours;

import org.deqir.image.Pixels;
import org.deqir.image.Plane;
import org.deqir.physics.noise.NoiseModel;

/**
 * A plane as motion and brightness are looked for in it: the mean of its channels, smoothed, with
 * the variance of the noise that its pixels had.
 *
 * @param smooth local means
 * @param variance of the noise of single pixels (of the mean of the channels) around these means
 */
record Smoothed(float[] smooth, float[] variance, int width, int height) {

    /** Squared difference of a pixel from which on it has changed, however much. */
    private static final float MOST = 25;

    /** Share of the median variance that every pixel has. */
    private static final double USUAL = 0.1;

    /** Share of the mean variance that every pixel has. */
    private static final double RARE = 1e-3;

    static Smoothed of(Plane plane, NoiseModel noise) {
        final int channels = plane.channels().length;
        final float[] mean = new float[plane.size()];
        for (final float[] channel : plane.channels())
            for (int i = 0; i < mean.length; i++) mean[i] += channel[i] / channels;
        final float[] smooth = Window.mean(mean, plane.width(), plane.height());
        final float[] variance = variances(smooth, noise, BrightnessLine.IDENTITY);
        for (int i = 0; i < variance.length; i++) variance[i] /= channels;
        return new Smoothed(smooth, variance, plane.width(), plane.height());
    }

    /**
     * Variance of the noise around local means. Where these say that there is hardly any light they
     * may be too low by chance, and so would be the variance: it is at least a tenth of what is
     * usual in the plane.
     *
     * @param mean local means in the brightness that a line gives
     * @return above 0
     */
    static float[] variances(float[] mean, NoiseModel noise, BrightnessLine line) {
        final float[] variances = new float[mean.length];
        final double square = line.slope() * line.slope();
        double sum = 0;
        for (int i = 0; i < mean.length; i++) {
            variances[i] = (float) (square * noise.variance(line.inverse(mean[i])));
            sum += variances[i];
        }
        final float least =
                (float)
                        Math.max(
                                USUAL * Pixels.median(toDoubles(variances)),
                                Math.max(RARE * sum / mean.length, Float.MIN_NORMAL / RARE));
        for (int i = 0; i < mean.length; i++) variances[i] = Math.max(least, variances[i]);
        return variances;
    }

    private static double[] toDoubles(float[] values) {
        final double[] doubles = new double[values.length];
        for (int i = 0; i < doubles.length; i++) doubles[i] = values[i];
        return doubles;
    }

    /** Half the size. The variances stay those of pixels of the whole size. */
    Smoothed halved() {
        return new Smoothed(
                Window.halved(smooth, width, height),
                Window.halved(variance, width, height),
                Window.half(width),
                Window.half(height));
    }

    /** On a brightness scale of which this is measured with another gain and offset. */
    Smoothed matched(BrightnessLine line) {
        if (line.isIdentity()) return this;
        final float[] matched = new float[smooth.length];
        final float[] scaled = new float[smooth.length];
        for (int i = 0; i < matched.length; i++) {
            matched[i] = (float) line.at(smooth[i]);
            scaled[i] = (float) (line.slope() * line.slope() * variance[i]);
        }
        return new Smoothed(matched, scaled, width, height);
    }

    /**
     * {@return mean squared differences of two planes in units of their noise, at rest and shifted}
     * Both are of the pixels that the shift leaves in view, each of at most five standard
     * deviations: a part that has changed says little for a shift that hides it.
     *
     * @param dx columns by which what is at x in this plane is at x + dx in the other
     * @param dy rows
     */
    double[] distances(Smoothed other, int dx, int dy) {
        final double[] sums = new double[2];
        long count = 0;
        for (int y = Math.max(0, -dy); y < Math.min(height, height - dy); y++)
            for (int x = Math.max(0, -dx); x < Math.min(width, width - dx); x++) {
                final int here = y * width + x;
                sums[0] += Math.min(MOST, squared(other, here, here));
                sums[1] += Math.min(MOST, squared(other, here, here + dy * width + dx));
                count++;
            }
        return new double[] {sums[0] / count, sums[1] / count};
    }

    /**
     * Squared differences of two planes where they overlap, all together in units of their noise:
     * in contrast to {@link #distances}, bright pixels count more.
     */
    double difference(Smoothed other, int dx, int dy) {
        double squares = 0;
        double variances = 0;
        for (int y = Math.max(0, -dy); y < Math.min(height, height - dy); y++)
            for (int x = Math.max(0, -dx); x < Math.min(width, width - dx); x++) {
                final int here = y * width + x;
                final int there = here + dy * width + dx;
                final float difference = smooth[here] - other.smooth[there];
                squares += difference * difference;
                variances += variance[here] + other.variance[there];
            }
        return variances == 0 ? Double.POSITIVE_INFINITY : squares / variances;
    }

    /** Squared difference of a pixel here and one there, in units of its noise. */
    float squared(Smoothed other, int here, int there) {
        final float difference = smooth[here] - other.smooth[there];
        return difference
                * difference
                / ((variance[here] + other.variance[there]) * Window.VARIANCE);
    }
}
