/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ij.IJ;
import ij.ImagePlus;
import org.junit.jupiter.api.Test;

class CallerTest {

    private final ImagePlus front = IJ.createImage("front", "8-bit", 4, 4, 1);
    private final ImagePlus batch = IJ.createImage("batch", "8-bit", 4, 4, 1);

    @Test
    void anImageInFrontIsNotTakenForThatOfABatch() {
        final var e =
                assertThrows(
                        IllegalArgumentException.class, () -> Caller.unambiguous(front, batch));
        assertEquals(
                "It is not clear which image is meant, 'batch' of the macro or 'front' in front:"
                        + " name it by image=[title].",
                e.getMessage());
    }

    @Test
    void oneImageIsMeant() {
        assertSame(front, Caller.unambiguous(front, null));
        assertSame(front, Caller.unambiguous(front, front));
        assertSame(batch, Caller.unambiguous(null, batch));
        assertNull(Caller.unambiguous(null, null));
    }
}
