/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.optics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.IntToDoubleFunction;
import org.deqir.physics.optics.StackOptics.Modality;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class StackOpticsTest {

    private static StackOptics optics(Modality modality, double na, double index) {
        return new StackOptics(modality, na, index, index, 0, 0, 520, 488, 1, 2);
    }

    /** Full width at half maximum along a line through the centre, in voxels. */
    private static double width(IntToDoubleFunction line) {
        final double half = line.applyAsDouble(0) / 2;
        int i = 0;
        while (line.applyAsDouble(i) > half) i++;
        final double above = line.applyAsDouble(i - 1);
        return 2 * (i - 1 + (above - half) / (above - line.applyAsDouble(i)));
    }

    /** Born and Wolf, § 8.8: on the axis (sin(u/4) / (u/4))², u = k z NA²/n for small angles. */
    @Test
    void theAxisOfALowApertureIsThatOfBornAndWolf() {
        final double na = 0.1;
        final PsfStack psf = optics(Modality.WIDEFIELD, na, 1).psf(0.2, 0.2, 5, 61, 1);
        final double peak = psf.at(0, 0, 0);
        for (int z = -30; z <= 30; z++) {
            final double u = 2 * Math.PI / 0.52 * z * 5 * na * na;
            final double expected = z == 0 ? 1 : Math.pow(Math.sin(u / 4) / (u / 4), 2);
            assertEquals(expected, psf.at(0, 0, z) / peak, 0.01, "z = " + z);
        }
    }

    @ParameterizedTest
    @CsvSource({"0.4, 1.0", "0.8, 1.0", "1.2, 1.333", "1.4, 1.515"})
    void theSliceInFocusIsTheAiryPattern(double na, double index) {
        final PsfStack stack = optics(Modality.WIDEFIELD, na, index).psf(0.05, 0.05, 0.2, 3, 41);
        final PointSpreadFunction plane =
                MicroscopeOptics.widefield(na, index, 520).psf(0.05, 0.05);
        for (int x = 0; x <= 20; x++)
            assertEquals(
                    plane.at(x, 0) / plane.at(0, 0),
                    stack.at(x, 0, 0) / stack.at(0, 0, 0),
                    0.004,
                    "x = " + x);
    }

    /** Defocus moves light and takes none away. */
    @Test
    void allSlicesOfAWidefieldStackHoldTheSameLight() {
        final PsfStack psf = optics(Modality.WIDEFIELD, 0.8, 1).psf(0.2, 0.2, 0.5, 9, 181);
        for (int z = 0; z < psf.slices(); z++) {
            double sum = 0;
            for (final float value : psf.slice(z)) sum += value;
            assertEquals(1.0 / psf.slices(), sum, 0.03 / psf.slices(), "slice " + z);
        }
    }

    /**
     * Zipfel, Williams and Webb (Nature Biotechnology 21, 1369, 2003), after Richards and Wolf: 1/e
     * half width of the square of the excitation along z, 0.532 λ/√2 · 1/(n − √(n² − NA²)),
     * laterally 0.325 λ/(√2 NA^0.91).
     */
    @ParameterizedTest
    @CsvSource({"0.8, 1.333", "0.95, 1.333", "1.1, 1.333"})
    void twoPhotonWidthsAreThePublishedOnes(double na, double index) {
        final double excitation = 0.92;
        final PsfStack psf =
                new StackOptics(Modality.TWO_PHOTON, na, index, index, 0, 0, 520, 920, 0, 0)
                        .psf(0.02, 0.02, 0.04, 101, 61);
        final double axial =
                0.532 * excitation / Math.sqrt(2) / (index - Math.sqrt(index * index - na * na));
        final double lateral =
                na <= 0.7
                        ? 0.32 * excitation / Math.sqrt(2) / na
                        : 0.325 * excitation / Math.sqrt(2) / Math.pow(na, 0.91);
        final double fwhm = 2 * Math.sqrt(Math.log(2));
        assertEquals(fwhm * axial, 0.04 * width(z -> psf.at(0, 0, z)), 0.12 * fwhm * axial);
        assertEquals(fwhm * lateral, 0.02 * width(x -> psf.at(x, 0, 0)), 0.12 * fwhm * lateral);
    }

    /** A pinhole that is nearly closed squares the pattern where both wavelengths agree. */
    @Test
    void aSmallPinholeGivesTheSquare() {
        final PsfStack wide =
                new StackOptics(Modality.WIDEFIELD, 1.2, 1.333, 1.333, 0, 0, 520, 520, 0, 0)
                        .psf(0.05, 0.05, 0.1, 21, 31);
        final PsfStack confocal =
                new StackOptics(Modality.CONFOCAL, 1.2, 1.333, 1.333, 0, 0, 520, 520, 0, 0)
                        .psf(0.05, 0.05, 0.1, 21, 31);
        for (int z = 0; z <= 10; z++)
            assertEquals(
                    Math.pow(wide.at(0, 0, z) / wide.at(0, 0, 0), 2),
                    confocal.at(0, 0, z) / confocal.at(0, 0, 0),
                    0.02,
                    "z = " + z);
        final PsfStack open =
                new StackOptics(Modality.CONFOCAL, 1.2, 1.333, 1.333, 0, 0, 520, 520, 3, 0)
                        .psf(0.05, 0.05, 0.1, 21, 31);
        assertTrue(
                width(z -> open.at(0, 0, z)) > width(z -> confocal.at(0, 0, z)),
                "a wider pinhole lets more through from other planes");
    }

    @Test
    void aThinSheetDecidesTheWidthAlongTheAxis() {
        final StackOptics optics =
                new StackOptics(Modality.LIGHT_SHEET, 0.3, 1.333, 1.333, 0, 0, 520, 488, 0, 2);
        final PsfStack psf = optics.psf(0.3, 0.3, 0.1, 61, 21);
        assertEquals(2, 0.1 * width(z -> psf.at(0, 0, z)), 0.05);
    }

    /**
     * Oil on water, 20 µm deep: the peak is lower, its far side has a tail; in oil it would be as
     * designed.
     */
    @Test
    void depthInAnotherMediumAberrates() {
        final double step = 0.1;
        final PsfStack designed =
                optics(Modality.WIDEFIELD, 1.3, 1.515).psf(0.1, 0.1, step, 81, 61);
        final PsfStack deep =
                new StackOptics(Modality.WIDEFIELD, 1.3, 1.515, 1.333, 20, 0, 520, 488, 1, 2)
                        .psf(0.1, 0.1, step, 81, 61);
        assertTrue(deep.at(0, 0, 0) < 0.6 * designed.at(0, 0, 0));
        double asymmetry = 0;
        double symmetric = 0;
        for (int z = 1; z <= 40; z++) {
            asymmetry += Math.abs(deep.at(0, 0, z) - deep.at(0, 0, -z));
            symmetric += Math.abs(designed.at(0, 0, z) - designed.at(0, 0, -z));
        }
        assertTrue(asymmetry > 0.5 * deep.at(0, 0, 0), "asymmetry " + asymmetry);
        assertTrue(symmetric < 1e-3 * designed.at(0, 0, 0), "designed " + symmetric);
        final PsfStack inOil =
                new StackOptics(Modality.WIDEFIELD, 1.3, 1.515, 1.515, 20, 0, 520, 488, 1, 2)
                        .psf(0.1, 0.1, step, 81, 61);
        assertEquals(designed.at(0, 0, 0), inOil.at(0, 0, 0), 2e-3 * designed.at(0, 0, 0));
    }

    @ParameterizedTest
    @EnumSource(Modality.class)
    void aWindowIsChosenThatHoldsTheLight(Modality modality) {
        final PsfStack psf = optics(modality, 0.8, 1).psf(0.15, 0.15, 0.5, 0, 0);
        double sum = 0;
        for (int z = 0; z < psf.slices(); z++) for (final float v : psf.slice(z)) sum += v;
        assertEquals(1, sum, 1e-4);
        assertTrue(psf.slices() >= 5 && psf.width() >= 7, psf.slices() + ", " + psf.width());
        final double edge = psf.at(0, 0, psf.slices() / 2);
        assertTrue(edge < 0.03 * psf.at(0, 0, 0), "the last slice has " + edge);
    }

    @ParameterizedTest
    @CsvSource({
        "1.4, 1.333, 1.333, 0, 520, 'The numerical aperture is 1.4'",
        "1.2, 1.333, 2.5, 0, 520, 'The refractive index of the specimen is 2.5'",
        "1.2, 1.333, 1.333, -1, 520, 'The depth is -1'",
        "1.2, 1.333, 1.333, 0, 0.52, 'The emission wavelength is 0.52'"
    })
    void whatCannotBeIsRefused(
            double na, double immersion, double specimen, double depth, double nm, String start) {
        final String message =
                assertThrows(
                                IllegalArgumentException.class,
                                () ->
                                        new StackOptics(
                                                Modality.WIDEFIELD,
                                                na,
                                                immersion,
                                                specimen,
                                                depth,
                                                0,
                                                nm,
                                                488,
                                                1,
                                                2))
                        .getMessage();
        assertTrue(message.startsWith(start), message);
    }
}
