/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.neighbours;

import java.util.ArrayList;
import java.util.List;
import org.deqir.image.Plane;
import org.deqir.image.Smoothing;
import org.deqir.physics.noise.NoiseModel;

/**
 * Averages a plane with what its neighbours in time or depth share with it.
 *
 * <p>Each neighbour is brought to the plane's place ({@link Drift}, then {@link Motion}) and
 * brightness ({@link BrightnessLine}). It then counts, pixel by pixel, by its precision and by how
 * far it agrees with the plane beyond the noise of both ({@link Agreement}): what has moved out of
 * sight, appeared or changed does not enter. At last what all neighbours say together, which has
 * less noise, must agree as well.
 *
 * <p>Differences are judged in units of the noise that the model gives at the local mean; planes
 * stay in grey levels, in which the mean of photon counts loses nothing.
 */
public final class Fusion {

    /** Standard deviation in pixels of the mean that stands in for an unknown pixel. */
    private static final double FILL = 1.5;

    private final Plane own;
    private final boolean[] unknown;
    private final NoiseModel noise;
    private final Smoothed smoothed;

    private Fusion(Plane own, NoiseModel noise) {
        this.own = filled(own);
        this.unknown = unknown(own);
        this.noise = noise;
        smoothed = Smoothed.of(this.own, noise);
    }

    /**
     * A neighbour.
     *
     * @param plane as measured, of the size of the plane whose neighbour it is
     * @param steps frames or slices between both, 1 for the next one; motion is looked for farther
     *     the more there are
     */
    public record Neighbour(Plane plane, int steps) {}

    /**
     * What came out.
     *
     * @param plane the average, in the grey levels of the plane itself
     * @param exposures how many exposures its noise is that of, per pixel: 1 where no neighbour
     *     entered, up to one more than there are neighbours (more where these are brighter)
     */
    public record Fused(Plane plane, float[] exposures) {

        /** {@return mean of {@link #exposures}} */
        public double meanExposures() {
            double sum = 0;
            for (final float number : exposures) sum += number;
            return sum / exposures.length;
        }
    }

    /**
     * Averages a plane with its neighbours.
     *
     * <p>Pixels that are NaN or infinite are unknown: they enter no average, and the mean of what
     * is known around them takes their place.
     *
     * @param own grey levels; not changed
     * @param neighbours of the same size; not changed
     * @param noise of each of them
     * @return the average, finite; unknown pixels of {@code own} count as having as many exposures
     *     as the others in the mean
     * @throws IllegalArgumentException if sizes differ
     */
    public static Fused of(Plane own, List<Neighbour> neighbours, NoiseModel noise) {
        for (final Neighbour neighbour : neighbours)
            if (neighbour.plane.width() != own.width()
                    || neighbour.plane.height() != own.height()
                    || neighbour.plane.channels().length != own.channels().length)
                throw new IllegalArgumentException(
                        String.format(
                                "A neighbour has %s × %s pixels and %s channels, but the plane has"
                                        + " %s × %s and %s.",
                                neighbour.plane.width(),
                                neighbour.plane.height(),
                                neighbour.plane.channels().length,
                                own.width(),
                                own.height(),
                                own.channels().length));
        return new Fusion(own, noise).with(neighbours);
    }

    /** A neighbour at the plane's place, with the variance of its noise and its share. */
    private record Candidate(Plane plane, float[][] variance, float[] share) {}

    private Fused with(List<Neighbour> neighbours) {
        final List<Candidate> candidates = new ArrayList<>();
        for (final Neighbour neighbour : neighbours) candidates.add(candidate(neighbour));
        if (candidates.size() > 1) judgeTogether(candidates);
        final Plane fused = own.copy();
        final float[] exposures = new float[own.size()];
        for (int c = 0; c < own.channels().length; c++) {
            final float[] ownVariance = ownVariance(c);
            for (int i = 0; i < own.size(); i++) {
                double sum = own.channels()[c][i];
                double weights = 1;
                double variance = 1;
                for (final Candidate candidate : candidates) {
                    final double share = candidate.share[i];
                    if (share == 0) continue;
                    final double precision = ownVariance[i] / candidate.variance[c][i];
                    sum += share * precision * candidate.plane.channels()[c][i];
                    weights += share * precision;
                    variance += share * share * precision;
                }
                fused.channels()[c][i] = (float) (sum / weights);
                exposures[i] += (float) (weights * weights / variance / own.channels().length);
            }
        }
        if (unknown != null) assumeMean(exposures);
        return new Fused(fused, exposures);
    }

    private void assumeMean(float[] exposures) {
        double sum = 0;
        int count = 0;
        for (int i = 0; i < unknown.length; i++)
            if (!unknown[i]) {
                sum += exposures[i];
                count++;
            }
        for (int i = 0; i < unknown.length; i++)
            if (unknown[i]) exposures[i] = count == 0 ? 1 : (float) (sum / count);
    }

