/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.denoising;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.deqir.image.Plane;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShiftedBinningTest {

    private static Plane smooth(int width, int height) {
        final float[] samples = new float[width * height];
        for (int i = 0; i < samples.length; i++)
            samples[i] =
                    (float)
                            (100
                                    + 40 * Math.sin(i % width * 0.21)
                                    + 30 * Math.cos(i / width * 0.17));
        return Plane.of(samples, width, height);
    }

    private static Plane thereAndBack(Plane plane, int factor) {
        final ShiftedBinning blocks = new ShiftedBinning(plane.width(), plane.height(), factor);
        final Plane sum = new Plane(new float[1][plane.size()], plane.width(), plane.height());
        for (int shift = 0; shift < blocks.shifts(); shift++)
            blocks.addEnlarged(sum, blocks.bin(plane, shift), shift);
        return sum;
    }

    /** Nothing moves: a shift by half a pixel alone would change a pixel by up to 4. */
    @ParameterizedTest
    @CsvSource({"2, 40, 36", "2, 41, 37", "3, 40, 38", "4, 45, 43"})
    void keepsSmoothPlanesInPlace(int factor, int width, int height) {
        final Plane plane = smooth(width, height);
        final Plane back = thereAndBack(plane, factor);
        for (int y = 4; y < height - 4; y++)
            for (int x = 4; x < width - 4; x++)
                assertEquals(
                        plane.channels()[0][y * width + x],
                        back.channels()[0][y * width + x],
                        0.2 * factor * factor,
                        x + ", " + y);
    }

    /** An impulse comes back as the same spot wherever it lies: no block has a place of its own. */
    @ParameterizedTest
    @CsvSource({"2", "3"})
    void leavesNoGrid(int factor) {
        final int size = 36;
        final double[] peaks = new double[2 * factor];
        for (int k = 0; k < peaks.length; k++) {
            final float[] samples = new float[size * size];
            samples[(15 + k) * size + 15 + k] = 1;
            final Plane back = thereAndBack(Plane.of(samples, size, size), factor);
            peaks[k] = back.channels()[0][(15 + k) * size + 15 + k];
            assertEquals(peaks[0], peaks[k], 1e-6);
        }
    }

    @Test
    void meansAreThoseOfTheBlocks() {
        final Plane plane = Plane.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 4, 3);
        final Plane first = new ShiftedBinning(4, 3, 2).bin(plane, 0);
        assertEquals(2, first.width());
        assertEquals(2, first.height());
        assertEquals(3.5f, first.channels()[0][0]);
        // The last row is mirrored.
        assertEquals(9.5f, first.channels()[0][2]);
        final Plane shifted = new ShiftedBinning(4, 3, 2).bin(plane, 3);
        assertEquals(3, shifted.width());
        assertEquals(8.5f, shifted.channels()[0][4]);
    }
}
