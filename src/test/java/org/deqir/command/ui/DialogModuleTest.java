/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.ui;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.ImagePlus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.deqir.command.DeblurCommand;
import org.deqir.command.DenoiseCommand;
import org.deqir.command.Images;
import org.deqir.command.SuperResolutionCommand;
import org.deqir.command.base.DeqirCommand;
import org.deqir.command.dialog.DialogPreprocessor;
import org.deqir.command.image.StoredDegradation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.scijava.Context;
import org.scijava.command.CommandService;
import org.scijava.module.Module;
import org.scijava.module.ModuleItem;

/** What a dialog shows of a command, where there is none to look at. */
class DialogModuleTest {

    private final Context context = new Context();

    @AfterEach
    void dispose() {
        context.dispose();
    }

    private Module module(DeqirCommand command, ImagePlus image) {
        context.inject(command);
        final Module module =
                context.service(CommandService.class)
                        .getCommand(command.getClass())
                        .createModule(command);
        module.setInput("image", image);
        module.resolveInput("image");
        return module;
    }

    private static List<String> names(Iterable<ModuleItem<?>> items) {
        final List<String> names = new ArrayList<>();
        items.forEach(item -> names.add(item.getName()));
        return names;
    }

    @Test
    void theTasksKeysComeFirst() {
        final DeblurCommand command = new DeblurCommand();
        final Module module = module(command, Images.hyperstack(8, 1, 2, 1));
        final Module dialog = command.dialog(module);
        assertEquals(
                List.of(
                        "blur",
                        "width",
                        "height",
                        "psf",
                        "na",
                        "wavelength",
                        "modality",
                        "border",
                        "taps",
                        "dimensions",
                        "noiseheading",
                        "noise",
                        "sigma",
                        "gain",
                        "offset",
                        "readout",
                        "neighbours",
                        "along",
                        "exposures",
                        "samplingheading",
                        "model",
                        "mode",
                        "samples",
                        "seed",
                        "slices",
                        "output",
                        "warm",
                        "optimize",
                        "steps",
                        "solver",
                        "iterations",
                        "tolerance",
                        "etw",
                        "nw",
                        "spacing",
                        "first",
                        "start",
                        "range",
                        "held",
                        "history",
                        "regularization",
                        "mixing",
                        "gradient",
                        "tau",
                        "terms",
                        "bound",
                        "startprior",
                        "precision",
                        "device",
                        "preview",
                        "cost"),
                names(dialog.getInfo().inputs()));
    }

    @Test
    void choicesAreThoseOfNow() {
        final DenoiseCommand command = new DenoiseCommand();
        final Module dialog = command.dialog(module(command, Images.hyperstack(8, 1, 1, 1)));
        final List<?> models = dialog.getInfo().getInput("model").getChoices();
        assertEquals("auto", models.get(0));
        assertTrue(models.contains("microscopy-gray"), models.toString());
        assertEquals(
                List.of("auto", "gaussian", "poisson-gaussian"),
                dialog.getInfo().getInput("noise").getChoices());
    }

    @Test
    void theLastLineSaysWhatIsMissingAndThenWhatItCosts() throws Exception {
        final DeblurCommand command = new DeblurCommand();
        final Module module = module(command, Images.hyperstack(8, 1, 3, 1));
        final Module dialog = command.dialog(module);
        assertTrue(
                String.valueOf(dialog.getInput("cost")).startsWith("width is missing"),
                String.valueOf(dialog.getInput("cost")));
        dialog.setInput("width", 1.5);
        dialog.setInput("model", "smoother");
        dialog.getInfo().getInput("width").callback(dialog);
        assertTrue(
                String.valueOf(dialog.getInput("cost"))
                        .matches("3 slices, \\d+ network evaluations: about .* of memory.*"),
                String.valueOf(dialog.getInput("cost")));
        assertEquals(1.5, module.getInput("width"), "values are the command's own");
    }

    @Test
    void whatDegradeStoredStandsInTheDialog() {
        final ImagePlus image = Images.hyperstack(8, 1, 1, 1);
        StoredDegradation.store(image, Map.of("scale", 4, "kernel", "bicubic", "noise", "none"));
        final SuperResolutionCommand command = new SuperResolutionCommand();
        final Module dialog = command.dialog(module(command, image));
        assertEquals(4, dialog.getInput("scale"));
        assertEquals("bicubic", dialog.getInput("kernel"));
        assertEquals("none", dialog.getInput("noise"));
    }

    @Test
    void thereIsNoDialogOnceAnyKeyIsGiven() {
        final DenoiseCommand command = new DenoiseCommand();
        final Module module = module(command, Images.hyperstack(8, 1, 1, 1));
        module.setInput("sigma", 5.0);
        module.resolveInput("sigma");
        final Module dialog = DialogPreprocessor.prepare(module);
        assertFalse(dialog.getInfo().inputs().iterator().hasNext());
        assertTrue(module.isInputResolved("steps"), "nobody asks for the others");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nothingIsLeftForASecondDialog(boolean keyGiven) {
        final DeblurCommand command = new DeblurCommand();
        final Module module = module(command, Images.hyperstack(8, 1, 1, 1));
        if (keyGiven) module.resolveInput("width");
        final DialogPreprocessor preprocessor = new DialogPreprocessor();
        context.inject(preprocessor);
        preprocessor.process(module);
        final List<String> open = names(module.getInfo().inputs());
        open.removeIf(module::isInputResolved);
        assertEquals(List.of(), open);
    }

    @Test
    void otherCommandsAreLeftAlone() {
        final Module other = new org.scijava.module.DefaultMutableModule();
        assertEquals(other, DialogPreprocessor.prepare(other));
    }
}
