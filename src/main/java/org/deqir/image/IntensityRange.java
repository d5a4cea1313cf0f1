/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.image;

import java.util.Arrays;

/**
 * The affine map between an image's own grey levels and the [−1, 1] a prior works in: {@code low}
 * becomes −1, {@code high} becomes 1.
 *
 * <p>Nothing is clipped in either direction: values beyond the range become values beyond [−1, 1]
 * and come back as they were. Offset and gain are kept in double precision, so that a 16-bit value
 * survives the way there and back exactly.
 *
 * @param low grey level that becomes −1
 * @param high grey level that becomes 1, above {@code low}
 */
public record IntensityRange(double low, double high) {

    private static final double LOW_QUANTILE = 0.001;
    private static final double HIGH_QUANTILE = 0.999;

    /** Standard deviation, in pixels, of the smoothing that takes the noise out of the extremes. */
    private static final double SMOOTHING = 1;

    /** Share of the range by which it is widened at both ends: smoothing has cut the peaks. */
    private static final double MARGIN = 0.05;

    /** Share of the range beyond it from which a prior does not do justice to objects. */
    private static final double BEYOND = 0.5;

    /**
     * @throws IllegalArgumentException unless low and high are finite and low &lt; high
     */
    public IntensityRange {
        if (!(Double.isFinite(low) && Double.isFinite(high) && low < high))
            throw new IllegalArgumentException(
                    "The intensity range " + low + " … " + high + " is empty or not finite.");
    }

    /**
     * {@return the useful range of a noisy plane: robust extremes of the lightly smoothed samples}
     *
     * <p>Noise widens an image's histogram; the prior was trained on clean images that fill [−1,
     * 1]. The samples are therefore smoothed by a narrow Gaussian when there is noise. A constant
     * plane gets a range of width 1 (or as wide as floating point needs) around its value.
     *
     * @param plane the image; all its channels share one range
     * @param ignored samples to leave out, per pixel, or null; NaN and infinite ones always are
     * @param noise standard deviation of the noise in grey levels, 0 for none
     * @throws IllegalArgumentException if no sample is left
     */
    public static IntensityRange of(Plane plane, boolean[] ignored, double noise) {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (final float[] channel : plane.channels()) {
            final float[] smooth = smooth(channel, plane, ignored, noise);
            final float[] kept = kept(smooth, channel, ignored);
            if (kept.length == 0) continue;
            Arrays.sort(kept);
            low = Math.min(low, quantile(kept, LOW_QUANTILE));
            high = Math.max(high, quantile(kept, HIGH_QUANTILE));
        }
        if (low > high)
            throw new IllegalArgumentException(
                    "The image has no finite, known pixel to take its intensity range from.");
        final double least = Math.max(noise, 1e-6 * Math.max(Math.abs(low), Math.abs(high)));
        if (high - low <= least) {
            final double half = 0.5 * Math.max(least > 0 ? 4 * least : 1, Math.ulp((float) high));
            final double middle = 0.5 * (low + high);
            return new IntensityRange(middle - half, middle + half);
        }
        final double margin = MARGIN * (high - low);
        return new IntensityRange(low - margin, high + margin);
    }

    /**
     * Whether a plane has objects far beyond this range, too few of them to show in its quantiles,
     * and the range that holds them as well.
     *
     * @param plane the image that this is the {@linkplain #of useful range} of
     * @param ignored samples to leave out, per pixel, or null
     * @param noise standard deviation of the noise in grey levels, 0 for none
     * @return the wider range; this one if it holds everything
     */
    public IntensityRange holding(Plane plane, boolean[] ignored, double noise) {
        final double width = high - low;
        double least = low - BEYOND * width;
        double most = high + BEYOND * width;
        boolean any = false;
        for (int c = 0; c < plane.channels().length; c++) {
            final float[] channel = plane.channels()[c];
            final boolean[] beyond = beyond(plane, c, ignored, noise, BEYOND);
            for (int i = 0; i < channel.length; i++) {
                if (!beyond[i]) continue;
                any = true;
                least = Math.min(least, channel[i]);
                most = Math.max(most, channel[i]);
            }
        }
        return any ? new IntensityRange(least < low - BEYOND * width ? least : low, most) : this;
    }

