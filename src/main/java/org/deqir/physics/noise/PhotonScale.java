/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.noise;

import java.util.Locale;
import java.util.Optional;
import org.deqir.image.Pixels;

/**
 * What the noise of one image tells about its photons, where that could be measured.
 *
 * <p>The excess factor F² = E[X²] / E[X]² says how much more the grey levels of a photon-limited
 * pixel vary than its photons do, since one photon's pulse X varies: 1 for an ordinary camera or a
 * photon counter, about 2 after electron multiplication (EMCCD, intensified or analogue detectors
 * with high gain). The slope of variance over mean is gain · F², and only with F² known does it
 * give photons.
 *
 * <p>F² follows from the skewness of the noise, {@link PhotonStatistics#skewness} c, as 1/(2 − c):
 * exact for equal and for exponential pulses, and for all gamma distributions between and beyond.
 * Grey levels must be proportional to light: with an exponent of 0.8 or 1.25 in place of 1, c is
 * wrong by about 0.2 and nothing else shows it.
 *
 * @param excessFactor F²
 * @param excessFactorError standard error of F²
 * @param gain grey levels per photon: slope / F²
 * @param gainError standard error of the gain
 * @param offset grey level without light
 * @param offsetError standard error of the offset
 * @param readout standard deviation of the readout noise in grey levels; 0 if it is too small to be
 *     seen
 * @param readoutLimit readout noise that is two standard errors above the estimate
 */
public record PhotonScale(
        double excessFactor,
        double excessFactorError,
        double gain,
        double gainError,
        double offset,
        double offsetError,
        double readout,
        double readoutLimit) {

    /** Error of c up to which its values for equal and exponential pulses, 1 and 1.5, differ. */
    private static final double MOST_SKEWNESS_ERROR = 0.125;

    /** Relative error of F² up to which it is stated. */
    private static final double MOST_ERROR = 0.3;

    /** Standard errors by which c must miss its range for the model to be wrong. */
    private static final double SIGNIFICANT = 3;

    private static final double EXPONENTIAL = 1.5;

    /** A scale or, in words, why there is none. */
    record Finding(Optional<PhotonScale> scale, String text) {

        /** Where nothing was looked for. */
        static final Finding NONE = new Finding(Optional.empty(), "");

        static Finding unknown(String reason) {
            return new Finding(Optional.empty(), "Excess factor unknown: " + reason + ".");
        }
    }

    /**
     * @param slope of variance over mean
     * @param slopeError its standard error
     */
    static Finding of(Optional<PhotonStatistics> measured, double slope, double slopeError) {
        if (measured.isEmpty())
            return Finding.unknown("too few parts of the image are flat and unclipped");
        final PhotonStatistics statistics = measured.get();
        final double c = statistics.skewness().value();
        final double error = statistics.skewness().error();
        if (c + SIGNIFICANT * error < 1 || c - SIGNIFICANT * error > EXPONENTIAL)
            return Finding.unknown(
                    String.format(
                            Locale.ROOT,
                            "the skewness of the noise, %.2f ± %.2f where photons have 1 to 1.5,"
                                    + " is not that of photons: the grey levels were processed or"
                                    + " are not proportional to light",
                            c,
                            error));
        final double excess = 1 / (2 - c);
        final double excessError = excess * excess * error;
        if (!(error <= MOST_SKEWNESS_ERROR && excessError <= MOST_ERROR * excess))
            return Finding.unknown(
                    String.format(
                            Locale.ROOT,
                            "the skewness of the noise, %.2f ± %.2f where 1 is that of photons and"
                                    + " 1.5 that after electron multiplication, is too uncertain",
                            c,
                            error));
        final double readoutVariance = statistics.readoutVariance().value();
        final PhotonScale scale =
                new PhotonScale(
                        excess,
                        excessError,
                        slope / excess,
                        slope / excess * Math.hypot(excessError / excess, slopeError / slope),
                        statistics.offset().value(),
                        statistics.offset().error(),
                        Math.sqrt(Math.max(0, readoutVariance)),
                        Math.sqrt(
                                Math.max(0, readoutVariance)
                                        + 2 * statistics.readoutVariance().error()));
        return new Finding(Optional.of(scale), scale.describe());
    }

    /** The scale in words, for a result's provenance. */
    public String describe() {
        return String.format(
                Locale.ROOT,
                "Excess factor %.2f ± %.2f, so %s ± %s grey levels per photon; offset %s ± %s,"
                        + " readout at most %s.",
                excessFactor,
                excessFactorError,
                rounded(gain, gainError),
                rounded(gainError, gainError),
                rounded(offset, offsetError),
                rounded(offsetError, offsetError),
                rounded(readoutLimit, readoutLimit));
    }

    /** To two digits of its error. */
    private static String rounded(double value, double error) {
        if (!(error > 0)) return Pixels.format(value);
        final int digits = Math.max(0, 1 - (int) Math.floor(Math.log10(error)));
        return String.format(Locale.ROOT, "%." + Math.min(digits, 12) + "f", value);
    }
}