    /** Pixels of which a channel has no number; null if there are none. */
    private static boolean[] unknown(Plane plane) {
        if (!plane.hasNonFinite()) return null;
        final boolean[] unknown = new boolean[plane.size()];
        for (final float[] channel : plane.channels())
            for (int i = 0; i < unknown.length; i++) unknown[i] |= !Float.isFinite(channel[i]);
        return unknown;
    }

    private static Plane filled(Plane plane) {
        if (!plane.hasNonFinite()) return plane;
        final Plane filled = plane.copy();
        for (final float[] channel : filled.channels()) {
            final float[] around =
                    Smoothing.gaussian(channel, plane.width(), plane.height(), null, FILL);
            double sum = 0;
            int count = 0;
            for (final float level : channel)
                if (Float.isFinite(level)) {
                    sum += level;
                    count++;
                }
            final float mean = count == 0 ? 0 : (float) (sum / count);
            for (int i = 0; i < channel.length; i++)
                if (!Float.isFinite(channel[i]))
                    channel[i] = Float.isNaN(around[i]) ? mean : around[i];
        }
        return filled;
    }

    private float[] ownVariance(int channel) {
        final float[] mean = Window.mean(own.channels()[channel], own.width(), own.height());
        return Smoothed.variances(mean, noise, BrightnessLine.IDENTITY);
    }

    private Candidate candidate(Neighbour neighbour) {
        final Smoothed other = Smoothed.of(filled(neighbour.plane), noise);
        final Drift drift = Drift.between(smoothed, other);
        final BrightnessLine line = BrightnessLine.between(smoothed, other, drift.dx(), drift.dy());
        final Motion motion = Motion.between(smoothed, other.matched(line), drift, neighbour.steps);
        final Plane matched = line.applied(neighbour.plane);
        final int channels = own.channels().length;
        final float[][] moved = new float[channels][];
        final float[][] variances = new float[channels][];
        float[] share = null;
        for (int c = 0; c < channels; c++) {
            moved[c] = motion.moved(matched.channels()[c]);
            final float[] inSight = new float[own.size()];
            for (int i = 0; i < inSight.length; i++)
                if (!Float.isFinite(moved[c][i])) moved[c][i] = own.channels()[c][i];
                else if (unknown == null || !unknown[i]) inSight[i] = 1;
            // Both show what the noise of both belongs to; half of the fluctuations are each one's.
            final float[] common = new float[own.size()];
            for (int i = 0; i < common.length; i++)
                common[i] = 0.5f * (own.channels()[c][i] + moved[c][i]);
            final float[] mean = Window.mean(common, own.width(), own.height());
            final float[] ownVariance = Smoothed.variances(mean, noise, BrightnessLine.IDENTITY);
            variances[c] = Smoothed.variances(mean, noise, line);
            final float[] agreed = agreement(c, moved[c], ownVariance, variances[c], inSight);
            for (int i = 0; i < agreed.length; i++) agreed[i] *= inSight[i];
            share = least(share, agreed);
        }
        return new Candidate(new Plane(moved, own.width(), own.height()), variances, share);
    }

    private float[] agreement(
            int channel, float[] other, float[] ownVariance, float[] otherVariance, float[] known) {
        final float[] difference = new float[other.length];
        final float[] variance = new float[other.length];
        for (int i = 0; i < difference.length; i++) {
            difference[i] = own.channels()[channel][i] - other[i];
            variance[i] = ownVariance[i] + otherVariance[i];
        }
        return Agreement.of(difference, variance, known, own.width(), own.height());
    }

    private static float[] least(float[] a, float[] b) {
        if (a == null) return b;
        for (int i = 0; i < a.length; i++) a[i] = Math.min(a[i], b[i]);
        return a;
    }

    /** The mean of the neighbours must agree with the plane as each of them does. */
    private void judgeTogether(List<Candidate> candidates) {
        float[] agreed = null;
        for (int c = 0; c < own.channels().length; c++) {
            final float[] mean = new float[own.size()];
            final float[] variance = new float[own.size()];
            final float[] common = new float[own.size()];
            final float[] known = new float[own.size()];
            for (int i = 0; i < mean.length; i++) {
                double sum = 0;
                double weights = 0;
                double noises = 0;
                for (final Candidate candidate : candidates) {
                    final double weight = candidate.share[i] / candidate.variance[c][i];
                    sum += weight * candidate.plane.channels()[c][i];
                    weights += weight;
                    noises += weight * candidate.share[i];
                }
                known[i] = weights == 0 ? 0 : 1;
                mean[i] = weights == 0 ? own.channels()[c][i] : (float) (sum / weights);
                variance[i] = weights == 0 ? 0 : (float) (noises / weights / weights);
                common[i] = 0.5f * (own.channels()[c][i] + mean[i]);
            }
            final float[] ownVariance =
                    Smoothed.variances(
                            Window.mean(common, own.width(), own.height()),
                            noise,
                            BrightnessLine.IDENTITY);
            agreed = least(agreed, agreement(c, mean, ownVariance, variance, known));
        }
        for (final Candidate candidate : candidates)
            for (int i = 0; i < agreed.length; i++) candidate.share[i] *= agreed[i];
    }
}
