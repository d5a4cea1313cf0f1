/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.imagej1;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Macros without a display: ImageJ's own commands, what is printed, and how failures end. */
class HeadlessMacroTest {

    @Test
    void commandsOfImageJActOnTheImagesOfTheMacro() {
        final MacroOutcome outcome =
                HeadlessMacro.run(
                        """
                        newImage("A", "8-bit ramp", 64, 32, 1);
                        run("Gaussian Blur...", "sigma=2");
                        run("Duplicate...", "title=B");
                        setBatchMode(true);
                        setBatchMode(false);
                        run("Images to Stack", "name=S title=[] use");
                        run("Make Montage...", "columns=2 rows=1 scale=1");
                        print(getTitle() + " " + getWidth() + " " + nImages);
                        """,
                        "");
        assertEquals(Optional.empty(), outcome.error());
        assertEquals("Montage 128 2\n", outcome.log());
    }
}
