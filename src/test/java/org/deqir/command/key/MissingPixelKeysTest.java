/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.key;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.IJ;
import ij.ImagePlus;
import ij.process.ImageProcessor;
import java.awt.Rectangle;
import java.net.URISyntaxException;
import java.nio.file.Path;
import org.deqir.command.image.PlaneSource;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

    private static String mask(String name) throws URISyntaxException {
        return Path.of(MissingPixelKeysTest.class.getResource("/fixtures/masks").toURI())
                .resolve(name + ".npy")
                .toString();
    }

    private static PlaneSource cells() {
        return PlaneSource.of(IJ.createImage("cells", 9, 7, 2, 16));
    }

    /** Masks that NumPy wrote: 0 is missing there, as in the published code. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "bool", "uint8", "int8", "int16", "uint16", "int32", "int64", "float32", "float64",
                "flat", "channel"
            })
    void zerosOfNumpyMasksAreMissing(String type) throws URISyntaxException {
        final boolean[] expected = new boolean[9 * 7];
        expected[31] = true;
        expected[62] = true;
        final MissingPixelKeys keys = MissingPixelKeys.of("mask image", mask(type), cells());
        for (int n = 1; n <= 2; n++)
            assertArrayEquals(expected, keys.in(n, new Rectangle(9, 7)), type);
    }

    @ParameterizedTest
    @CsvSource({
        "transposed, 7 rows of 9 pixels",
        "columns, not an array of numbers in rows",
        "complex, not an array of numbers in rows",
        "nowhere, cannot be read"
    })
    void otherNumpyFilesAreRefused(String name, String reason) throws URISyntaxException {
        final String path = mask(name);
        final PlaneSource cells = cells();
        final String message =
                assertThrows(
                                IllegalArgumentException.class,
                                () -> MissingPixelKeys.of("mask image", path, cells))
                        .getMessage();
        assertTrue(message.contains(reason) && message.contains(path), message);
    }
}
