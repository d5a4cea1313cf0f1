/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What the variance of a pixel is expected to be at each brightness: a line through the flattest
 * places of each class of brightness; and the places that clipping does not falsify.
 *
 * <p>Means over many pixels, unlike medians of small patches, are right also where photons come one
 * by one and most pixels hold none. Structure is kept out by taking the quarter of each class whose
 * surroundings scatter least.
 */
final class ExpectedVariance {

    /** Bias of the third cumulant by clipping that is put up with, of its value for photons. */
    private static final double MOST_CLIPPING_BIAS = 0.015;

    private static final int CLASSES = 32;
    private static final int LEAST_PER_CLASS = 30;
    private static final int FLATTEST = 4;

    /** Clipped classes are recognized by the line and left out of the next. */
    private static final int PASSES = 3;

    /** Share of the smallest variance of a class below which the line is not believed. */
    private static final double LEAST = 0.5;

    private final UsablePixels usable;
    private InstrumentalLine line = new InstrumentalLine();
    private final double centre;
    private double smallest;
    private final List<NoisePlace> unclipped = new ArrayList<>();

    /**
     * @param places of an image, at least one
     */
    ExpectedVariance(List<NoisePlace> places, UsablePixels usable) {
        this.usable = usable;
        final List<NoisePlace> sorted = new ArrayList<>(places);
        sorted.sort(Comparator.comparingDouble(NoisePlace::brightness));
        centre = sorted.get(sorted.size() / 2).brightness();
        final List<List<NoisePlace>> classes = classes(sorted);
        List<List<NoisePlace>> kept = classes;
        for (int pass = 0; pass < PASSES; pass++) {
            line = new InstrumentalLine();
            double least = Double.POSITIVE_INFINITY;
            for (final List<NoisePlace> ofClass : kept)
                least = Math.min(least, addFlattest(ofClass));
            smallest = LEAST * least;
            kept =
                    classes.stream()
                            .filter(ofClass -> clippingBias(ofClass) <= MOST_CLIPPING_BIAS)
                            .toList();
        }
        kept.forEach(unclipped::addAll);
    }

    /** Cuts sorted places after a share of them or of the range, whichever comes first. */
    private static List<List<NoisePlace>> classes(List<NoisePlace> sorted) {
        final int n = sorted.size();
        final double range = sorted.get(n - 1).brightness() - sorted.get(0).brightness();
        final int most = Math.max(LEAST_PER_CLASS, n / CLASSES + 1);
        final List<List<NoisePlace>> classes = new ArrayList<>();
        int from = 0;
        for (int to = 1; to <= n; to++) {
            final boolean isLarge = to - from >= LEAST_PER_CLASS;
            final boolean isFull =
                    to - from >= most
                            || to < n
                                    && sorted.get(to).brightness()
                                            > sorted.get(from).brightness() + range / CLASSES;
            if (to == n || isLarge && isFull) {
                classes.add(sorted.subList(from, to));
                from = to;
            }
        }
        return classes;
    }

    /** Adds the flattest places of a class to the line and returns their variance. */
    private double addFlattest(List<NoisePlace> ofClass) {
        final List<NoisePlace> flattest =
                ofClass.stream()
                        .sorted(Comparator.comparingDouble(NoisePlace::scatter))
                        .limit(ofClass.size() / FLATTEST + 1)
                        .toList();
        final double variance =
                flattest.stream().mapToDouble(NoisePlace::secondCumulant).average().orElse(0);
        if (!(variance > 0)) return Double.POSITIVE_INFINITY;
        for (final NoisePlace place : flattest)
            line.add(
                    1 / (variance * variance),
                    place.secondMean(),
                    place.secondCumulant(),
                    place.brightness() - centre);
        return variance;
    }

    /** Variance per grey level of mean; NaN if nothing varies. */
    double slope() {
        return line.slope();
    }

    /** Grey levels squared, &gt; 0. */
    double at(double brightness) {
        return Math.max(smallest, line.slope() * brightness + line.intercept());
    }

    /** The places of those classes in which clipped pixels hardly bias the third cumulant. */
    List<NoisePlace> unclipped() {
        return unclipped;
    }

    /**
     * How much clipping changes the third cumulant in a class, in units of its value for photons of
     * equal pulses, s σ². A share p of pixels that is t standard deviations σ from the mean and is
     * cut by δ σ changes it by about 3 p t² δ σ³; δ is about 1/(1 + t) for the tail of a normal
     * variable and s/σ for that of single pulses.
     */
    private double clippingBias(List<NoisePlace> ofClass) {
        double brightness = 0;
        double low = 0;
        double high = 0;
        for (final NoisePlace place : ofClass) {
            brightness += place.brightness() / ofClass.size();
            if (place.pixel() == usable.lowest()) low += 1.0 / ofClass.size();
            if (place.pixel() == usable.highest()) high += 1.0 / ofClass.size();
        }
        final double sigma = Math.sqrt(at(brightness));
        final double pulse = slope() / sigma;
        double bias = 0;
        if (usable.isCutLow()) {
            final double t = Math.abs(brightness - usable.lowest()) / sigma;
            bias += 3 * low * t * t / (1 + t);
        }
        if (usable.isCutHigh()) {
            final double t = Math.abs(usable.highest() - brightness) / sigma;
            bias += 3 * high * t * t * Math.max(1 / (1 + t), pulse);
        }
        return bias / pulse;
    }
}
