/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ij.io.FileInfo;
import ij.io.FileOpener;
import ij.io.TiffDecoder;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Real measurements beside the checkout; tests that need them are skipped where they are absent.
 */
final class BenchImages {

    static final List<String> NAMES =
            List.of(
                    "nuclei_u2os",
                    "puncta_terra",
                    "xy_16bit__rat_hippocampal_neuron",
                    "xy_8bit__em_mitochondria_er",
                    "xy_8bit__nuclei_PLK1_control",
                    "xyc_16bit__cell_dna_mts_actin_c1",
                    "xyc_16bit__hela-cells_r",
                    "xyc_8bit__dapi_tublin_c1");

    private static final Path FOLDER = Path.of("..", "shared", "data", "bench");

    private BenchImages() {}

    /** The pixels of FOLDER/task/name.tif; the task may have a subfolder, as in "holes/mask". */
    static float[] read(String task, String name) {
        final Path file = FOLDER.resolve(task).resolve(name + ".tif");
        assumeTrue(Files.exists(file), "no " + file);
        try {
            final FileInfo info =
                    new TiffDecoder(file.getParent() + File.separator, name + ".tif")
                            .getTiffInfo()[0];
            // The strips are contiguous. ImageJ misreads the lengths of exactly two (it takes a
            // pair of 16-bit lengths for the address of a table), so it is not told of any.
            info.stripOffsets = null;
            info.stripLengths = null;
            return (float[]) new FileOpener(info).openImage().getProcessor().getPixels();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** PSNR in decibel for peak 1 of a result that is first clipped to 0..1. */
    static double psnr(float[] truth, float[] result) {
        double squares = 0;
        for (int i = 0; i < truth.length; i++) {
            final double error = Math.max(0, Math.min(1, result[i])) - truth[i];
            squares += error * error;
        }
        return -10 * Math.log10(squares / truth.length);
    }
}
