/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.noise;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * What the second and the third cumulant of the noise together tell about photons.
 *
 * <p>A detected photon adds a pulse X to its pixel, photons come by Poisson's law, and readout
 * noise is Gaussian. A pixel of mean m then has the variance s · (m − o) + r² and the third
 * cumulant c · s² · (m − o), with s = E[X²] / E[X] and c = E[X³] · E[X] / E[X²]². c is 1 where all
 * pulses are equal, and 3/2 where they are exponential, as after many stages of electron
 * multiplication. The readout noise r is not in the third cumulant, so that the two lines together
 * tell it from the offset o.
 *
 * <p>Standard errors come from leaving out each of 64 parts of the image in turn (jackknife) and
 * from how much the result changes when places with structure are taken as well.
 *
 * @param skewness c
 * @param offset o, grey levels
 * @param readoutVariance r², grey levels squared; may come out below 0
 */
record PhotonStatistics(Measured skewness, Measured offset, Measured readoutVariance) {

    /**
     * Share of flat places below which structure is as fine as the noise; of white noise alone 0.38
     * to 0.53 are flat.
     */
    private static final double LEAST_FLAT = 0.3;

    private static final int LEAST_PARTS = 16;
    private static final int LEAST_PLACES = 2000;

    /**
     * A measured number.
     *
     * @param value the number
     * @param error its standard error, ≥ 0
     */
    record Measured(double value, double error) {}

    /**
     * Measures the noise of a plane.
     *
     * @return empty if the noise does not grow with the brightness, or the plane is too small, or
     *     nearly all of it is clipped or has structure as fine as its noise
     */
    static Optional<PhotonStatistics> of(
            float[] plane, int width, int height, UsablePixels usable) {
        final List<NoisePlace> places = NoisePlace.of(plane, width, height);
        if (places.size() < LEAST_PLACES) return Optional.empty();
        final ExpectedVariance expected = new ExpectedVariance(places, usable);
        if (!(expected.slope() > 0)) return Optional.empty();
        final List<NoisePlace> all = expected.unclipped();
        final List<NoisePlace> flat =
                all.stream()
                        .filter(place -> place.scatter() < expected.at(place.brightness()))
                        .toList();
        if (flat.size() < Math.max(LEAST_PLACES, LEAST_FLAT * all.size())) return Optional.empty();
        final Cumulants[] ofFlat = cumulants(flat, expected);
        if (ofFlat.length <= LEAST_PARTS) return Optional.empty();
        final Cumulants ofAll = cumulants(all, expected)[0];
        final PhotonStatistics statistics =
                new PhotonStatistics(
                        measured(ofFlat, ofAll, Cumulants::skewness),
                        measured(ofFlat, ofAll, Cumulants::offset),
                        measured(ofFlat, ofAll, Cumulants::readoutVariance));
        return Double.isFinite(statistics.skewness.error + statistics.offset.error)
                ? Optional.of(statistics)
                : Optional.empty();
    }

    /** The variance and the third cumulant over the mean, as lines. */
    private record Cumulants(InstrumentalLine second, InstrumentalLine third) {

        Cumulants() {
            this(new InstrumentalLine(), new InstrumentalLine());
        }

        double skewness() {
            return third.slope() / Math.pow(second.slope(), 2);
        }

        double offset() {
            return -third.intercept() / third.slope();
        }

        double readoutVariance() {
            return second.slope() * offset() + second.intercept();
        }
    }

    /** First of all places, then of all but those in one part of the image, for each part. */
    private static Cumulants[] cumulants(List<NoisePlace> places, ExpectedVariance expected) {
        final double centre =
                places.stream().mapToDouble(NoisePlace::brightness).average().orElse(0);
        final double shot = expected.slope() * expected.slope();
        final Cumulants[] parts = new Cumulants[NoisePlace.PARTS * NoisePlace.PARTS];
        Arrays.setAll(parts, part -> new Cumulants());
        for (final NoisePlace place : places) {
            final Cumulants part = parts[place.part()];
            final double brightness = place.brightness() - centre;
            final double variance = expected.at(place.brightness());
            final double ofSquare = 1 / (variance * variance);
            part.second.add(ofSquare, place.secondMean(), place.secondCumulant(), brightness);
            // The third power of photon noise scatters by V²(V + s²), but for a factor.
            part.third.add(
                    ofSquare / (variance + shot),
                    place.thirdMean(),
                    place.thirdCumulant(expected.at(place.level())),
                    brightness);
        }
        final Cumulants whole = new Cumulants();
        for (final Cumulants part : parts) {
            whole.second.addAll(part.second, 1);
            whole.third.addAll(part.third, 1);
        }
        final List<Cumulants> all = new ArrayList<>(List.of(whole));
        for (final Cumulants part : parts)
            if (!part.second.isEmpty())
                all.add(
                        new Cumulants(
                                whole.second.without(part.second),
                                whole.third.without(part.third)));
        return all.toArray(Cumulants[]::new);
    }

    private static Measured measured(
            Cumulants[] ofFlat, Cumulants ofAll, ToDoubleFunction<Cumulants> quantity) {
        final double[] without = Arrays.stream(ofFlat).skip(1).mapToDouble(quantity).toArray();
        final double mean = Arrays.stream(without).average().orElse(0);
        double squares = 0;
        for (final double value : without) squares += (value - mean) * (value - mean);
        final double jackknife = Math.sqrt(squares * (without.length - 1) / without.length);
        final double value = quantity.applyAsDouble(ofFlat[0]);
        return new Measured(value, Math.hypot(jackknife, quantity.applyAsDouble(ofAll) - value));
    }
}
