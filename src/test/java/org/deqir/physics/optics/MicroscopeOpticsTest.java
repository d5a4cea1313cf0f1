/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.optics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.deqir.physics.optics.MicroscopeOptics.Modality;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MicroscopeOpticsTest {

    /** Width of a pixel in units of λ/NA: so fine that integrating over it hardly matters. */
    private static final double PIXEL = 0.025;

    /** Values of Abramowitz and Stegun, tables 9.1 and 9.2. */
    @ParameterizedTest
    @CsvSource({
        "0, 0, 1",
        "0, 2.4048255577, 0",
        "1, 1, 0.4400505857",
        "1, 3.8317059702, 0",
        "0, 10, -0.2459357645",
        "1, 10, 0.0434727462",
        "1, 50, -0.0975118281"
    })
    void besselFunctionsAgreeWithTheTables(int order, double x, double expected) {
        assertEquals(expected, AiryPattern.bessel(order, x), 1e-9);
    }

    @Test
    void encircledEnergyIsThatOfBornAndWolf() {
        assertEquals(0.838, AiryPattern.encircledEnergy(1.22 * Math.PI), 5e-4);
        assertEquals(0.910, AiryPattern.encircledEnergy(2.233 * Math.PI), 5e-4);
        assertEquals(0.938, AiryPattern.encircledEnergy(3.238 * Math.PI), 5e-4);
    }

    @ParameterizedTest
    @CsvSource({"0.5, 1, 600", "1.4, 1.515, 520"})
    void widefieldIsAnAiryPattern(double na, double n, double emission) {
        final MicroscopeOptics optics = MicroscopeOptics.widefield(na, n, emission);
        final double unit = emission / 1000 / na;
        final PointSpreadFunction psf = optics.psf(PIXEL * unit, PIXEL * unit);
        int dark = 1;
        while (psf.at(dark + 1, 0) < psf.at(dark, 0)) dark++;
        assertEquals(0.61, dark * PIXEL, 0.5 * PIXEL);
        assertTrue(psf.at(dark, 0) < 1e-3 * psf.at(0, 0), "the first ring is not dark");
        // All the light together has the central density 1/(4π) per squared optical unit.
        final double held = Math.pow(2 * Math.PI * PIXEL, 2) / (4 * Math.PI) / psf.at(0, 0);
        assertTrue(held > 0.99 && held < 0.999, "share of the light in the window: " + held);
    }

    @ParameterizedTest
    @CsvSource({
        "WIDEFIELD, 0, 0.5145",
        "CONFOCAL, 0, 0.3695",
        "CONFOCAL, 1, 0.502",
        "CONFOCAL, 10, 0.5145"
    })
    void fullWidthAtHalfMaximum(Modality modality, double pinhole, double expected) {
        final double na = 1.2;
        final double unit = 0.5 / na;
        final PointSpreadFunction psf =
                new MicroscopeOptics(modality, na, 1.33, 500, 500, pinhole)
                        .psf(PIXEL * unit, PIXEL * unit);
        final double half = psf.at(0, 0) / 2;
        int i = 0;
        while (psf.at(i + 1, 0) > half) i++;
        final double fraction = (psf.at(i, 0) - half) / (psf.at(i, 0) - psf.at(i + 1, 0));
        assertEquals(expected, 2 * (i + fraction) * PIXEL, 0.005);
    }

    @Test
    void shorterExcitationNarrowsAConfocalPsf() {
        final MicroscopeOptics red =
                new MicroscopeOptics(Modality.CONFOCAL, 1.3, 1.515, 600, 600, 1);
        final MicroscopeOptics blue =
                new MicroscopeOptics(Modality.CONFOCAL, 1.3, 1.515, 600, 450, 1);
        assertTrue(blue.psf(0.05, 0.05).at(0, 0) > 1.2 * red.psf(0.05, 0.05).at(0, 0));
    }

    @Test
    void aCoarsePixelCollectsItsWholeArea() {
        // The central pixel is as wide as the first dark ring: most of 84 % of the light.
        final MicroscopeOptics optics = MicroscopeOptics.widefield(0.5, 1, 500);
        final double diameter = RadialProfile.FIRST_ZERO / Math.PI;
        final float centre = optics.psf(diameter, diameter).at(0, 0);
        assertTrue(centre > 0.838 && centre < 0.91, "centre " + centre);
        // Three pixels of a third of the width hold the same light as one.
        final PointSpreadFunction fine = optics.psf(diameter / 3, diameter);
        assertEquals(centre, fine.at(-1, 0) + fine.at(0, 0) + fine.at(1, 0), 0.01);
    }

    @Test
    void refusesImpossibleOptics() {
        assertMessage("1.4", () -> MicroscopeOptics.widefield(1.4, 1.33, 520));
        assertMessage("0.0", () -> MicroscopeOptics.widefield(0, 1.33, 520));
        assertMessage("refractive index", () -> MicroscopeOptics.widefield(0.5, 0.9, 520));
        assertMessage("0.52 nm", () -> MicroscopeOptics.widefield(1.2, 1.33, 0.52));
        assertMessage("NaN", () -> MicroscopeOptics.widefield(Double.NaN, 1.33, 520));
        assertMessage("Airy", () -> new MicroscopeOptics(Modality.CONFOCAL, 1, 1.33, 520, 488, -1));
        final MicroscopeOptics optics = MicroscopeOptics.widefield(1.2, 1.33, 520);
        assertMessage("pixel size", () -> optics.psf(0, 0.1));
        assertMessage("pixel size", () -> optics.psf(0.1, Double.POSITIVE_INFINITY));
        assertMessage("unit of the pixel size", () -> optics.psf(0.0001, 0.0001));
    }

    private static void assertMessage(String part, Runnable action) {
        final String message =
                assertThrows(IllegalArgumentException.class, action::run).getMessage();
        assertTrue(message.contains(part), message);
    }
}
