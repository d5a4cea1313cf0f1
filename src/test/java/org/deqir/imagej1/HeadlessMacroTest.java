/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.imagej1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.deqir.testing.MacroRunner;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Macros without a display: ImageJ's own commands, what is printed, and how failures end. */
@Tag("slow")
class HeadlessMacroTest {

    @Test
    void commandsActOnTheImagesOfTheMacroWhateverTheBatchMode() {
        final MacroRunner.Result result =
                MacroRunner.run(
                                """
                                newImage("A", "8-bit ramp", 64, 32, 1);
                                run("Gaussian Blur...", "sigma=2");
                                run("Duplicate...", "title=B");
                                setBatchMode(true);
                                setBatchMode(false);
                                run("Images to Stack", "name=S title=[] use");
                                run("Make Montage...", "columns=2 rows=1 scale=1");
                                setBatchMode("exit and display");
                                print(getTitle() + " " + getWidth());
                                """)
                        .succeeded();
        assertEquals("Montage 128\n", result.log());
        assertEquals(List.of("S", "Montage"), result.titles());
    }

    @Test
    void optionsReachTheDialogsOfCommands() {
        final MacroRunner.Result result =
                MacroRunner.run(
                                """
                                newImage("dot", "32-bit black", 9, 9, 1);
                                setPixel(4, 4, 1);
                                width = 3;
                                run("Mean...", "radius=&width");
                                print(getPixel(4, 0), d2s(getPixel(4, 1), 3));
                                run("Convolve...", "text1=[0 0 0\\n0 5 0\\n0 0 0\\n]");
                                print(d2s(getPixel(4, 4), 3));
                                """)
                        .succeeded();
        assertEquals("0 0.027\n0.135\n", result.log());
    }

    @Test
    void foldersOfImagesAreWrittenAndRead(@TempDir Path folder) {
        final String path = folder.toString().replace('\\', '/') + "/";
        final MacroRunner.Result result =
                MacroRunner.run(
                                """
                                d = getArgument();
                                newImage("stack", "16-bit ramp", 20, 10, 4);
                                run("Image Sequence... ", "dir=[" + d + "] format=TIFF name=z");
                                run("Close All");
                                run("Image Sequence...", "dir=[" + d + "] start=2 sort");
                                print(nSlices);
                                run("Image Sequence...", "open=[" + d + "] number=2");
                                print(nSlices);
                                """,
                                path)
                        .succeeded();
        assertEquals("3\n2\n", result.log());
    }

    @Test
    void theLogIsWhatTheMacroSeesAsItsLog() {
        final MacroOutcome outcome =
                HeadlessMacro.run(
                        """
                        print("gone");
                        print("\\\\Clear");
                        print("one", 2);
                        print("\\\\Update:two");
                        return getInfo("log");
                        """,
                        "");
        assertEquals("one 2\ntwo\n", outcome.log());
        assertEquals(outcome.log(), outcome.returned());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "exit('enough')                             | enough",
                "f(); function f() { exit('deep'); }        | deep",
                "run('No such command')                     | Unrecognized command: \"No such command\"",
                "getTitle()                                 | There are no images open",
                "x = ;                                      | Number or numeric function expected",
                "newImage('A','8-bit ramp',9,9,1); run('Watershed') | 8-bit binary image (0 and 255) required.",
                "newImage('A','8-bit',9,9,1); run('Threshold...') | this needs a display.",
            })
    void aFailureHasAMessage(String macro, String message) {
        final MacroOutcome outcome = MacroRunner.run(macro + "; print('not reached');").outcome();
        assertEquals(Optional.of(message), outcome.error());
        assertFalse(outcome.log().contains("not reached"));
    }

    @Test
    void aMissingFileIsAFailure() {
        final Optional<String> error = HeadlessMacro.run("open('/no/such.tif')", "").error();
        assertTrue(error.orElseThrow().contains("/no/such.tif"), error.toString());
    }

    @ParameterizedTest
    @CsvSource({"print(1), 1", "print(1); exit(); print(2), 1", "print(1); exit; print(2), 1"})
    void anEndIsNoFailure(String macro, String log) {
        final MacroOutcome outcome = HeadlessMacro.run(macro, "");
        assertEquals(Optional.empty(), outcome.error());
        assertEquals(log + "\n", outcome.log());
    }
}
