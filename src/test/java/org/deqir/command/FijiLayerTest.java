/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.IJ;
import ij.ImagePlus;
import ij.plugin.frame.Recorder;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.deqir.testing.FijiLayer;
import org.deqir.testing.MacroRunner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The image, the options and the macro of a caller whose command runs on another thread. */
class FijiLayerTest {

    private static final String DENOISE = "DeqIR Denoise...";
    private static final String OPTIONS = "noise=gaussian sigma=10 steps=1 model=smoother";
    private static final String IMAGES =
            "newImage('A', '8-bit ramp', 24, 20, 1); newImage('B', '8-bit white', 30, 20, 1);";

    private static MacroRunner.Result macro(String text) {
        return MacroRunner.run(
                IMAGES
                        + text.replace(
                                "DENOISE", "run('" + FijiLayer.label(DENOISE) + "', '" + OPTIONS));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "selectImage('A'); DENOISE');",
                "DENOISE image=A');",
                "setBatchMode(true); newImage('C', '8-bit ramp', 8, 8, 1); selectImage('A');"
                        + " DENOISE');"
            })
    void theImageIsTheMacros(String text) throws Exception {
        FijiLayer.leaveBehind(IJ.createImage("stale", "8-bit black", 8, 8, 1));
        final MacroRunner.Result result =
                macro(text + "print(getTitle() + ' of ' + getWidth());").succeeded();
        assertEquals("A-denoised of 24\n", result.log());
    }

    @Test
    void theImageOfRunIsTakenThoughItIsHidden() {
        macro("").succeeded();
        final List<ImagePlus> images = new ArrayList<>();
        final List<CompletableFuture<Void>> runs = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            final ImagePlus hidden = IJ.createImage("H" + i, "8-bit ramp", 24 + i, 20, 1);
            images.add(hidden);
            runs.add(
                    CompletableFuture.runAsync(
                            () -> IJ.run(hidden, FijiLayer.label(DENOISE), OPTIONS)));
        }
        runs.forEach(CompletableFuture::join);
        assertEquals(List.of(), FijiLayer.told());
        final List<String> titles = new ArrayList<>();
        for (final int id : ij.macro.Interpreter.getBatchModeImageIDs())
            titles.add(ij.macro.Interpreter.getBatchModeImage(id).getTitle());
        for (final ImagePlus image : images)
            assertTrue(titles.contains(image.getTitle() + "-denoised"), titles.toString());
    }

    /** ImageJ writes what it noted when the menu's thread ends, whatever came of the command. */
    @Test
    void aCommandOfTheMenuThatIsGivenUpIsNotRecorded() throws Exception {
        final Field noted = Recorder.class.getDeclaredField("commandName");
        noted.setAccessible(true);
        noted.set(null, DENOISE);
        new DenoiseCommand().stopCaller();
        assertNull(Recorder.getCommand());
    }

    @Test
    void keysInsideOfValuesAreNone() {
        final MacroRunner.Result result =
                macro("rename('B sigma=x'); DENOISE image=[B sigma=x]'); print(getTitle());")
                        .succeeded();
        assertEquals("B sigma=x-denoised\n", result.log());
    }

    @Test
    void variablesOfTheMacroAreValues() {
        final MacroRunner.Result result =
                macro("which = 'A'; DENOISE image=&which'); print(getTitle());").succeeded();
        assertEquals("A-denoised\n", result.log());
    }

    @Test
    void aMacroThatCalledTheMacroIsTold() {
        final MacroRunner.Result result =
                macro(
                        "inner = getDirectory('temp') + 'inner.ijm';"
                                + "File.saveString(\"DENOISE seed=1.5'); print('went on');\","
                                + " inner);"
                                + "print(runMacro(inner));");
        assertEquals("[aborted]\n", result.log());
        assertEquals(1, FijiLayer.told().size(), FijiLayer.told().toString());
    }
}
