/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.imagej1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.ImagePlus;
import ij.plugin.frame.Recorder;
import java.util.List;
import java.util.Set;
import org.deqir.testing.MacroRunner;
import org.deqir.testing.ToyCommand;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.scijava.Context;
import org.scijava.command.CommandInfo;
import org.scijava.command.CommandService;
import org.scijava.module.Module;
import org.scijava.module.ModuleService;

/** A SciJava command in the macros of an ImageJ 1.x, as {@link ToyCommand} sees it. */
class DeqIRPlugInTest {

    private static final String TWO_IMAGES =
            """
            newImage("A", "8-bit ramp", 16, 8, 1);
            newImage("B", "8-bit black", 16, 8, 1);
            """;

    private static MacroRunner.Result toy(String options) {
        return MacroRunner.run(TWO_IMAGES + "run(\"DeqIR Toy...\", \"" + options + "\");");
    }

    @Test
    void everyKindOfInputIsReadFromTheOptions() {
        final String options =
                "noise=poisson-gaussian sigma=2.5e-1 strength=0.5 steps=3 seed=-9000000000"
                        + " model=[rgb prior] slices=[2-7, 9] preview=true hidden=seen";
        assertEquals(
                "B|poisson-gaussian|0.25|0.5|3|-9000000000|rgb prior|2-7, 9|true|seen\n",
                toy(options).succeeded().log());
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                "imp=A, A",
                "imp=[A], A",
                "slices=[SR [x4]], SR [x4]",
                "slices='2 3', 2 3",
                "slices=[], ''",
                "slices=[a sigma=9 model=x], a sigma=9 model=x",
                "slices='a preview', a preview",
                "slices=[a preview=true] steps=3, 5.0|1.0|3|1|grey prior|a preview=true|false",
                "preview, true",
                "steps=3 steps=4, 1.0|3|1",
            })
    void optionsFollowTheRulesOfMacros(String options, String expected) {
        final String log = toy(options).succeeded().log();
        assertTrue(("|" + log).contains("|" + expected.replace("''", "") + "|"), log);
    }

    @Test
    void missingKeysTakeTheirDefaultsWhateverWasUsedBefore() {
        final String defaults = "B|auto|5.0|1.0|16|1|grey prior|all|false|unseen\n";
        toy("sigma=1 steps=2 preview=true model=[rgb prior]").succeeded();
        assertEquals(defaults, toy("").succeeded().log());
        assertEquals(
                defaults, MacroRunner.run(TWO_IMAGES + "run('DeqIR Toy...');").succeeded().log());
    }

    @Test
    void givenInputsAreResolvedWhenTheCommandInitializes() {
        assertEquals(
                Set.of("sigma", "preview"), ToyCommand.given(() -> toy("sigma=1 preview=true")));
    }

    @Test
    void anImageIsNamedByItsId() {
        final String macro =
                "selectImage('A'); id = getImageID(); selectImage('B');"
                        + "run('DeqIR Toy...', 'imp=' + id); print(getTitle());";
        final MacroRunner.Result result = MacroRunner.run(TWO_IMAGES + macro).succeeded();
        assertTrue(result.log().endsWith("A-toyed\n"), result.log());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "setBatchMode(true);", "setBatchMode(true); setBatchMode(false);"})
    void theResultIsActiveAndTheNextCommandActsOnIt(String batchMode) {
        final MacroRunner.Result result =
                MacroRunner.run(
                                batchMode
                                        + TWO_IMAGES
                                        + "run('DeqIR Toy...', 'imp=A'); run('Invert');"
                                        + "print(getTitle() + ' ' + nImages);")
                        .succeeded();
        assertTrue(result.log().endsWith("\nA-toyed 3\n"), result.log());
        assertEquals(List.of("A", "B", "A-toyed"), result.titles());
        assertEquals(0, result.image("A").getProcessor().get(0, 0));
        assertEquals(0, result.image("B").getProcessor().get(0, 0));
        assertEquals(255, result.image("A-toyed").getProcessor().get(0, 0));
    }

    @Test
    void anImageOfJavaIsTheActiveImageOfTheMacro() {
        final ImagePlus image = ij.IJ.createImage("mine", "32-bit ramp", 8, 8, 2);
        final MacroRunner.Result result =
                MacroRunner.run(image, "run('DeqIR Toy...', 'steps=1');").succeeded();
        assertEquals(2, result.image("mine-toyed").getStackSize());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "imp=C; There is no open image named 'C'.",
                "sigma=wide; The macro option sigma=wide is not understood: a number is expected.",
                "steps=2.5; The macro option steps=2.5 is not understood: a whole number is"
                        + " expected.",
                "preview=yes; The macro option preview=yes is not understood: true or false is"
                        + " expected.",
                "SLICES=5; The key 'SLICES' is unknown: the nearest one is 'slices'.",
                "myslices=5; The key 'myslices' is unknown: the nearest one is 'slices'.",
                "Seed=7; The key 'Seed' is unknown: the nearest one is 'seed'.",
                "slices=my step.tif; The key 'step.tif' is unknown: the nearest one is 'steps'. A"
                        + " value with spaces needs [brackets].",
                "sigma; The key 'sigma' has no value: write sigma=value.",
                "slices=[2 [3]; The value of slices has no closing bracket: '[2 [3]'.",
                "noise=pink; noise=pink is not one I know.",
                "noise=error; the toy told this itself",
                "noise=cancel; the toy was cancelled because of its noise",
                "noise=quit; DeqIR Toy... was canceled.",
                "noise=stop; DeqIR Toy... was canceled.",
                "noise=throw; the toy broke",
            })
    void aFailureStopsTheMacroWithOneMessage(String options, String message) {
        final MacroRunner.Result result =
                MacroRunner.run(
                        TWO_IMAGES
                                + "for (i = 0; i < 2; i++) {"
                                + "  run('DeqIR Toy...', '"
                                + options
                                + "');"
                                + "  print('not reached');"
                                + "}");
        assertEquals(message, result.error());
        assertFalse(result.log().contains("not reached"), result.log());
        assertEquals(List.of("A", "B"), result.titles());
    }

    @Test
    void withoutAnImageTheMacroStops() {
        assertEquals(
                "There is no image open: open the image to work on first.",
                MacroRunner.run("run('DeqIR Toy...', 'steps=1'); print('no');").error());
    }

    @Test
    void aMacroRunsAfterAFailedOne() {
        toy("noise=throw").error();
        assertEquals(List.of("A", "B", "B-toyed"), toy("").succeeded().titles());
    }

    @Test
    void whatIsRecordedGivesTheSameRun() {
        MacroRunner.run(TWO_IMAGES).succeeded();
        final Context context = CommandContext.get();
        final CommandInfo command =
                context.service(CommandService.class).getCommand(ToyCommand.class);
        final Module module = context.service(ModuleService.class).createModule(command);
        final CommandRun run = new CommandRun(context, command);
        assertTrue(run.prepare(module));
        module.setInput("noise", "gaussian");
        module.setInput("slices", "2, 4");
        module.setInput("preview", true);
        Recorder.resetCommandOptions();
        run.recordOptions(module);
        final String options = Recorder.getCommandOptions();
        assertEquals(
                "noise=gaussian sigma=5.0 strength=1.0 steps=16 seed=1 model=[grey prior]"
                        + " slices=[2, 4] preview=true",
                options);
        assertEquals(
                "B|gaussian|5.0|1.0|16|1|grey prior|2, 4|true|unseen\n",
                toy(options).succeeded().log());
    }

    @Test
    void nothingRunsInFiji() {
        final String someClassOfFiji = "java.lang.String";
        HeadlessMessages.clear();
        new DeqIRPlugIn(someClassOfFiji).run(ToyCommand.class.getName());
        assertEquals(
                "DeqIR: this ImageJ has the DeqIR commands without the bridge;"
                        + " remove plugins/DeqIR_Bridge.jar.\n",
                HeadlessMessages.log());
    }
}
