/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.deqir.blocks.BlockPlan;
import org.deqir.blocks.MissingRule;
import org.deqir.blocks.ZarrImages;
import org.deqir.blocks.zarr.OmeImage;
import org.deqir.blocks.zarr.SampleType;
import org.deqir.command.BlockTasks;
import org.deqir.image.Plane;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The program, called as from a command line. */
class BlocksProgramTest {

    @TempDir Path folder;

    private Path input;
    private String told;

    @BeforeEach
    void draw() throws IOException {
        final Plane cells = ZarrImages.noisy(ZarrImages.cells(80, 48, 1), 12, 2);
        input = ZarrImages.write(folder.resolve("in.ome.zarr"), SampleType.UINT8, cells, cells);
    }

    private int program(String... arguments) {
        final StringWriter out = new StringWriter();
        final PrintWriter to = new PrintWriter(out, true);
        final int code = BlocksProgram.execute(to, to, arguments);
        told = out.toString();
        return code;
    }

    private int plan(String output, String command, String keys, String... more) {
        final String[] arguments = new String[7 + more.length];
        final String[] first = {
            "plan", "-i", input.toString(), "-o", folder.resolve(output).toString(), command, keys
        };
        System.arraycopy(first, 0, arguments, 0, first.length);
        System.arraycopy(more, 0, arguments, first.length, more.length);
        return program(arguments);
    }

    @Test
    void plansRunsAndVerifies() throws IOException {
        final String output = folder.resolve("out.ome.zarr").toString();
        assertEquals(
                0,
                plan(
                        "out.ome.zarr",
                        "DeqIR Denoise...",
                        "noise=gaussian sigma=12 binning=1",
                        "--block",
                        "48",
                        "--halo",
                        "16",
                        "--channels",
                        "2",
                        "--roi",
                        "8,0,64,48",
                        "--zarr",
                        "3"),
                told);
        assertTrue(told.contains("2 blocks"), told);
        assertTrue(told.contains("network evaluations"), told);
        assertEquals(1, program("status", "-o", output));
        assertTrue(told.contains("restored: 0 of 2 blocks"), told);
        assertEquals(1, program("verify", "-o", output));
        assertEquals(0, program("run", "-o", output, "--threads", "2"), told);
        assertTrue(told.strip().endsWith("3 blocks done, 0 skipped"), told);
        assertEquals(0, program("run", "-o", output));
        assertTrue(told.strip().endsWith("0 blocks done, 3 skipped"), told);
        assertEquals(0, program("verify", "-o", output), told);
        assertEquals(0, program("status", "-o", output), told);
        final OmeImage image = OmeImage.open(Path.of(output));
        assertEquals(3, image.version());
        assertEquals(64, image.array(0).shape()[2]);
        assertEquals(0.8, image.levels().get(0).translation()[2], 1e-9);
    }

    @Test
    void aDryRunWritesNothing() {
        assertEquals(
                0,
                plan(
                        "dry.ome.zarr",
                        "DeqIR Super-Resolution...",
                        "scale=2 noise=none",
                        "--dry-run"),
                told);
        assertTrue(told.contains("[2, 96, 160]"), told);
        assertFalse(Files.exists(folder.resolve("dry.ome.zarr")));
    }

    @Test
    void keysAreThoseOfMacros() throws IOException {
        assertEquals(0, plan("b.ome.zarr", "DeqIR Deblur...", "blur=anisotropic width=1 height=2"));
        assertEquals(
                "Gaussian blur of σ 1.000 × 2.000 px, unknown border",
                BlockPlan.read(folder.resolve("b.ome.zarr")).degradation().describe());
        assertEquals(0, plan("i.ome.zarr", "DeqIR Inpaint...", "missing=saturated"), told);
        final BlockPlan plan = BlockPlan.read(folder.resolve("i.ome.zarr"));
        assertEquals(new MissingRule(MissingRule.Kind.SATURATED, 255), plan.missing());
        assertEquals("no noise", plan.channels().get(0).noise().describe());
        assertEquals(
                SampleType.UINT16, OmeImage.open(folder.resolve("i.ome.zarr")).array(0).type());
    }

