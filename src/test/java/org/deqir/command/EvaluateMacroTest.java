/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.IJ;
import ij.ImagePlus;
import ij.ImageStack;
import ij.measure.ResultsTable;
import ij.process.ColorProcessor;
import ij.process.FloatProcessor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.deqir.metrics.Evaluation;
import org.deqir.testing.MacroRunner;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code DeqIR Evaluate...} by the text of real macros, headless, on small folders. */
@Tag("slow")
class EvaluateMacroTest {

    private static final String RUN =
            "run('DeqIR Evaluate...', 'truths=[%s] output=[%s] degrade=[operator=downsampling scale=2"
                    + " noise=gaussian sigma=2] task=super-resolution"
                    + " keys=[model=smoother steps=3] seed=5');";

    @TempDir Path folder;
    private Path truths;
    private Path output;

    @BeforeEach
    void drawsTruths() throws IOException {
        truths = Files.createDirectory(folder.resolve("truths"));
        output = folder.resolve("evaluated");
        save(new ImagePlus("", drawn(33, 24, 0)), "cells.tif");
        final ImageStack stack = new ImageStack(32, 24);
        stack.addSlice(drawn(32, 24, 1));
        stack.addSlice(drawn(32, 24, 2));
        save(new ImagePlus("", stack), "a stack, of \"two\".tif");
        Files.writeString(truths.resolve("notes.txt"), "no image");
    }

    @AfterEach
    void clearsTheTable() {
        ResultsTable.getResultsTable().reset();
    }

    private void save(ImagePlus image, String name) {
        IJ.saveAsTiff(image, truths.resolve(name).toString());
    }

    private static FloatProcessor drawn(int width, int height, int phase) {
        final FloatProcessor drawn = new FloatProcessor(width, height);
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                drawn.setf(
                        x, y, (float) (100 + 60 * Math.sin(0.3 * x + phase) * Math.cos(0.2 * y)));
        return drawn;
    }

    private List<Evaluation> rows() throws IOException {
        return Files.readAllLines(output.resolve("evaluation.csv")).stream()
                .skip(1)
                .map(Evaluation::of)
                .toList();
    }

    /** In a table that has rows of Compare already, which knows no seed and no measurement. */
    @Test
    void whatARowHasNoFigureForIsNotZero() {
        MacroRunner.run(
                        "newImage('a', '8-bit ramp', 32, 32, 1); run('Duplicate...', 'title=b');"
                                + "run('Add...', 'value=3'); run('DeqIR Compare...', 'reference=a');"
                                + RUN.formatted(truths, output))
                .succeeded();
        final ResultsTable table = ResultsTable.getResultsTable();
        assertEquals(6, table.size());
        assertEquals(Double.NaN, table.getValue("PSNR measured", 0), "row of Compare");
        assertEquals(Double.NaN, table.getValue("Slice", 4), "mean");
        assertEquals("a", table.getStringValue("Reference", 0));
    }

    /** What the three commands say when they are run by hand with the seed in the table. */
    @Test
    void agreesWithTheSingleCommands() throws IOException {
        final MacroRunner.Result result =
                MacroRunner.run(RUN.formatted(truths, output)).succeeded();
        assertEquals(List.of(), result.titles(), "nothing is opened");
        final Evaluation cells =
                rows().stream().filter(row -> row.image().equals("cells.tif")).findFirst().get();
        final ResultsTable table = ResultsTable.getResultsTable();
        assertEquals(5, table.size(), "three planes, mean and deviation");
        assertEquals("Mean", table.getLabel(3));
        assertEquals(
                rows().stream().mapToDouble(row -> row.restored().psnr()).average().getAsDouble(),
                table.getValue("PSNR", 3),
                1e-9);
        table.reset();
        MacroRunner.run(
                        """
                        open('%s');
                        makeRectangle(0, 0, 32, 24); run('Crop'); rename('truth');
                        run('DeqIR Degrade...', 'operator=downsampling scale=2 noise=gaussian sigma=2 seed=%d');
                        run('DeqIR Super-Resolution...', 'model=smoother steps=3');
                        run('DeqIR Compare...', 'reference=truth peak=%s');
                        """
                                .formatted(truths.resolve("cells.tif"), cells.seed(), cells.peak()))
                .succeeded();
        assertEquals(table.getValue("PSNR", 0), cells.restored().psnr(), 1e-9);
        assertEquals(table.getValue("SSIM", 0), cells.restored().ssim(), 1e-9);
        assertTrue(cells.resolution() >= 2 && cells.resolution() < 16, "" + cells.resolution());
        assertTrue(Files.readString(output.resolve("summary.csv")).contains("\nPSNR,"));
    }

