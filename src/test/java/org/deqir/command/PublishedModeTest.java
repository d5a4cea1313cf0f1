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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.deqir.testing.Fixtures;
import org.deqir.testing.MacroRunner;
import org.deqir.testing.MacroRunner.Result;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code mode=published} by the text of real macros, headless. */
@Tag("slow")
class PublishedModeTest {

    private static final Path PAGE = Path.of("src/site/markdown/published-method.md");

    private static final Pattern SMALL_FILES = Pattern.compile("\\[/path/to/[^]]*\\.(pt|ckpt)\\]");

    /** A measurement of blocks of 2 × 2 pixels: a bright square on a ramp. */
    private static final String COARSE =
            """
            newImage('truth', '32-bit ramp', 32, 24, 1);
            makeRectangle(8, 6, 9, 7);
            run('Add...', 'value=0.5');
            run('Select None');
            run('DeqIR Degrade...', 'operator=downsampling scale=2');
            rename('coarse');
            """;

    private static final String ENLARGE =
            "run('DeqIR Super-Resolution...', 'mode=published model=smoother %s');";

    private static float[] pixels(ImagePlus image) {
        return (float[]) image.getProcessor().convertToFloatProcessor().getPixels();
    }

    private static ImagePlus enlarged(String options) {
        return MacroRunner.run(COARSE + ENLARGE.formatted(options)).succeeded().image("coarse-x2");
    }

    /** Hard projection: the mean of each block is what was measured, whatever the prior says. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "solver=sequential",
                "solver=triangular",
                "spacing=quadratic first=600 steps=7",
                "spacing=log etw=0.5 nw=0.5",
                "start=guess held=image history=2 regularization=0 mixing=0.9",
                "samples=2 iterations=4 tolerance=0.1"
            })
    void keepsTheMeasurement(String options) {
        final Result result =
                MacroRunner.run(
                                COARSE
                                        + ENLARGE.formatted(options)
                                        + "selectImage('coarse-x2');"
                                        + "run('DeqIR Degrade...', 'operator=downsampling scale=2');"
                                        + "rename('again');")
                        .succeeded();
        assertArrayEquals(
                pixels(result.image("coarse")), pixels(result.image("again")), 2e-4f, options);
    }

    /** The kernels of the published comparisons, with zeros around the image. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "blur=gaussian width=10 taps=5",
                "blur=uniform taps=9",
                "blur=anisotropic width=20 height=1 taps=9"
            })
    void deblursThePublishedKernels(String kernel) {
        final Result result =
                MacroRunner.run(
                                """
                                newImage('truth', '32-bit ramp', 40, 32, 1);
                                run('DeqIR Degrade...', 'operator=blur %1$s border=zeros');
                                rename('blurred');
                                run('DeqIR Deblur...', 'mode=published model=smoother');
                                rename('sharp');
                                run('DeqIR Degrade...', 'operator=blur %1$s border=zeros');
                                rename('again');
                                """
                                        .formatted(kernel))
                        .succeeded();
        assertArrayEquals(
                pixels(result.image("blurred")), pixels(result.image("again")), 3e-3f, kernel);
        final String info = (String) result.image("sharp").getProperty("Info");
        assertTrue(info.contains(" taps, "), info);
    }

    /** The size of a block is part of what was measured. */
    @Test
    void theSizeOfABlockIsKept() {
        final Result result =
                MacroRunner.run(
                                """
                                newImage('truth', '32-bit ramp', 32, 16, 1);
                                run('DeqIR Degrade...', 'operator=sensing sensing=block ratio=0.5 block=8');
                                rename('sensed');
                                run('DeqIR Compressed Sensing...', 'mode=published model=smoother range=0-1');
                                """)
                        .succeeded();
        final String info = (String) result.image("sensed-reconstructed").getProperty("Info");
        assertTrue(info.contains("blocks of 8 px"), info);
    }

    @Test
    void automaticKeysAreTheAuthorsValues() {
        assertArrayEquals(
                pixels(
                        enlarged(
                                "steps=25 etw=0.1 nw=0 spacing=uniform first=1000 start=noise"
                                        + " held=noise history=5 regularization=0.001 mixing=1"
                                        + " iterations=15 tolerance=0.01 solver=anderson noise=none")),
                pixels(enlarged("")));
    }

    @ParameterizedTest
    @CsvSource({
        "etw=0.9",
        "nw=0.5",
        "spacing=quadratic",
        "first=500",
        "start=guess",
        "held=image iterations=4",
        "history=1 iterations=4",
        "regularization=1000 iterations=4",
        "mixing=0.5 iterations=4",
        "range=-1-5",
        "seed=2"
    })
    void everyKeyCounts(String options) {
        final String others =
                "tolerance=0.00001 "
                        + (options.contains("iterations") ? "iterations=4 " : "")
                        + options.replaceAll("iterations=4", "");
        final String without =
                "tolerance=0.00001 " + (options.contains("iterations") ? "iterations=4" : "");
        assertFalse(Arrays.equals(pixels(enlarged(others)), pixels(enlarged(without))), options);
    }

