/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.imagej1;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.deqir.testing.MacroRunner;
import org.junit.jupiter.api.Test;

class DeqIRPlugInTest {

    private static final String IMAGE = "newImage(\"A\", \"8-bit ramp\", 16, 8, 1);\n";

    @Test
    void missingKeysTakeTheirDefaults() {
        final MacroRunner.Result result =
                MacroRunner.run(IMAGE + "run(\"DeqIR Toy...\", \"steps=3\");").succeeded();
        assertEquals("A|auto|5.0|1.0|3|1|grey prior|all|false\n", result.log());
    }
}
