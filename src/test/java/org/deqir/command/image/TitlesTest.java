/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.IJ;
import ij.ImagePlus;
import ij.macro.Interpreter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TitlesTest {

    @ParameterizedTest
    @CsvSource({
        "cells.tif, cells-denoised",
        "cells.ome.TIFF, cells-denoised",
        "dose 1.5, dose 1.5-denoised",
        "Dr. No, Dr. No-denoised",
        "a.b.png, a.b-denoised",
        "plain, plain-denoised",
        "mouse.left, mouse.left-denoised",
        "day1.rep2, day1.rep2-denoised",
        "brain.nii.gz, brain-denoised",
        "scan.czi, scan-denoised"
    })
    void anExtensionIsNotKept(String title, String expected) {
        assertEquals(expected, Titles.derived(title, "denoised"));
    }

    @Test
    void openImagesAreFoundByTitleOrId() {
        final boolean before = Interpreter.batchMode;
        Interpreter.batchMode = true;
        final ImagePlus image = IJ.createImage("the mask", "8-bit", 4, 4, 1);
        try {
            image.show();
            assertSame(image, Titles.open("mask", "the mask", null));
            assertSame(image, Titles.open("mask", String.valueOf(image.getID()), null));
            assertTrue(Titles.ofOpenImages().contains("the mask"));
            final var e =
                    assertThrows(
                            IllegalArgumentException.class,
                            () -> Titles.open("mask", "a mask", null));
            assertEquals("mask = 'a mask': no open image has this title.", e.getMessage());
            assertThrows(IllegalArgumentException.class, () -> Titles.open("mask", " ", null));
        } finally {
            image.changes = false;
            image.close();
            Interpreter.batchMode = before;
        }
    }

    @Test
    void ofImagesOfOneTitleTheOtherIsMeant() {
        final boolean before = Interpreter.batchMode;
        Interpreter.batchMode = true;
        final ImagePlus image = IJ.createImage("x.tif", "8-bit", 4, 4, 1);
        final ImagePlus mask = IJ.createImage("x.tif", "8-bit", 4, 4, 1);
        final ImagePlus third = IJ.createImage(" x.tif", "8-bit", 4, 4, 1);
        try {
            for (final ImagePlus one : new ImagePlus[] {mask, image, third}) one.show();
            assertSame(mask, Titles.open("mask", "x.tif", image));
            assertSame(image, Titles.open("mask", "x.tif", mask));
            assertSame(third, Titles.open("mask", " x.tif", image));
            third.setTitle("x.tif");
            final String message =
                    assertThrows(
                                    IllegalArgumentException.class,
                                    () -> Titles.open("mask", "x.tif", image))
                            .getMessage();
            assertTrue(message.contains("2 open images have this title"), message);
            assertTrue(message.contains(String.valueOf(mask.getID())), message);
            final String id = String.valueOf(third.getID());
            assertSame(third, Titles.open("mask", id, image));
            third.setTitle(" other");
            assertSame(third, Titles.open("mask", "other", image));
        } finally {
            for (final ImagePlus one : new ImagePlus[] {image, mask, third}) {
                one.changes = false;
                one.close();
            }
            Interpreter.batchMode = before;
        }
    }
}
