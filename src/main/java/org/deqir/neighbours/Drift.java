/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.neighbours;

import java.util.ArrayList;
import java.util.List;
import org.deqir.metrics.FourierTransform;

/**
 * The shift of a whole plane against another.
 *
 * <p>Peaks of the phase correlation of both, smoothed and made smaller, and small shifts are
 * candidates; the one at which the planes differ least is followed to the full size. Grey levels
 * count for this, so that bright pixels decide, which have most to tell. No drift is reported
 * unless the planes differ clearly less with it at each pixel in units of its noise: something
 * bright that moves alone is none.
 *
 * @param dx columns by which what is at x in one plane is at x + dx in the other
 * @param dy rows
 */
record Drift(int dx, int dy) {

    private static final Drift NONE = new Drift(0, 0);

    /** Edge of the planes that are correlated. */
    private static final int LARGEST = 256;

    private static final int SMALLEST = 16;
    private static final int PEAKS = 4;

    /**
     * Shifts of the smallest planes that are tried in each direction beside the peaks, among which
     * those of faint or smooth structure are not.
     */
    private static final int NEAR = 6;

    /** Shifts around the double of one that was found on planes of half the size. */
    private static final int DOUBLED = 2;

    /** Standard deviation of the low pass of the correlation, pixels. */
    private static final double SMOOTHING = 1.5;

    /** Least share of a side that stays in view. */
    private static final double OVERLAP = 0.6;

    /** Independent values in a smoothed plane, per pixel. */
    private static final double INDEPENDENT = 2 * Window.VARIANCE;

    /**
     * Standard errors of the mean squared difference by which a shift must be better. With 5 a
     * shift of 5 pixels was overlooked in one of nine fields of few photons, and blurred the
     * average.
     */
    private static final double CLEARLY = 3;

    static Drift between(Smoothed own, Smoothed other) {
        final Drift drift = found(own, other);
        final double[] distances = own.distances(other, drift.dx, drift.dy);
        final double error = Math.sqrt(2 / (INDEPENDENT * own.width() * own.height()));
        return distances[0] - distances[1] > CLEARLY * error * Math.max(1, distances[0])
                ? drift
                : NONE;
    }

    private static Drift found(Smoothed own, Smoothed other) {
        final List<Smoothed> owns = new ArrayList<>(List.of(own, own.halved()));
        final List<Smoothed> others = new ArrayList<>(List.of(other, other.halved()));
        while (Math.max(last(owns).width(), last(owns).height()) > LARGEST) {
            owns.add(last(owns).halved());
            others.add(last(others).halved());
        }
        if (Math.min(last(owns).width(), last(owns).height()) < SMALLEST) return NONE;
        final List<Drift> candidates = peaks(last(owns), last(others));
        candidates.addAll(around(NONE, NEAR));
        Drift drift = best(last(owns), last(others), candidates);
        for (int l = owns.size() - 2; l >= 0; l--)
            drift =
                    best(
                            owns.get(l),
                            others.get(l),
                            around(new Drift(2 * drift.dx, 2 * drift.dy), DOUBLED));
        return drift;
    }

    private static Smoothed last(List<Smoothed> planes) {
        return planes.get(planes.size() - 1);
    }

    private static List<Drift> around(Drift middle, int reach) {
        final List<Drift> candidates = new ArrayList<>();
        for (int y = -reach; y <= reach; y++)
            for (int x = -reach; x <= reach; x++)
                candidates.add(new Drift(middle.dx + x, middle.dy + y));
        return candidates;
    }

    private static Drift best(Smoothed own, Smoothed other, List<Drift> candidates) {
        Drift best = NONE;
        double least = Double.POSITIVE_INFINITY;
        for (final Drift candidate : candidates) {
            final double distance = own.difference(other, candidate.dx, candidate.dy);
            if (distance < least) {
                least = distance;
                best = candidate;
            }
        }
        return best;
    }

    private static List<Drift> peaks(Smoothed own, Smoothed other) {
        final int width = own.width();
        final int height = own.height();
        final double[] re = windowed(own);
        final double[] im = new double[re.length];
        final double[] otherRe = windowed(other);
        final double[] otherIm = new double[re.length];
        FourierTransform.transform(re, im, width, height);
        FourierTransform.transform(otherRe, otherIm, width, height);
        for (int i = 0; i < re.length; i++) {
            final double u = frequency(i % width, width);
            final double v = frequency(i / width, height);
            final double pass =
                    Math.exp(-2 * Math.PI * Math.PI * SMOOTHING * SMOOTHING * (u * u + v * v));
            // conjugate of the other: the transform of the inverse transform's mirror image
            final double real = re[i] * otherRe[i] + im[i] * otherIm[i];
            final double imaginary = im[i] * otherRe[i] - re[i] * otherIm[i];
            final double magnitude = Math.hypot(real, imaginary);
            re[i] = magnitude > 0 ? pass * real / magnitude : 0;
            im[i] = magnitude > 0 ? pass * imaginary / magnitude : 0;
        }
        FourierTransform.transform(re, im, width, height);
        final List<Drift> peaks = new ArrayList<>();
        for (int n = 0; n < PEAKS; n++) {
            int best = -1;
            for (int i = 0; i < re.length; i++)
                if ((best < 0 || re[i] > re[best])
                        && Math.abs(signed(i % width, width)) <= (1 - OVERLAP) * width
                        && Math.abs(signed(i / width, height)) <= (1 - OVERLAP) * height) best = i;
            final Drift peak = new Drift(signed(best % width, width), signed(best / width, height));
            peaks.add(peak);
            for (int y = -2; y <= 2; y++)
                for (int x = -2; x <= 2; x++)
                    re[
                                    Math.floorMod(peak.dy + y, height) * width
                                            + Math.floorMod(peak.dx + x, width)] =
                            Double.NEGATIVE_INFINITY;
        }
        return peaks;
    }

    private static int signed(int i, int length) {
        return i > length / 2 ? i - length : i;
    }

    private static double frequency(int i, int length) {
        return (double) signed(i, length) / length;
    }

    /** The differences from the mean, falling to 0 towards the border. */
    private static double[] windowed(Smoothed plane) {
        double mean = 0;
        for (final float value : plane.smooth()) mean += value / (double) plane.smooth().length;
        final double[] windowed = new double[plane.smooth().length];
        for (int i = 0; i < windowed.length; i++)
            windowed[i] =
                    (plane.smooth()[i] - mean)
                            * hann(i % plane.width(), plane.width())
                            * hann(i / plane.width(), plane.height());
        return windowed;
    }

    private static double hann(int i, int length) {
        return 0.5 - 0.5 * Math.cos(2 * Math.PI * (i + 0.5) / length);
    }
}
