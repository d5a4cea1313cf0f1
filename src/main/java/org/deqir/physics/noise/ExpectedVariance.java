/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.noise;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

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

    private final List<NoisePlace> unclipped = new ArrayList<>();
    private final double centre;
    private double slope;
    private double atCentre;
    private double smallest;

    /** Places of similar brightness. */
    private static final class BrightnessClass {

        private final List<NoisePlace> places;
        private final List<NoisePlace> flattest;
        private final double brightness;
        private final double variance;

        BrightnessClass(List<NoisePlace> places) {
            this.places = places;
            flattest =
                    places.stream()
                            .sorted(Comparator.comparingDouble(NoisePlace::scatter))
                            .limit(places.size() / FLATTEST + 1)
                            .toList();
            brightness = mean(places, NoisePlace::brightness);
            variance = mean(flattest, NoisePlace::secondCumulant);
        }

        double share(float pixel) {
            return mean(places, place -> place.pixel() == pixel ? 1 : 0);
        }

        private static double mean(List<NoisePlace> places, ToDoubleFunction<NoisePlace> quantity) {
            double sum = 0;
            for (final NoisePlace place : places) sum += quantity.applyAsDouble(place);
            return sum / places.size();
        }
    }

    /**
     * @param places of an image, at least one
     */
    ExpectedVariance(List<NoisePlace> places, UsablePixels usable) {
        final List<NoisePlace> sorted = new ArrayList<>(places);
        sorted.sort(Comparator.comparingDouble(NoisePlace::brightness));
        centre = sorted.get(sorted.size() / 2).brightness();
        final List<BrightnessClass> classes =
                classes(sorted).stream().map(BrightnessClass::new).toList();
        List<BrightnessClass> kept = classes;
        for (int pass = 0; pass < PASSES; pass++) {
            fit(kept);
            kept =
                    classes.stream()
                            .filter(each -> clippingBias(each, usable) <= MOST_CLIPPING_BIAS)
                            .toList();
        }
        kept.forEach(each -> unclipped.addAll(each.places));
    }

    /** The line through the flattest places of classes. */
    private void fit(List<BrightnessClass> classes) {
        final InstrumentalLine line = new InstrumentalLine();
        smallest = Double.POSITIVE_INFINITY;
        for (final BrightnessClass each : classes) {
            if (!(each.variance > 0)) continue;
            smallest = Math.min(smallest, LEAST * each.variance);
            for (final NoisePlace place : each.flattest)
                line.add(
                        1 / (each.variance * each.variance),
                        place.secondMean() - centre,
                        place.secondCumulant(),
                        place.brightness() - centre);
        }
        slope = line.slope();
        atCentre = line.intercept();
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

    /** Variance per grey level of mean; NaN if nothing varies. */
    double slope() {
        return slope;
    }

    /** Grey levels squared, &gt; 0. */
    double at(double brightness) {
        return Math.max(smallest, slope * (brightness - centre) + atCentre);
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
    private double clippingBias(BrightnessClass each, UsablePixels usable) {
        final double sigma = Math.sqrt(at(each.brightness));
        final double pulse = slope / sigma;
        double bias = 0;
        if (usable.isCutLow()) {
            final double t = Math.abs(each.brightness - usable.lowest()) / sigma;
            bias += 3 * each.share(usable.lowest()) * t * t / (1 + t);
        }
        if (usable.isCutHigh()) {
            final double t = Math.abs(usable.highest() - each.brightness) / sigma;
            bias += 3 * each.share(usable.highest()) * t * t * Math.max(1 / (1 + t), pulse);
        }
        return bias / pulse;
    }
}
