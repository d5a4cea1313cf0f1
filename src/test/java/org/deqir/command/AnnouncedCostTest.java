/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.ImagePlus;
import ij.macro.Interpreter;
import ij.process.ImageProcessor;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.deqir.command.base.DeqirCommand;
import org.deqir.command.base.RestorationCommand;
import org.deqir.command.task.CostSentence;
import org.deqir.testing.MacroRunner;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.scijava.Context;
import org.scijava.command.CommandService;
import org.scijava.convert.ConvertService;
import org.scijava.module.Module;

/** What a dialog announces is what runs: images through the network, counted there. */
class AnnouncedCostTest {

    private static final Pattern COST =
            Pattern.compile("(\\d+) slices?, (\\d+)(?: to (\\d+))? network evaluations?: about .*");

    @AfterEach
    void release() {
        SmootherService.onCall(() -> {});
    }

    private static ImagePlus image(int size, int slices, String kind) {
        final ImagePlus image =
                ij.IJ.createImage(
                        "cells",
                        kind.equals("rgb") ? "RGB ramp" : "8-bit ramp",
                        size,
                        size,
                        slices);
        for (int s = 1; s <= slices; s++) {
            final ImageProcessor ip = image.getStack().getProcessor(s);
            ip.multiply(0.5);
            ip.add(40);
            ip.noise(2);
            if (kind.equals("clipped")) ip.set(3, 3, 255);
            if (kind.equals("bright")) {
                ip.multiply(0.1);
                for (int i = 0; i < 9; i++)
                    ip.set(size / 2 + i % 3, size / 2 + i / 3, i == 4 ? 250 : 140);
            }
        }
        return image;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "DenoiseCommand; 40; 1; gray; noise=gaussian sigma=9",
                "DenoiseCommand; 40; 3; gray; noise=gaussian sigma=9",
                "DenoiseCommand; 40; 1; clipped; noise=gaussian sigma=9",
                "DenoiseCommand; 72; 1; gray; noise=gaussian sigma=9",
                "DenoiseCommand; 72; 1; clipped; noise=gaussian sigma=9",
                "DenoiseCommand; 72; 3; gray; noise=gaussian sigma=9",
                "DenoiseCommand; 72; 2; gray; noise=poisson-gaussian gain=2 readout=3",
                "DenoiseCommand; 72; 1; gray; noise=gaussian sigma=9 mode=sample samples=3",
                "DenoiseCommand; 72; 1; gray; noise=gaussian sigma=9 strength=9",
                "DenoiseCommand; 72; 1; gray; noise=gaussian sigma=9 strength=9 binning=1",
                "DenoiseCommand; 72; 2; clipped; noise=gaussian sigma=9 strength=9 binning=2",
                "DenoiseCommand; 40; 1; gray; noise=gaussian sigma=9 strength=9 mode=sample",
                "DeblurCommand; 40; 1; gray; width=1 noise=gaussian sigma=4",
                "DeblurCommand; 40; 2; clipped; width=1 noise=gaussian sigma=4",
                "DeblurCommand; 40; 1; gray; width=1 noise=gaussian sigma=4 steps=3",
                "DeblurCommand; 40; 1; gray; width=1 noise=gaussian sigma=4 mode=sample samples=2",
                "DeblurCommand; 40; 1; gray; width=1 noise=gaussian sigma=4 solver=sequential",
                "SuperResolutionCommand; 24; 1; gray; scale=2 noise=gaussian sigma=4",
                "InpaintCommand; 24; 1; clipped; missing=saturated noise=none",
                "DenoiseCommand; 40; 1; rgb; noise=gaussian sigma=9",
                "DenoiseCommand; 72; 1; rgb; noise=gaussian sigma=9",
                "DeblurCommand; 24; 1; rgb; width=1 noise=gaussian sigma=4 model=smoother-rgb",
                "DeblurCommand; 24; 1; gray; width=1 noise=gaussian sigma=4 steps=4 solver=anderson",
                "DeblurCommand; 24; 1; gray; width=1 noise=gaussian sigma=4 steps=4 solver=triangular"
                        + " iterations=9",
                "DeblurCommand; 24; 2; gray; width=1 noise=gaussian sigma=4 steps=5 warm=true",
                "DenoiseCommand; 96; 1; bright; noise=gaussian sigma=1",
                "DeblurCommand; 96; 1; bright; width=1 noise=gaussian sigma=1",
                "DeblurCommand; 96; 2; bright; width=1 noise=gaussian sigma=1",
                "InpaintCommand; 96; 1; bright; missing=zeros noise=gaussian sigma=1",
                "SuperResolutionCommand; 96; 1; bright; scale=2 noise=gaussian sigma=1",
                "ColorizeCommand; 24; 1; gray; model=smoother-rgb",
                "CompressedSensingCommand; 32; 1; sensed; noise=gaussian sigma=1 ratio=0.5",
                "InpaintCommand; 24; 1; clipped; missing=saturated noise=none optimize=3 steps=4",
                "SuperResolutionCommand; 24; 1; gray; scale=2 noise=gaussian sigma=4 optimize=2",
                "GuidedRestorationCommand; 24; 1; gray; task=deblur width=1 noise=gaussian sigma=4"
                        + " reference=other rounds=2 steps=4",
                "ShowTrajectoryCommand; 24; 1; gray; task=deblur width=1 noise=gaussian sigma=4"
            })
    void theEvaluationsThatAreAnnouncedRun(
            String name, int size, int slices, String kind, String options) throws Exception {
        final Class<? extends DeqirCommand> type =
                Class.forName("org.deqir.command." + name).asSubclass(DeqirCommand.class);
        final boolean batchMode = Interpreter.batchMode;
        final ImagePlus reference = image(size, 1, "gray");
        reference.setTitle("other");
        try (Context context = new Context()) {
            final RestorationCommand command =
                    (RestorationCommand) type.getDeclaredConstructor().newInstance();
            context.inject(command);
            final Module module =
                    context.service(CommandService.class).getCommand(type).createModule(command);
            final Map<String, Object> keys = new HashMap<>();
            for (final String option : ("model=smoother " + options).split(" ")) {
                final String[] pair = option.split("=");
                keys.put(
                        pair[0],
                        context.service(ConvertService.class)
                                .convert(pair[1], module.getInfo().getInput(pair[0]).getType()));
            }
            ImagePlus measured = image(size, slices, kind);
            if (kind.equals("sensed"))
                measured =
                        (ImagePlus)
                                context.service(CommandService.class)
                                        .run(
                                                DegradeCommand.class,
                                                true,
                                                Map.of(
                                                        "image",
                                                        measured,
                                                        "operator",
                                                        "sensing",
                                                        "ratio",
                                                        0.5))
                                        .get()
                                        .getOutput("result");
            keys.put("image", measured);
            if (options.contains("reference")) {
                Interpreter.batchMode = true;
                Interpreter.addBatchModeImage(reference);
            }
            keys.forEach(module::setInput);
            command.updateStatus();
            final String cost = String.valueOf(module.getInput("cost"));
            final Matcher announced = COST.matcher(cost);
            assertTrue(announced.matches(), cost);
            final long before = SmootherService.images();
            final Module run = context.service(CommandService.class).run(type, true, keys).get();
            assertNotNull(run.getOutput("result"));
            final long ran = SmootherService.images() - before;
            final long least = Long.parseLong(announced.group(2));
            final long most =
                    announced.group(3) == null ? least : Long.parseLong(announced.group(3));
            assertTrue(least <= ran && ran <= most, ran + " ran, announced: " + cost);
            assertEquals(slices, Integer.parseInt(announced.group(1)));
        } finally {
            Interpreter.removeBatchModeImage(reference);
            Interpreter.batchMode = batchMode;
        }
    }

    @Test
    void memoryIsNeverNothing() {
        assertEquals("1 MB", CostSentence.memory(3));
        assertEquals("48 MB", CostSentence.memory(48_100_000));
        assertEquals("2.4 GB", CostSentence.memory(2_400_000_000L));
    }

    @Test
    void anImageThatIsClosedDuringARunIsNamed() {
        final ImagePlus image = image(24, 4, "gray");
        image.setTitle("going");
        final int start = SmootherService.calls();
        SmootherService.onCall(
                () -> {
                    if (SmootherService.calls() == start + 3) image.flush();
                });
        final MacroRunner.Result result =
                MacroRunner.run(
                        image,
                        "run('DeqIR Deblur...', 'width=1 noise=gaussian sigma=9 steps=4"
                                + " model=smoother');");
        assertTrue(result.error().contains("'going' was closed"), result.error());
    }
}