    /** A second run does what is missing, and gives what an unbroken one gives. */
    @Test
    void goesOnWhereItEnded() throws IOException {
        MacroRunner.run(RUN.formatted(truths, output)).succeeded();
        final Path file = output.resolve("evaluation.csv");
        final List<String> lines = Files.readAllLines(file);
        assertEquals(4, lines.size());
        // The stack, first in the alphabet, is there; the next line was cut by a kill.
        final String marked = lines.get(1).replaceFirst("[^,]*$", "12345.0");
        Files.writeString(
                file,
                String.join(
                        "\n", lines.get(0), marked, lines.get(2), lines.get(3).substring(0, 30)));
        MacroRunner.run(RUN.formatted(truths, output)).succeeded();
        final List<String> again = Files.readAllLines(file);
        assertEquals(4, again.size());
        assertEquals(marked, again.get(1), "done once");
        assertEquals(withoutSeconds(lines.get(3)), withoutSeconds(again.get(3)), "done again");
    }

    private static String withoutSeconds(String line) {
        return line.substring(0, line.lastIndexOf(','));
    }

    /** One bad file is named at the end; the others are there. */
    @Test
    void leavesABadFileOutAndSaysSo() throws IOException {
        Files.writeString(truths.resolve("broken.tif"), "no TIFF");
        final MacroRunner.Result result = MacroRunner.run(RUN.formatted(truths, output));
        assertTrue(result.error().contains("1 of 3 files"), result.error());
        assertTrue(result.error().contains("broken.tif"), result.error());
        assertEquals(3, rows().size());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "truths=nowhere degrade=noise=gaussian|nowhere",
                "truths=[%s]|degrade",
                "truths=[%s] degrade=[operator=blur seed=3]|seed",
                "truths=[%s] degrade=[noise=gaussian sigmma=3]|sigma",
                "truths=[%s] degrade=[noise=gaussian sigma=3] keys=[output=x]|output",
                "truths=[%s] degrade=[noise=gaussian sigma=3] task=deblur keys=[width=-1]|width",
                "truths=[%s] degrade=[noise=gaussian sigma=3] images|output folder",
            })
    void saysWhatIsWrong(String options, String named) {
        final MacroRunner.Result result =
                MacroRunner.run("run('DeqIR Evaluate...', '" + options.formatted(truths) + "');");
        assertTrue(result.error().contains(named), result.error());
        assertEquals(0, ResultsTable.getResultsTable().size());
    }

    @Test
    void otherKeysNeedAnotherFolder() throws IOException {
        MacroRunner.run(RUN.formatted(truths, output)).succeeded();
        final String before = Files.readString(output.resolve("evaluation.csv"));
        final MacroRunner.Result other =
                MacroRunner.run(RUN.formatted(truths, output).replace("sigma=2", "sigma=3"));
        assertTrue(other.error().contains("another kind"), other.error());
        assertEquals(before, Files.readString(output.resolve("evaluation.csv")));
    }

    /** Colour, missing pixels and images on disk. */
    @Test
    void writesImages() throws IOException {
        final ColorProcessor colours = new ColorProcessor(24, 20);
        for (int y = 0; y < 20; y++)
            for (int x = 0; x < 24; x++) colours.putPixel(x, y, new int[] {5 * x, 6 * y, 90});
        final Path only = Files.createDirectory(folder.resolve("colour"));
        IJ.saveAsTiff(new ImagePlus("", colours), only.resolve("tissue.tif").toString());
        MacroRunner.run(
                        "run('DeqIR Evaluate...', 'truths=[%s] output=[%s] degrade=[operator=grey]"
                                        .formatted(only, output)
                                + " task=colorize keys=[model=smoother-rgb steps=2] images');")
                .succeeded();
        assertTrue(Double.isNaN(rows().get(0).measuredPsnr()), "grey is no colour image");
        assertTrue(Double.isFinite(rows().get(0).restored().psnr()));
        assertEquals(24, IJ.openImage(output.resolve("tissue-restored.tif").toString()).getWidth());
        assertFalse(IJ.openImage(output.resolve("tissue-degraded.tif").toString()).isRGB());
    }
}
