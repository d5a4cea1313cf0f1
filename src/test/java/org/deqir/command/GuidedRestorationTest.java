/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.ImagePlus;
import ij.gui.Plot;
import ij.gui.Roi;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import java.util.Arrays;
import java.util.Map;
import org.deqir.command.ui.LossPlot;
import org.deqir.testing.MacroRunner;
import org.deqir.testing.MacroRunner.Result;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.scijava.Context;
import org.scijava.command.CommandService;
import org.scijava.event.EventHandler;
import org.scijava.event.EventService;
import org.scijava.module.Module;
import org.scijava.task.Task;
import org.scijava.task.event.TaskEvent;

/** Guided Restoration, Show Trajectory and the key optimize, as macros use them. */
@Tag("slow")
class GuidedRestorationTest {

    private static final int WIDTH = 40;
    private static final int HEIGHT = 32;
    private static final String KEYS = " noise=gaussian sigma=2 steps=4 model=smoother";

    @AfterEach
    void release() {
        SmootherService.onCall(() -> {});
    }

    /** Two spots, 100 to 200 grey levels. */
    private static ImagePlus spots(String title, double radius) {
        final FloatProcessor spots = new FloatProcessor(WIDTH, HEIGHT);
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++)
                spots.setf(
                        x,
                        y,
                        (float)
                                (100
                                        + 100
                                                * Math.exp(
                                                        -(square(x - 10) + square(y - 12)) / radius)
                                        + 80
                                                * Math.exp(
                                                        -(square(x - 28) + square(y - 20))
                                                                / radius)));
        return new ImagePlus(title, spots);
    }

    private static double square(double value) {
        return value * value;
    }

    private static float[] pixels(ImagePlus image) {
        return (float[]) image.getStack().getProcessor(1).convertToFloatProcessor().getPixels();
    }

    private static double distance(ImagePlus a, ImagePlus b, Roi roi, boolean inside) {
        double sum = 0;
        int count = 0;
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++)
                if (roi == null || roi.contains(x, y) == inside) {
                    sum += square(a.getProcessor().getf(x, y) - b.getProcessor().getf(x, y));
                    count++;
                }
        return Math.sqrt(sum / count);
    }

    private static String info(ImagePlus image) {
        return String.valueOf(image.getProperty("Info"));
    }

    /** The reference shows what was lost in a hole of the image: a third spot. */
    private static final String INPAINT =
            """
            title = getTitle();
            run('Duplicate...', 'title=reference');
            makeOval(15, 12, 8, 8); run('Add...', 'value=90'); run('Select None');
            run('Gaussian Blur...', 'sigma=1');
            selectImage(title);
            run('Duplicate...', 'title=holes');
            makeRectangle(12, 8, 14, 15); run('Set...', 'value=0');
            run('Select None');
            run('DeqIR Inpaint...', 'missing=zeros%1$s');
            selectImage('holes');
            %2$s
            run('DeqIR Guided Restoration...', 'task=inpaint missing=zeros reference=reference weight=5 rounds=%3$d rate=0.05 %4$s%1$s');
            """;

    @Test
    void theResultComesNearerToTheReference() {
        final Result result =
                MacroRunner.run(spots("spots.tif", 30), INPAINT.formatted(KEYS, "", 25, ""))
                        .succeeded();
        final ImagePlus guided = result.image("holes-guided");
        final ImagePlus reference = result.image("reference");
        final Roi hole = new Roi(12, 8, 14, 15);
        final double before = distance(result.image("holes-inpainted"), reference, hole, true);
        final double after = distance(guided, reference, hole, true);
        assertTrue(after < 0.8 * before, before + " to " + after + "; " + info(guided));
        assertTrue(info(guided).contains("DeqIR optimization: ended after "), info(guided));
        assertTrue(info(guided).contains("reference=reference"), info(guided));
    }

    /** The exact gradient by another way gives the same; others, and another prior, do not. */
    @Test
    void theGradientIsTheMacros() {
        final float[] usual = guided("");
        assertArrayEquals(usual, guided("gradient=unrolled startprior=0.01"));
        assertArrayEquals(usual, guided("gradient=implicit bound=0"), 0.5f);
        assertFalse(Arrays.equals(usual, guided("gradient=phantom")));
        assertFalse(
                Arrays.equals(
                        guided("gradient=phantom terms=2 tau=0.5"), guided("gradient=phantom")));
        assertFalse(Arrays.equals(usual, guided("startprior=2")));
    }

    private static float[] guided(String options) {
        return pixels(
                MacroRunner.run(spots("spots.tif", 30), INPAINT.formatted(KEYS, "", 4, options))
                        .succeeded()
                        .image("holes-guided"));
    }

    /** With a selection for the reference the hole is filled as a whole, but guided there only. */
    @Test
    void aSelectionLimitsTheReferenceNotTheRestoration() {
        final Result result =
                MacroRunner.run(
                                spots("spots.tif", 30),
                                INPAINT.formatted(
                                        KEYS,
                                        "makeRectangle(14, 9, 10, 5);",
                                        25,
                                        "region=selection"))
                        .succeeded();
        final ImagePlus guided = result.image("holes-guided");
        final ImagePlus unguided = result.image("holes-inpainted");
        final ImagePlus reference = result.image("reference");
        final Roi roi = new Roi(14, 9, 10, 5);
        assertTrue(
                distance(guided, reference, roi, true)
                        < 0.9 * distance(unguided, reference, roi, true));
        final Roi far = new Roi(4, -1, 30, 25);
        assertTrue(distance(guided, unguided, far, false) < 1, "far from the selection");
        assertTrue(guided.getProcessor().getf(18, 20) > 50, "filled outside the selection");
    }

    @Test
    void superResolutionTakesAReferenceOfTheResultsSize() {
        final Result result =
                MacroRunner.run(
                                spots("spots.tif", 30),
                                """
                                run('Duplicate...', 'title=reference');
                                run('Size...', 'width=80 height=64 interpolation=Bicubic');
                                selectImage('spots.tif');
                                run('DeqIR Guided Restoration...', 'task=super-resolution scale=2 reference=reference fit=true detail=0.5 rounds=2%s');
                                """
                                        .formatted(KEYS))
                        .succeeded();
        assertEquals(80, result.image("spots-guided").getWidth());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "DeqIR Deblur...', 'width=1.5",
                "DeqIR Super-Resolution...', 'scale=2",
                "DeqIR Inpaint...', 'missing=selection",
            })
    void optimizeIsToldInTheInfo(String command) {
        final ImagePlus image = spots("spots.tif", 30);
        image.setRoi(10, 10, 5, 5);
        final Result result =
                MacroRunner.run(image, "run('%s optimize=3%s');".formatted(command, KEYS))
                        .succeeded();
        final ImagePlus restored = result.images().get(1);
        assertTrue(info(restored).contains("DeqIR optimization: ended after "), info(restored));
        assertTrue(info(restored).contains(" of 3 rounds"), info(restored));
        assertTrue(info(restored).contains("optimize=3"), info(restored));
    }

    @Test
    void withoutOptimizeNothingIsSaidOfIt() {
        final Result result =
                MacroRunner.run(
                                spots("spots.tif", 30),
                                "run('DeqIR Deblur...', 'width=1.5%s');".formatted(KEYS))
                        .succeeded();
        assertFalse(info(result.image("spots-deblurred")).contains("optimization"));
    }

    /** Remembers the task of the command that runs. */
    private static final class Canceler {

        private Task task;

        @EventHandler
        void onEvent(TaskEvent event) {
            task = event.getTask();
        }
    }

    @Test
    void aCancelledOptimisationGivesTheBestSoFarMarkedAsSuch() throws Exception {
        try (Context context = new Context()) {
            final Canceler canceler = new Canceler();
            context.service(EventService.class).subscribe(canceler);
            final int start = SmootherService.calls();
            // 4 levels before; then the short chain and its gradient take 3 + 2·3 calls a round.
            SmootherService.onCall(
                    () -> {
                        if (SmootherService.calls() == start + 36) canceler.task.cancel("enough");
                    });
            final ImagePlus reference = spots("reference", 20);
            reference.show();
            final Module module =
                    context.service(CommandService.class)
                            .run(
                                    GuidedRestorationCommand.class,
                                    true,
                                    Map.of(
                                            "image",
                                            spots("spots.tif", 30),
                                            "task",
                                            "deblur",
                                            "width",
                                            1.5,
                                            "noise",
                                            "gaussian",
                                            "sigma",
                                            2,
                                            "steps",
                                            4,
                                            "model",
                                            "smoother",
                                            "rounds",
                                            50,
                                            "reference",
                                            String.valueOf(reference.getID())))
                            .get();
            reference.close();
            final ImagePlus result = (ImagePlus) module.getOutput("result");
            assertEquals("spots-guided (cancelled after 4 of 50 rounds)", result.getTitle());
            assertTrue(
                    info(result)
                            .contains(
                                    "DeqIR optimization: cancelled after 4 of 50 rounds (the best so"
                                            + " far)"),
                    info(result));
            assertTrue(SmootherService.calls() <= start + 37, "stops within one call");
        }
    }

    @Test
    void aTrajectoryEndsWithTheRestoredImage() {
        final Result result =
                MacroRunner.run(
                                spots("spots.tif", 30),
                                """
                                run('DeqIR Deblur...', 'width=1.5%1$s');
                                selectImage('spots.tif');
                                run('DeqIR Show Trajectory...', 'task=deblur width=1.5%1$s');
                                getDimensions(w, h, channels, slices, frames);
                                print(channels + ' ' + slices + ' ' + bitDepth());
                                """
                                        .formatted(KEYS))
                        .succeeded();
        // Before it the log says that the noise is stated too large for these spots.
        assertTrue(result.log().trim().endsWith("\n2 5 32"), result.log());
        final ImagePlus trajectory = result.image("spots-trajectory");
        final float[] restored = pixels(result.image("spots-deblurred"));
        for (int c = 1; c <= 2; c++) assertArrayEquals(restored, channel(trajectory, c, 5), 1e-3f);
        assertEquals("state restored", label(trajectory, 1, 5));
        assertTrue(
                label(trajectory, 1, 1).matches("state sigma=0\\.80* t=\\d+\\.\\d"),
                label(trajectory, 1, 1));
        assertTrue(label(trajectory, 2, 4).startsWith("estimate sigma="));
        // States are in the image's grey levels at all levels of noise.
        for (int level = 1; level <= 5; level++) {
            double mean = 0;
            for (final float value : channel(trajectory, 1, level)) mean += value;
            mean /= WIDTH * HEIGHT;
            assertTrue(mean > 90 && mean < 140, "mean " + mean + " at level " + level);
        }
        assertTrue(info(trajectory).contains("DeqIR levels: 4"), info(trajectory));
    }

    @Test
    void aTrajectoryOfRgbHasSixChannels() {
        final ImagePlus image = Images.hyperstack(24, 1, 1, 1);
        final Result result =
                MacroRunner.run(
                                image,
                                "run('DeqIR Show Trajectory...', 'task=denoise noise=gaussian sigma=9"
                                        + " model=smoother-rgb');")
                        .succeeded();
        final ImagePlus trajectory = result.images().get(1);
        assertEquals(6, trajectory.getNChannels());
        assertEquals(2, trajectory.getNSlices());
    }

    private static float[] channel(ImagePlus image, int c, int z) {
        final ImageProcessor processor =
                image.getStack().getProcessor(image.getStackIndex(c, z, 1));
        return (float[]) processor.getPixels();
    }

    private static String label(ImagePlus image, int c, int z) {
        return image.getStack().getSliceLabel(image.getStackIndex(c, z, 1));
    }

    @Test
    void theLossCurveGrowsAndBeginsAnew() {
        final LossPlot curve = new LossPlot("loss");
        for (int i = 0; i < 4; i++) curve.add(i, 1.0 / (i + 1));
        final Plot plot = curve.plot();
        assertArrayEquals(new float[] {1, 0.5f, 1 / 3f, 0.25f}, plot.getYValues(), 1e-6f);
        assertArrayEquals(new float[] {0, 1, 2, 3}, plot.getXValues());
        curve.add(0, 5);
        assertArrayEquals(new float[] {5}, curve.plot().getYValues());
    }
}
