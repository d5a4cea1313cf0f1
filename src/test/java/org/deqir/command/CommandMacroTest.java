package org.deqir.command;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ij.ImagePlus;
import org.deqir.testing.MacroRunner;
import org.junit.jupiter.api.Test;

class CommandMacroTest {

    @Test
    void denoise() {
        final ImagePlus image = Images.hyperstack(8, 1, 2, 1);
        final var result =
                MacroRunner.run(
                        image,
                        "run(\"DeqIR Denoise...\", \"noise=gaussian sigma=20\"); print(getTitle()); print(getMetadata(\"Info\"));");
        System.out.println(result.log());
        System.out.println(result.outcome());
        assertEquals("x", result.titles().toString());
    }
}
