/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.key;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.ImagePlus;
import org.deqir.command.Images;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LengthTest {

    private final ImagePlus image = Images.hyperstack(8, 1, 1, 1);

    @ParameterizedTest
    @CsvSource({"0.1, µm, 0.1", "0.1, um, 0.1", "65, nm, 0.065", "2, Microns, 2", "0.001, mm, 1"})
    void unitsOfLengthAreUnderstood(double size, String unit, double expected) {
        assertEquals(expected, Length.micrometres(size, unit, image), 1e-12);
    }

    @ParameterizedTest
    @CsvSource({"1, pixel", "0, um", "1, ' '", "3, sec"})
    void anUncalibratedImageIsRefused(double size, String unit) {
        final var e =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> Length.micrometres(size, unit, image));
        assertTrue(e.getMessage().contains("'cells.tif' has no pixel size"), e.getMessage());
    }

    @Test
    void theUsualMediumFollowsFromTheAperture() {
        assertEquals(1, ImmersionMedium.refractiveIndex(0.75));
        assertEquals(1.333, ImmersionMedium.refractiveIndex(1.1));
        assertEquals(1.515, ImmersionMedium.refractiveIndex(1.4));
    }
}
