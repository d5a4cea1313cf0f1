/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.quality;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.deqir.physics.noise.NoiseModel;

/** The benchmark's data: what was measured, and what is required of the restoration. */
final class Bench {

    /** Beside the checkout, not part of it. */
    static final Path FOLDER = Path.of("..", "shared", "data", "bench");

    /**
     * One kind of measurement.
     *
     * @param name folder of the measurements
     * @param images names of the files, with extension
     * @param peak signal range for the PSNR; images with a background have peak · truth +
     *     background
     * @param background grey level without light
     * @param required mean PSNR that must be reached
     * @param command the macro line that restores, with the keys of noise and operator only
     * @param noise what the measurements scatter by
     */
    record Task(
            String name,
            List<String> images,
            double peak,
            double background,
            double required,
            String command,
            NoiseModel noise) {

        Path measured(String image) {
            return FOLDER.resolve(name).resolve(image);
        }

        Path mask(String image) {
            return FOLDER.resolve(name).resolve("mask").resolve(image);
        }

        Path truth(String image) {
            final String folder = name.contains("color") ? "truth-color" : "truth";
            return FOLDER.resolve(folder).resolve(image);
        }

        /** Grey levels per unit of the stored truth. */
        double gain() {
            return background > 0 ? peak : 1;
        }
    }

    private Bench() {}

    static boolean isThere() {
        return Files.isRegularFile(FOLDER.resolve("bars.json"));
    }

    /** All tasks of the benchmark. */
    static List<Task> tasks() throws IOException {
        final JsonObject bars =
                JsonParser.parseString(Files.readString(FOLDER.resolve("bars.json")))
                        .getAsJsonObject();
        final List<Task> tasks = new ArrayList<>();
        for (final var entry : bars.getAsJsonObject("tasks").entrySet()) {
            final JsonObject task = entry.getValue().getAsJsonObject();
            final boolean own = task.has("images");
            final List<String> images = new ArrayList<>();
            (own ? task : bars)
                    .getAsJsonArray("images")
                    .forEach(name -> images.add(name.getAsString() + (own ? ".png" : ".tif")));
            tasks.add(
                    new Task(
                            entry.getKey(),
                            images,
                            task.get("peak").getAsDouble(),
                            task.has("background") ? task.get("background").getAsDouble() : 0,
                            task.get("required").getAsDouble(),
                            command(entry.getKey(), task),
                            noise(task)));
        }
        return tasks;
    }

    private static NoiseModel noise(JsonObject task) {
        // The background is light too, with photon noise of its own.
        if (task.has("gain"))
            return new NoiseModel.PoissonGaussian(
                    task.get("gain").getAsDouble(), 0, task.get("readout").getAsDouble());
        return new NoiseModel.Gaussian(task.get("sigma").getAsDouble());
    }

    private static String command(String name, JsonObject task) {
        final String noise =
                task.has("gain")
                        ? String.format(
                                Locale.ROOT,
                                "noise=poisson-gaussian gain=%s offset=0 readout=%s",
                                task.get("gain"),
                                task.get("readout"))
                        : task.get("sigma").getAsDouble() == 0
                                ? "noise=none"
                                : "noise=gaussian sigma=" + task.get("sigma");
        return switch (name) {
            case "denoise-gaussian-25", "denoise-poisson-40", "denoise-color-25" ->
                    line("Denoise", noise);
            case "deblur-gaussian-2" ->
                    line("Deblur", "blur=gaussian width=2 border=mirrored " + noise);
            case "deblur-psf" -> line("Deblur", "blur=[psf image] psf=psf.tif " + noise);
            case "super-resolution-2" -> line("Super-Resolution", "scale=2 " + noise);
            case "super-resolution-4" -> line("Super-Resolution", "scale=4 " + noise);
            case "inpaint-random-70", "inpaint-holes" ->
                    line("Inpaint", "missing=[mask image] mask=mask " + noise);
            default -> throw new IllegalStateException("no command for the task " + name);
        };
    }

    private static String line(String command, String options) {
        return "run(\"DeqIR " + command + "...\", \"" + options + "\");";
    }
}
