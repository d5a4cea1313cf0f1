/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import ij.io.FileInfo;
import ij.io.FileOpener;
import ij.io.TiffDecoder;
import ij.process.ImageProcessor;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.deqir.image.Plane;

/**
 * Real images with their simulated measurements, which lie beside the checkout where it was made
 * and nowhere else: tests that need them are skipped without.
 */
public final class Bench {

    private static final Path FOLDER = Path.of("..", "shared", "data", "bench");

    private static final List<String> IMAGES =
            List.of(
                    "nuclei_u2os",
                    "puncta_terra",
                    "xy_16bit__rat_hippocampal_neuron",
                    "xy_8bit__em_mitochondria_er",
                    "xy_8bit__nuclei_PLK1_control",
                    "xyc_16bit__cell_dna_mts_actin_c1",
                    "xyc_16bit__hela-cells_r",
                    "xyc_8bit__dapi_tublin_c1");

    private Bench() {}

    /** Whether the images are there. */
    public static boolean isPresent() {
        return Files.isRegularFile(FOLDER.resolve("bars.json"));
    }

    /** The names of the grey images. */
    public static List<String> images() {
        return IMAGES;
    }

    /** What is known about a task: how its measurements were made, what must be reached. */
    public static JsonObject task(String task) {
        return bars().getAsJsonObject("tasks").getAsJsonObject(task);
    }

    /** A measurement. */
    public static Plane measured(String task, String image) {
        return open(FOLDER.resolve(task).resolve(image + ".tif"));
    }

    /** The image behind the measurements, 0 to 1. */
    public static Plane truth(String image) {
        return open(FOLDER.resolve("truth").resolve(image + ".tif"));
    }

    /** Which pixels of a measurement are missing. */
    public static boolean[] missing(String task, String image) {
        final Plane mask = open(FOLDER.resolve(task).resolve("mask").resolve(image + ".tif"));
        final boolean[] missing = new boolean[mask.size()];
        for (int i = 0; i < missing.length; i++) missing[i] = mask.channels()[0][i] != 0;
        return missing;
    }

    /** The point spread function of the task {@code deblur-psf}. */
    public static Plane pointSpreadFunction() {
        return open(FOLDER.resolve("psf.tif"));
    }

    private static JsonObject bars() {
        try {
            return JsonParser.parseString(Files.readString(FOLDER.resolve("bars.json")))
                    .getAsJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Plane open(Path file) {
        assumeTrue(Files.isRegularFile(file), "the bench images are not beside this checkout");
        try {
            final FileInfo info =
                    new TiffDecoder(
                                    file.getParent() + File.separator,
                                    file.getFileName().toString())
                            .getTiffInfo()[0];
            // The strips are contiguous. ImageJ misreads the lengths of exactly two (it takes a
            // pair of 16-bit lengths for the address of a table), so it is not told of any.
            info.stripOffsets = null;
            info.stripLengths = null;
            final ImageProcessor floats =
                    new FileOpener(info).openImage().getProcessor().convertToFloat();
            return Plane.of((float[]) floats.getPixels(), info.width, info.height);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