    @Test
    void theReportSaysWhatWasDone() {
        final String info = (String) enlarged("range=0-2").getProperty("Info");
        assertTrue(
                info.contains(
                        "chain: as published, 25 timesteps from 960 to 0, etw 0.1, nw 0, from noise,"
                                + " grey levels 0 to 2 as -1 to 1"),
                info);
        assertTrue(info.contains("solver: anderson, as published"), info);
        assertTrue(info.contains("noise: no noise"), info);
    }

    /** The range of grey levels is that of the type or that of the pixels. */
    @ParameterizedTest
    @CsvSource({"8-bit, 0 to 255", "16-bit, 3 to 40", "32-bit, 3 to 40"})
    void theRangeFollowsFromTheType(String type, String range) {
        final Result result =
                MacroRunner.run(
                                """
                                newImage('few', '%s black', 16, 12, 1);
                                run('Add...', 'value=3');
                                setPixel(4, 5, 40);
                                run('DeqIR Super-Resolution...', 'mode=published scale=2 steps=3 model=smoother');
                                """
                                        .formatted(type))
                        .succeeded();
        final String info = (String) result.image("few-x2").getProperty("Info");
        assertTrue(info.contains("grey levels " + range + " as -1 to 1"), info);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "DeqIR Deblur...|blur=gaussian width=1 border=mirrored|deblurred",
                "DeqIR Deblur...|blur=gaussian width=1 border=zeros steps=3 iterations=2|deblurred",
                "DeqIR Inpaint...|missing=[mask image] mask=mask|inpainted",
                "DeqIR Compressed Sensing...|sensing=walsh-hadamard ratio=0.5|reconstructed",
                "DeqIR Show Trajectory...|task=super-resolution scale=2|trajectory"
            })
    void everyTaskHasIt(String command, String options, String suffix) {
        final Result result =
                MacroRunner.run(
                                "newImage('mask', '8-bit black', 32, 16, 1); setPixel(3, 3, 1);"
                                        + "newImage('grey', '32-bit ramp', 32, 16, 1);"
                                        + "run('%s', '%s mode=published model=smoother');"
                                                .formatted(command, options))
                        .succeeded();
        final ImagePlus image = result.image("grey-" + suffix);
        for (final float pixel : pixels(image)) assertTrue(Float.isFinite(pixel));
    }

    /** Descent on the noise comes nearer to the reference and keeps the measurement. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "gradient=phantom",
                "gradient=phantom tau=1 terms=6 solver=[parallel fixed point]",
                "gradient=implicit bound=0.1",
                "startprior=0.001 start=reference",
                "samples=2 nw=0.3 region=image"
            })
    void descendsOnTheNoise(String options) {
        final Result result =
                MacroRunner.run(
                                COARSE
                                        + "run('DeqIR Guided Restoration...', 'mode=published"
                                        + " task=super-resolution scale=2 steps=6 rounds=4"
                                        + " reference=truth model=smoother "
                                        + options
                                        + "'); rename('guided');"
                                        + "run('DeqIR Degrade...', 'operator=downsampling scale=2');"
                                        + "rename('again');")
                        .succeeded();
        final String info = (String) result.image("guided").getProperty("Info");
        final Matcher loss =
                Pattern.compile("ended after 4 of 4.*loss (\\S+) before, (\\S+) after")
                        .matcher(info);
        assertTrue(loss.find(), info);
        assertTrue(
                Double.parseDouble(loss.group(2)) < 0.95 * Double.parseDouble(loss.group(1)), info);
        assertArrayEquals(
                pixels(result.image("coarse")), pixels(result.image("again")), 5e-4f, options);
    }

    @Test
    void colorizesWithThePublishedMethod() {
        final Result result =
                MacroRunner.run(
                                "newImage('grey', '8-bit ramp', 32, 16, 1);"
                                        + "run('DeqIR Colorize...', 'mode=published model=smoother-rgb');")
                        .succeeded();
        final ImagePlus image = result.image("grey-colorized");
        for (int x = 0; x < 32; x++) {
            final int rgb = image.getProcessor().get(x, 3);
            final int sum = (rgb >> 16 & 255) + (rgb >> 8 & 255) + (rgb & 255);
            assertEquals(result.image("grey").getProcessor().get(x, 3), Math.round(sum / 3.0));
        }
    }

    static Stream<Arguments> rowsOfThePage() throws IOException {
        return Pattern.compile(
                        "^\\| [^|]*\\| `(operator=[^`]*)` \\| `(DeqIR [^`]*)`(?:, `([^`]*)`)? \\|$",
                        Pattern.MULTILINE)
                .matcher(Files.readString(PAGE))
                .results()
                .map(row -> Arguments.of(row.group(1), row.group(2), row.group(3)));
    }

    /** What the page says the reference's degradations are called here, degraded and restored. */
    @ParameterizedTest
    @MethodSource("rowsOfThePage")
    void theRowsOfThePageRun(String degrade, String restore, String more) {
        final boolean colour = restore.contains("Colorize");
        final Result result =
                MacroRunner.run(
                                """
                                newImage('mask', '8-bit black', 32, 32, 1); setPixel(3, 3, 255);
                                newImage('truth', '%s ramp', 32, 32, 1);
                                run('DeqIR Degrade...', '%s');
                                run('%s', 'mode=published steps=3 iterations=2 model=%s %s');
                                """
                                        .formatted(
                                                colour ? "RGB" : "8-bit",
                                                degrade.replace("mask=…", "mask=mask"),
                                                restore,
                                                colour ? "smoother-rgb" : "smoother",
                                                more == null ? "" : more))
                        .succeeded();
        final List<String> titles = result.titles();
        final ImagePlus restored = result.image(titles.get(titles.size() - 1));
        assertEquals(32, restored.getWidth(), titles.toString());
        final String info = (String) restored.getProperty("Info");
        assertTrue(info.contains("as published, 3 timesteps"), info);
    }

    /** The macros of the page, with fewer steps. */
    @Test
    void theMacrosOfThePageRun(@TempDir Path folder) throws IOException {
        final Path faces = Files.createDirectory(folder.resolve("faces"));
        MacroRunner.run(
                        "newImage('face', '8-bit ramp', 32, 24, 1); saveAs('tif', '"
                                + faces.resolve("face.tif")
                                + "');")
                .succeeded();
        final List<String> blocks =
                Pattern.compile("```\n(.*?)```", Pattern.DOTALL)
                        .matcher(Files.readString(PAGE))
                        .results()
                        .map(block -> block.group(1))
                        .filter(block -> block.contains("run(\"DeqIR"))
                        .toList();
        assertEquals(5, blocks.size());
        SmootherService.modelsIn(folder.resolve("models"));
        try {
            for (final String block : blocks)
                MacroRunner.run(
                                "newImage('sharp', '8-bit ramp', 64, 64, 1);"
                                        + "newImage('open', '8-bit ramp', 16, 16, 1);"
                                        + SMALL_FILES
                                                .matcher(block)
                                                .replaceAll(
                                                        call -> "[" + smallFile(call.group()) + "]")
                                                .replaceAll("steps=\\d+", "steps=3")
                                                .replaceAll("rounds=\\d+", "rounds=1")
                                                .replace("model=NAME", "model=smoother")
                                                .replace(
                                                        "task=super-resolution scale=4 reference",
                                                        "model=smoother steps=3"
                                                                + " task=super-resolution scale=4"
                                                                + " reference")
                                                .replace("/path/to", folder.toString()))
                        .succeeded();
        } finally {
            SmootherService.modelsIn(null);
        }
        try (Stream<Path> models = Files.list(folder.resolve("models"))) {
            assertEquals(
                    Set.of("celeba-hq", "imagenet"),
                    models.map(model -> model.getFileName().toString())
                            .collect(Collectors.toSet()));
        }
        for (final String output : List.of("usage", "results"))
            try (Stream<Path> results = Files.walk(folder.resolve(output))) {
                assertTrue(results.anyMatch(file -> file.toString().endsWith(".csv")), output);
            }
    }

    /** A small network in the place of a published one, whose settings then have to be told. */
    private static String smallFile(String published) {
        return published.contains("celeba")
                ? Fixtures.file("ddpm-celeba-like.ckpt") + "] schedule=linear intensities=[signed"
                : Fixtures.file("guided-plain-gray.pt")
                        + "] schedule=linear timesteps=1000 heads=[1";
    }

    /**
     * Noise that only the image tells of is taken for none; the macro could have said otherwise.
     */
    @Test
    void omittedNoiseIsNone() {
        final Result result =
                MacroRunner.run(
                                COARSE
                                        + "Property.set('deqir.noise', 'gaussian');"
                                        + "Property.set('deqir.sigma', '0.1');"
                                        + ENLARGE.formatted(""))
                        .succeeded();
        final String info = (String) result.image("coarse-x2").getProperty("Info");
        assertTrue(info.contains("noise: no noise"), info);
    }
}
