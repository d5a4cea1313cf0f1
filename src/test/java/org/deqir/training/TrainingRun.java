/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.training;

import ij.IJ;
import ij.ImagePlus;
import ij.process.ImageProcessor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.deqir.image.Plane;
import org.deqir.model.ScheduleDescription;
import org.deqir.network.ComputeDevice;
import org.deqir.network.GuidedDiffusionUNet;
import org.deqir.network.InitialWeights;
import org.deqir.network.Precision;
import org.deqir.network.TorchEngine;

/**
 * A long training on a folder of grey images, with its memory: arguments are the folder, size,
 * minutes, batch, patch, rate, threads, precision, checkpoint.
 */
final class TrainingRun {

    private static final ScheduleDescription SCHEDULE =
            new ScheduleDescription("linear", 1e-4, 0.02, 1000);

    private TrainingRun() {}

    public static void main(String[] arguments) throws IOException {
        final Path folder = Path.of(arguments[0]);
        TorchEngine.setThreads(Integer.parseInt(arguments[6]));
        final TrainingSettings settings =
                new TrainingSettings(
                        0,
                        Double.parseDouble(arguments[2]),
                        Integer.parseInt(arguments[3]),
                        Integer.parseInt(arguments[4]),
                        Double.parseDouble(arguments[5]),
                        1,
                        1,
                        Precision.valueOf(arguments[7]));
        final TrainingImages images = images(folder, settings);
        System.out.println(images.describe());
        final GuidedDiffusionUNet architecture = NetworkSize.named(arguments[1]).architecture(1);
        final Origin origin =
                new Origin(
                        architecture,
                        SCHEDULE,
                        new InitialWeights(architecture, 1),
                        Origin.Terms.UNSTATED,
                        "chance");
        try (Training training =
                Training.start(
                        origin, images, settings, ComputeDevice.CPU, Path.of(arguments[8]))) {
            System.out.println(training.size() + " weights");
            training.run(
                    new TrainingMonitor() {
                        @Override
                        public void measured(Measurement m) {
                            System.out.printf(
                                    Locale.ROOT,
                                    "%d steps %.0f s loss %.5f validation %.5f psnr %.2f rss %d MB%n",
                                    m.step(),
                                    m.seconds(),
                                    m.loss(),
                                    m.validationLoss(),
                                    m.psnr(),
                                    resident());
                        }
                    });
            System.out.println(training.describe());
        }
        System.exit(0);
    }

    private static TrainingImages images(Path folder, TrainingSettings settings)
            throws IOException {
        final TrainingImages.Builder builder = new TrainingImages.Builder(1, 1, 400_000);
        final List<Path> files;
        try (Stream<Path> list = Files.list(folder)) {
            files = list.filter(file -> file.toString().endsWith(".png")).sorted().toList();
        }
        for (final Path file : files) {
            final ImagePlus image = IJ.openImage(file.toString());
            if (image == null || image.getType() == ImagePlus.COLOR_RGB) continue;
            final ImageProcessor floats = image.getProcessor().convertToFloat();
            builder.add(
                    file.getFileName().toString(),
                    Plane.of((float[]) floats.getPixels(), image.getWidth(), image.getHeight()));
        }
        return builder.build(settings.patch(), settings.seed());
    }

    private static long resident() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
                    .findFirst()
                    .orElse(-1);
        } catch (IOException e) {
            return -1;
        }
    }
}