    /**
     * {@return the pixels of a channel whose level, without noise, lies outside of this range}
     *
     * @param plane the noisy image
     * @param channel the channel to judge, from 0
     * @param ignored samples to leave out, per pixel, or null
     * @param noise standard deviation of the noise in grey levels, 0 for none
     * @param share of the range by which it must
     */
    public boolean[] beyond(
            Plane plane, int channel, boolean[] ignored, double noise, double share) {
        final float[] samples = plane.channels()[channel];
        final float[] smooth = smooth(samples, plane, ignored, noise);
        final double least = low - share * (high - low);
        final double most = high + share * (high - low);
        final boolean[] beyond = new boolean[samples.length];
        for (int i = 0; i < beyond.length; i++)
            beyond[i] =
                    Float.isFinite(samples[i])
                            && (ignored == null || !ignored[i])
                            && (smooth[i] < least || smooth[i] > most);
        return beyond;
    }

    private static float[] smooth(float[] channel, Plane plane, boolean[] ignored, double noise) {
        return noise > 0
                ? Smoothing.gaussian(channel, plane.width(), plane.height(), ignored, SMOOTHING)
                : channel;
    }

    /** {@return the smallest range that holds this one and another} */
    public IntensityRange and(IntensityRange other) {
        return new IntensityRange(Math.min(low, other.low), Math.max(high, other.high));
    }

    /**
     * {@return the smallest range that holds this one and the robust extremes of a plane without
     * noise}
     */
    public IntensityRange andExtremesOf(Plane plane) {
        double least = low;
        double most = high;
        for (final float[] channel : plane.channels()) {
            final float[] sorted = kept(channel, channel, null);
            if (sorted.length == 0) continue;
            Arrays.sort(sorted);
            least = Math.min(least, quantile(sorted, LOW_QUANTILE));
            most = Math.max(most, quantile(sorted, HIGH_QUANTILE));
        }
        return new IntensityRange(least, most);
    }

    /** {@return units of the prior per grey level: 2 / (high − low)} */
    public double scale() {
        return 2 / (high - low);
    }

    /** {@return a grey level in the prior's units} */
    public double normalize(double greyLevel) {
        return (greyLevel - low) * scale() - 1;
    }

    /** {@return the inverse of {@link #normalize}} */
    public double denormalize(double value) {
        return low + (value + 1) / scale();
    }

    /** {@return all of {@code greyLevels}, normalized, as a new array} */
    public float[] normalize(float[] greyLevels) {
        final float[] normalized = new float[greyLevels.length];
        for (int i = 0; i < normalized.length; i++)
            normalized[i] = (float) normalize(greyLevels[i]);
        return normalized;
    }

    /** {@return all of {@code values}, in grey levels, as a new array} */
    public float[] denormalize(float[] values) {
        final float[] greyLevels = new float[values.length];
        for (int i = 0; i < greyLevels.length; i++) greyLevels[i] = (float) denormalize(values[i]);
        return greyLevels;
    }

    private static float[] kept(float[] smooth, float[] samples, boolean[] ignored) {
        final float[] kept = new float[samples.length];
        int n = 0;
        for (int i = 0; i < samples.length; i++)
            if (Float.isFinite(samples[i]) && (ignored == null || !ignored[i]))
                kept[n++] = smooth[i];
        return Arrays.copyOf(kept, n);
    }

    private static double quantile(float[] sorted, double share) {
        final double position = share * (sorted.length - 1);
        final int below = (int) position;
        final int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (position - below) * ((double) sorted[above] - sorted[below]);
    }
}