    @Test
    void theRecordersLineIsPlanned() throws IOException {
        final Path output = folder.resolve("r.ome.zarr");
        final String line =
                "run(\"DeqIR Denoise...\", \"model=auto mode=fidelity samples=1 seed=1 slices=all"
                        + " output= warm=false steps=0 solver=auto iterations=0 tolerance=0.0"
                        + " precision=auto device=auto preview=false noise=gaussian sigma=12.0"
                        + " gain=0.0 offset=0.0 readout=0.0 optimize=0 strength=1.0 binning=1\");";
        final String said = BlockTasks.planRecorded(input.toString(), output.toString(), line);
        assertTrue(said.contains("deqir-blocks run -o " + output), said);
        assertTrue(said.contains("network evaluations"), said);
        assertEquals("DeqIR Denoise...", BlockPlan.read(output).command());
        final String again =
                BlockTasks.planRecorded(
                        input.toString(), output.toString(), line.replace("run(", "IJ.run(imp, "));
        assertTrue(again.contains("exists and is not empty"), again);
        final String odd = BlockTasks.planRecorded(input.toString(), output.toString(), "print(1)");
        assertTrue(odd.contains("is not a line of the recorder"), odd);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "DeqIR Denoise | noise=auto | The command 'DeqIR Denoise' cannot be run in blocks",
                "DeqIR Denoise... | noise=gaussian | sigma is missing",
                "DeqIR Denoise... | nose=auto | The key 'nose' is unknown",
                "DeqIR Denoise... | samples=4 | samples = '4' has no meaning for blocks",
                "DeqIR Denoise... | output=/tmp | output = '/tmp' has no meaning for blocks",
                "DeqIR Denoise... | model=none-such | none-such",
                "DeqIR Denoise... | noise=none | nothing to remove",
                "DeqIR Inpaint... | missing=selection | needs an image in ImageJ",
                "DeqIR Deblur... | blur=microscope na=3 wavelength=500 | na = 3"
            })
    void whatCannotBePlannedIsToldInASentence(String command, String keys, String sentence) {
        assertEquals(1, plan("out.ome.zarr", command, keys));
        assertTrue(told.contains(sentence), told);
        assertFalse(told.contains("\tat "), told);
        assertFalse(Files.exists(folder.resolve("out.ome.zarr")));
    }

    @ParameterizedTest
    @CsvSource({
        "--channels, 3, 'The axis c of'",
        "--channels, two, is not understood",
        "--roi, '1,2', is not understood",
        "--roi, '0,0,81,4', 'The axis x of'",
        "--block, 3, 'block = 3 is not possible'",
        "--zarr, 4, '2 and 3 are accepted'"
    })
    void optionsAreChecked(String option, String value, String sentence) {
        assertEquals(1, plan("out.ome.zarr", "DeqIR Denoise...", "noise=auto", option, value));
        assertTrue(told.contains(sentence), told);
    }

    @Test
    void wrongUseIsToldApart() {
        assertEquals(2, program());
        assertEquals(2, program("walk"));
        assertEquals(2, program("run"));
        assertEquals(1, program("run", "-o", folder.resolve("nothing").toString()));
        assertTrue(told.contains("holds no plan"), told);
        assertEquals(0, program("plan", "--help"));
        assertEquals(0, program("--version"));
    }

    @Test
    void withoutSparkASentenceSaysSo() {
        final String output = folder.resolve("s.ome.zarr").toString();
        assertEquals(0, plan("s.ome.zarr", "DeqIR Denoise...", "noise=auto"), told);
        assertEquals(1, program("run", "-o", output, "--spark", "local[2]"));
        assertTrue(told.contains("Spark"), told);
    }
}
