/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.key;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import ij.IJ;
import ij.ImagePlus;
import ij.process.ImageProcessor;
import java.awt.Rectangle;
import org.deqir.command.image.PlaneSource;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MissingPixelKeysTest {

    /** The same pixel marked in masks of all types: the grey level 0 and NaN mark none. */
    @ParameterizedTest
    @CsvSource({
        "8, 0, 1",
        "8, 0, 255",
        "16, 0, 300",
        "16, 32768, 33023",
        "16, 32768, 32767",
        "24, 0, 65536",
        "32, NaN, 1",
        "32, 0, 0.001"
    })
    void masksOfAllTypesMarkTheSamePixels(int bits, float known, float missing) {
        final ImagePlus mask = IJ.createImage("mask", 9, 7, 1, bits);
        final ImageProcessor ip = mask.getProcessor();
        final boolean[] expected = new boolean[9 * 7];
        for (int i = 0; i < expected.length; i++) {
            expected[i] = i == 31;
            final float level = expected[i] ? missing : known;
            if (bits == 24) ip.set(i, (int) level);
            else ip.setf(i, level);
        }
        if (known == 1 << 15) mask.getCalibration().setSigned16BitCalibration();
        final PlaneSource source = PlaneSource.of(IJ.createImage("cells", 9, 7, 1, 16));
        assertArrayEquals(
                expected, MissingPixelKeys.ofMask(mask, source).in(1, new Rectangle(9, 7)));
    }
}
