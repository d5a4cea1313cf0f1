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
import ij.ImageStack;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import java.nio.file.Path;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.testing.MacroRunner;
import org.deqir.testing.MacroRunner.Result;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code neighbours} and {@code along}, by the text of real macros. */
class NeighbourMacroTest {

    private static final int SIZE = 72;
    private static final String DENOISE =
            "run('DeqIR Denoise...', 'model=smoother neighbours=2 %s');";

    @ParameterizedTest
    @ValueSource(strings = {"noise=auto", "noise=gaussian sigma=12", "noise=auto along=time"})
    void aPartOfTheStackIsRestoredAsInTheWhole(String keys) {
        final Result all = run(frames(7), keys);
        final Result part = run(frames(7), keys + " slices=3-4");
        for (int n = 1; n <= 2; n++)
            assertArrayEquals(
                    pixels(all.image("frames-denoised"), n + 2),
                    pixels(part.image("frames-denoised"), n),
                    "slice " + (n + 2));
    }

    @Test
    void virtualStacksGiveTheSame(@TempDir Path folder) {
        final ImagePlus frames = frames(5);
        final float[] expected = pixels(run(frames, "noise=auto").image("frames-denoised"), 3);
        final ImagePlus virtual = Images.virtual(frames(5));
        virtual.setTitle("frames.tif");
        final Result result =
                run(
                        virtual,
                        "noise=auto output=["
                                + folder.resolve("out.tif").toString().replace('\\', '/')
                                + "]");
        assertArrayEquals(expected, pixels(result.image("frames-denoised"), 3));
    }

    @Test
    void moreFramesLeaveLessNoiseAndSayHowMany() {
        final ImagePlus alone =
                MacroRunner.run(
                                frames(5),
                                DENOISE.formatted("noise=auto")
                                        .replace("=2", "=0")
                                        .replace('\'', '"'))
                        .succeeded()
                        .image("frames-denoised");
        final Result result = run(frames(5), "noise=auto exposures=true");
        final ImagePlus averaged = result.image("frames-denoised");
        assertTrue(error(averaged, 3) < 0.5 * error(alone, 3));
        assertTrue(error(averaged, 1) < 0.7 * error(alone, 1), "the first has two neighbours");
        final String info = (String) averaged.getProperty("Info");
        assertTrue(
                info.matches("(?s).*On average [34]\\.\\d\\d exposures entered each pixel.*"),
                info);
        assertTrue(info.contains("neighbours=2 along=auto exposures=true"), info);
        assertTrue(info.contains("the same for the whole stack"), info);
        final ImagePlus map = result.image("frames-denoised-exposures");
        assertEquals(5, map.getStackSize());
        assertEquals(32, map.getBitDepth());
        assertEquals(5, mean(map, 3), 0.3);
        assertEquals(3, mean(map, 1), 0.2);
        assertEquals("frames-denoised", result.titles().get(result.titles().size() - 1));
    }

