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
import ij.process.ImageProcessor;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.deqir.command.task.CostSentence;
import org.deqir.testing.MacroRunner;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.scijava.Context;
import org.scijava.command.CommandModule;
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

    private static ImagePlus image(int size, int slices, boolean clipped) {
        final ImagePlus image = ij.IJ.createImage("cells", "8-bit ramp", size, size, slices);
        for (int s = 1; s <= slices; s++) {
            final ImageProcessor ip = image.getStack().getProcessor(s);
            ip.multiply(0.5);
            ip.add(40);
            ip.noise(2);
            if (clipped) ip.set(3, 3, 255);
        }
        return image;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "DenoiseCommand; 40; 1; false; noise=gaussian sigma=9",
                "DenoiseCommand; 40; 3; false; noise=gaussian sigma=9",
                "DenoiseCommand; 40; 1; true; noise=gaussian sigma=9",
                "DenoiseCommand; 72; 1; false; noise=gaussian sigma=9",
                "DenoiseCommand; 72; 1; true; noise=gaussian sigma=9",
                "DenoiseCommand; 72; 3; false; noise=gaussian sigma=9",
                "DenoiseCommand; 72; 2; false; noise=poisson-gaussian gain=2 readout=3",
                "DenoiseCommand; 72; 1; false; noise=gaussian sigma=9 mode=sample samples=3",
                "DenoiseCommand; 72; 1; false; noise=gaussian sigma=9 strength=9",
                "DenoiseCommand; 72; 1; false; noise=gaussian sigma=9 strength=9 binning=1",
                "DenoiseCommand; 72; 2; true; noise=gaussian sigma=9 strength=9 binning=2",
                "DenoiseCommand; 40; 1; false; noise=gaussian sigma=9 strength=9 mode=sample",
                "DeblurCommand; 40; 1; false; width=1 noise=gaussian sigma=4",
                "DeblurCommand; 40; 2; true; width=1 noise=gaussian sigma=4",
                "DeblurCommand; 40; 1; false; width=1 noise=gaussian sigma=4 steps=3",
                "DeblurCommand; 40; 1; false; width=1 noise=gaussian sigma=4 mode=sample samples=2",
                "DeblurCommand; 40; 1; false; width=1 noise=gaussian sigma=4 solver=sequential",
                "SuperResolutionCommand; 24; 1; false; scale=2 noise=gaussian sigma=4",
                "InpaintCommand; 24; 1; true; missing=saturated noise=none",
                "ShowTrajectoryCommand; 24; 1; false; task=deblur width=1 noise=gaussian sigma=4"
            })
    void theEvaluationsThatAreAnnouncedRun(
            String name, int size, int slices, boolean clipped, String options) throws Exception {
        final Class<? extends DeqirCommand> type =
                Class.forName("org.deqir.command." + name).asSubclass(DeqirCommand.class);
        try (Context context = new Context()) {
            final RestorationCommand command =
                    (RestorationCommand) type.getDeclaredConstructor().newInstance();
            context.inject(command);
            final Module module =
                    new CommandModule(
                            context.service(CommandService.class).getCommand(type), command);
            final Map<String, Object> keys = new HashMap<>();
            for (final String option : (options + " model=smoother").split(" ")) {
                final String[] pair = option.split("=");
                keys.put(
                        pair[0],
                        context.service(ConvertService.class)
                                .convert(pair[1], module.getInfo().getInput(pair[0]).getType()));
            }
            keys.put("image", image(size, slices, clipped));
            keys.forEach(module::setInput);
            command.updateCost();
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
        final ImagePlus image = image(24, 4, false);
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
