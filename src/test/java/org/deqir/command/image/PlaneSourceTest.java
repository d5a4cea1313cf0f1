/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.IJ;
import ij.ImagePlus;
import ij.measure.Calibration;
import ij.process.ByteProcessor;
import ij.process.LUT;
import java.awt.Rectangle;
import java.util.Random;
import org.deqir.command.Images;
import org.deqir.image.Plane;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlaneSourceTest {

    @ParameterizedTest
    @ValueSource(ints = {8, 16, 32})
    void readsGreyLevelsOfABox(int bitDepth) {
        final ImagePlus image = Images.hyperstack(bitDepth, 2, 2, 1);
        final Plane plane = PlaneSource.of(image).read(3, new Rectangle(5, 2, 4, 3));
        assertEquals(1, plane.channels().length);
        for (int y = 0; y < 3; y++)
            for (int x = 0; x < 4; x++)
                assertEquals(
                        image.getStack().getProcessor(3).getf(5 + x, 2 + y),
                        plane.channels()[0][4 * y + x]);
    }

    @Test
    void readsRgbAsThreeChannels() {
        final ImagePlus image = Images.hyperstack(24, 1, 1, 1);
        image.getProcessor().set(3, 4, 0x80ff02);
        final Plane plane = PlaneSource.of(image).read(1, new Rectangle(3, 4, 1, 1));
        assertArrayEquals(
                new float[][] {{0x80}, {0xff}, {0x02}}, plane.channels(), "red, green and blue");
    }

    @Test
    void readsAVirtualStackOnePlaneAtATime() {
        final ImagePlus image = Images.hyperstack(16, 1, 3, 1);
        final PlaneSource virtual = PlaneSource.of(Images.virtual(image));
        for (int n = 1; n <= 3; n++)
            assertArrayEquals(
                    PlaneSource.of(image).read(n, virtual.bounds()).channels()[0],
                    virtual.read(n, virtual.bounds()).channels()[0]);
    }

    @Test
    void signed16BitImagesAreReadAsImageJShowsThem() {
        final ImagePlus image = IJ.createImage("signed", "16-bit black", 2, 1, 1);
        image.getLocalCalibration().setSigned16BitCalibration();
        image.getProcessor().set(0, 32768 - 500);
        image.getProcessor().set(1, 32768 + 70);
        final PlaneSource source = PlaneSource.of(image);
        final float[] levels = source.read(1, source.bounds()).channels()[0];
        assertArrayEquals(new float[] {-500, 70}, levels);
        assertEquals(32768 - 500, source.toRaw(levels[0]));
    }

    @Test
    void aDensityCalibrationThatIsNoLineIsRefused() {
        final ImagePlus image = IJ.createImage("gel", "8-bit ramp", 8, 8, 1);
        image.getCalibration().setFunction(Calibration.UNCALIBRATED_OD, null, "OD");
        assertRefused(image, "density calibration");
    }

    @Test
    void paletteIndicesAreRefusedButPseudoColoursAreNot() {
        final byte[][] palette = new byte[3][256];
        final Random random = new Random(1);
        for (final byte[] colour : palette) random.nextBytes(colour);
        final ByteProcessor indexed = new ByteProcessor(8, 8);
        indexed.setLut(new LUT(palette[0], palette[1], palette[2]));
        final ImagePlus image = new ImagePlus("indexed", indexed);
        image.setTypeToColor256();
        assertRefused(image, "indexed colours");
        indexed.setLut(LUT.createLutFromColor(java.awt.Color.GREEN));
        assertEquals(1, PlaneSource.of(image).channels());
    }

    @Test
    void anImageThatIsNotThereIsRefused() {
        assertRefused(null, "open one first");
        assertRefused(new ImagePlus(), "empty");
    }

    private static void assertRefused(ImagePlus image, String reason) {
        final var e = assertThrows(IllegalArgumentException.class, () -> PlaneSource.of(image));
        assertTrue(e.getMessage().contains(reason), e.getMessage());
    }
}