    /** Half of the pixels are missing where they are filled in. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "DeqIR Deblur... | blur=gaussian width=1 noise=gaussian sigma=12 | deblurred",
                "DeqIR Deblur... | blur=gaussian width=1 noise=auto | deblurred",
                "DeqIR Inpaint... | missing=nan noise=gaussian sigma=12 | inpainted",
                "DeqIR Inpaint... | missing=nan noise=auto | inpainted"
            })
    void otherTasksAreHelpedAsWell(String command, String keys, String suffix) {
        final String run = "run(\"%s\", \"model=smoother slices=3 steps=4 neighbours=%s %s\");";
        final ImagePlus[] results = new ImagePlus[2];
        for (int i = 0; i < 2; i++) {
            final ImagePlus frames = frames(5);
            if (command.contains("Inpaint"))
                for (int n = 1; n <= 5; n++)
                    for (int k = 0; k < SIZE * SIZE; k++)
                        if (k * 7919 % 13 < 6) frames.getStack().getProcessor(n).setf(k, Float.NaN);
            results[i] =
                    MacroRunner.run(frames, run.formatted(command, 2 * i, keys))
                            .succeeded()
                            .image("frames-" + suffix);
        }
        final double ratio = error(results[1], 1) / error(results[0], 1);
        assertTrue(ratio < 0.6, () -> "share of the squared error that is left: " + ratio);
        final String info = (String) results[1].getProperty("Info");
        assertTrue(
                info.matches("(?s).*On average [45]\\.\\d\\d exposures entered each pixel.*"),
                info);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "noise=none | neighbours = 2 needs the noise, which tells what planes share",
                "mode=published | neighbours = 2 needs the noise"
            })
    void withoutNoiseThereIsNothingToAverage(String keys, String problem) {
        final String error =
                MacroRunner.run(
                                frames(3),
                                "run(\"DeqIR Deblur...\", \"width=1 neighbours=2 model=smoother "
                                        + keys
                                        + "\");")
                        .error();
        assertTrue(error.contains(problem), error);
    }

    @Test
    void noNeighboursIsWhatItWas() {
        final String plain = "run('DeqIR Denoise...', 'model=smoother noise=auto%s');";
        final Result before = MacroRunner.run(frames(3), plain.formatted("").replace('\'', '"'));
        final Result now =
                MacroRunner.run(
                        frames(3),
                        plain.formatted(" neighbours=0 along=z exposures=true").replace('\'', '"'));
        for (int n = 1; n <= 3; n++)
            assertArrayEquals(
                    pixels(before.image("frames-denoised"), n),
                    pixels(now.image("frames-denoised"), n));
        assertFalse(now.titles().contains("frames-denoised-exposures"));
    }

    /**
     * One evaluation is enough where half of a frame has changed, and chi-square knows the half.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void aFrameThatHasChangedInPartCostsNoMore(int binning) {
        final ImagePlus frames = frames(3);
        for (final int n : new int[] {1, 3})
            for (int i = 0; i < SIZE * SIZE; i++)
                if (i % SIZE < SIZE / 2)
                    frames.getStack()
                            .getProcessor(n)
                            .setf(i, frames.getStack().getProcessor(n).getf(i) + 90);
        final String keys = "noise=gaussian sigma=12 slices=2 binning=" + binning;
        final ImagePlus alone =
                MacroRunner.run(
                                frames,
                                DENOISE.formatted(keys)
                                        .replace("neighbours=2", "neighbours=0")
                                        .replace('\'', '"'))
                        .succeeded()
                        .image("frames-denoised");
        final ImagePlus averaged = run(frames, keys).image("frames-denoised");
        assertEquals(
                alone.getProp("DeqIR network evaluations"),
                averaged.getProp("DeqIR network evaluations"));
        final double chiSquare =
                Double.parseDouble(averaged.getProp("DeqIR re-degradation chi-square"));
        // 1.24 where the changed half counted as having the noise of three exposures
        assertTrue(chiSquare > 0.7 && chiSquare < 1.1, () -> "chi-square " + chiSquare);
        final double[] errors = new double[4];
        for (int i = 0; i < SIZE * SIZE; i++) {
            final int half = i % SIZE / (SIZE / 2);
            errors[half] += Math.pow(alone.getProcessor().getf(i) - scene()[i], 2);
            errors[2 + half] += Math.pow(averaged.getProcessor().getf(i) - scene()[i], 2);
        }
        assertTrue(errors[2] < 1.05 * errors[0], () -> "changed half " + errors[2] / errors[0]);
        assertTrue(errors[3] < 0.85 * errors[1], () -> "the other half " + errors[3] / errors[1]);
    }

    @Test
    void blankFramesAreCopiedAndHelpNobody() {
        final ImagePlus frames = frames(5);
        frames.getStack().getProcessor(3).set(100);
        final Result result = run(frames, "noise=auto exposures=true");
        assertEquals(100, pixels(result.image("frames-denoised"), 3)[7]);
        assertEquals(4, mean(result.image("frames-denoised-exposures"), 4) + 1, 1.2);
    }

    /** Channels are denoised each for itself, along time or depth. */
    @ParameterizedTest
    @CsvSource({"auto, 1, 3", "time, 1, 3", "z, 1, 2", "auto, 4, 1"})
    void hyperstacksHaveNeighboursAlongEitherAxis(String along, int slices, int frames) {
        final int depth = along.equals("z") ? 3 : slices;
        final ImagePlus image = frames(2 * depth * frames);
        image.setDimensions(2, depth, frames);
        image.setOpenAsHyperStack(true);
        final Result result = run(image, "noise=gaussian sigma=12 exposures=true along=" + along);
        assertEquals(image.getStackSize(), result.image("frames-denoised").getStackSize());
        final double most = along.equals("z") ? 3 : Math.max(slices, frames);
        assertTrue(
                mean(result.image("frames-denoised-exposures"), 1) > 0.8 * Math.min(3, most),
                () -> "" + mean(result.image("frames-denoised-exposures"), 1));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1 | along=auto | neighbours = 2: 'frames.tif' has one plane only",
                "3 | along=z | along = 'z': 'frames.tif' has one slice only, and 3 frames",
                "3 | neighbours=11 | neighbours = 11 is too large: at most 10",
                "3 | along=depth | along = 'depth' is unknown"
            })
    void whatCannotBeIsToldInASentence(int frames, String keys, String problem) {
        final String macro = DENOISE.formatted("noise=auto " + keys).replace('\'', '"');
        final String error =
                MacroRunner.run(
                                frames(frames),
                                keys.startsWith("neighbours")
                                        ? macro.replace("neighbours=2 ", "")
                                        : macro)
                        .error();
        assertTrue(error.contains(problem), error);
    }

    private static Result run(ImagePlus image, String keys) {
        return MacroRunner.run(image, DENOISE.formatted(keys).replace('\'', '"')).succeeded();
    }

    /** Frames of a plane that rises slowly, with Gaussian noise. */
    private static ImagePlus frames(int count) {
        final ImageStack stack = new ImageStack(SIZE, SIZE);
        for (int n = 0; n < count; n++)
            stack.addSlice(
                    new FloatProcessor(
                            SIZE, SIZE, new NoiseModel.Gaussian(12).simulate(scene(), n)));
        final ImagePlus image = new ImagePlus("frames.tif", stack);
        image.setDimensions(1, 1, count);
        return image;
    }

    private static float[] scene() {
        final float[] scene = new float[SIZE * SIZE];
        for (int i = 0; i < scene.length; i++)
            scene[i] = 200 + i % SIZE + 30 * (float) Math.sin(i / SIZE * 0.2);
        return scene;
    }

    private static float[] pixels(ImagePlus image, int slice) {
        final ImageProcessor ip = image.getStack().getProcessor(slice).convertToFloat();
        return ((float[]) ip.getPixels()).clone();
    }

    private static double mean(ImagePlus image, int slice) {
        return image.getStack().getProcessor(slice).getStatistics().mean;
    }

    private static double error(ImagePlus image, int slice) {
        double sum = 0;
        final float[] found = pixels(image, slice);
        final float[] truth = scene();
        for (int i = 0; i < truth.length; i++) sum += Math.pow(found[i] - truth[i], 2);
        return sum;
    }
}
