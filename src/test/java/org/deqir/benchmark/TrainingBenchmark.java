/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.benchmark;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ij.IJ;
import ij.ImagePlus;
import ij.process.ImageProcessor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.deqir.command.SmootherService;
import org.deqir.image.Plane;
import org.deqir.metrics.PeakSignalToNoiseRatio;
import org.deqir.model.ScheduleDescription;
import org.deqir.network.ComputeDevice;
import org.deqir.network.layout.GuidedDiffusionUNet;
import org.deqir.network.layout.InitialWeights;
import org.deqir.network.layout.Precision;
import org.deqir.testing.MacroRunner;
import org.deqir.training.Measurement;
import org.deqir.training.NetworkSize;
import org.deqir.training.Origin;
import org.deqir.training.Training;
import org.deqir.training.TrainingImages;
import org.deqir.training.TrainingMonitor;
import org.deqir.training.TrainingSettings;
import org.deqir.training.TrainingStep;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** What training costs, and what it brings. */
class TrainingBenchmark {

    private static final String MINUTES = "deqir.benchmark.minutes";
    private static final int PATCHES = 16;
    private static final int EDGE = 64;
    private static final int ROUNDS = 5;
    private static final int SMOOTHING = 3;
    private static final int TRAINED_ON = 20;
    private static final int TESTED_ON = 10;
    private static final int STRIDE = 5;
    private static final int FIRST_TESTED = STRIDE * TRAINED_ON + 10;
    private static final int SIGMA = 25;
    private static final String NAME = "benchmark-blood";

    /**
     * A step of the shipped grey prior on 16 patches of 64 × 64, and a network call on the same.
     */
    @Test
    void stepOverCall() throws IOException {
        try (TrainingStep single = new TrainingStep(Precision.FLOAT32, PATCHES, EDGE);
                TrainingStep brain = new TrainingStep(Precision.BFLOAT16, PATCHES, EDGE)) {
            final Timing timing =
                    Timing.of(ROUNDS, single::step, single::call, brain::step, brain::call);
            BenchmarkResults.put("train_step_over_call", timing.ratio(0, 1));
            BenchmarkResults.put("train_step_over_call_bf16", timing.ratio(2, 3));
            BenchmarkResults.put("train_step_bf16_over_f32", timing.ratio(2, 0));
            BenchmarkResults.put("seconds_per_train_step_f32_16x64", timing.seconds(0));
        }
    }

    /**
     * A small network learns the grey training images from nothing: the loss of held-out patches,
     * smoothed over three measurements, never rises, and the memory of the process does not grow.
     * Needs the images beside the checkout, and minutes as below.
     */
    @Test
    @EnabledIfSystemProperty(named = MINUTES, matches = "[\\d.]+")
    void validationLossFalls() throws IOException {
        final Path folder = Path.of("..", "shared", "data", "train-gray");
        assumeTrue(Files.isDirectory(folder), "the images are not beside this checkout");
        final double minutes = Double.parseDouble(System.getProperty(MINUTES));
        final TrainingSettings settings =
                new TrainingSettings(0, minutes, 8, 32, 5e-4, 1, 1, Precision.FLOAT32);
        final TrainingImages images = images(folder).build(settings.patch(), settings.seed());
        final GuidedDiffusionUNet network = NetworkSize.SMALL.architecture(1);
        final Origin origin =
                new Origin(
                        network,
                        new ScheduleDescription("linear", 1e-4, 0.02, 1000),
                        new InitialWeights(network, settings.seed()),
                        Origin.Terms.UNSTATED,
                        "random weights");
        final List<Long> memory = new ArrayList<>();
        final List<Measurement> history;
        final Path checkpoint = Files.createTempDirectory("deqir").resolve("state");
        try (Training training =
                Training.start(origin, images, settings, ComputeDevice.CPU, checkpoint)) {
            training.run(
                    new TrainingMonitor() {
                        @Override
                        public void measured(Measurement measurement) {
                            memory.add(residentMegabytes());
                            System.out.println(measurement + ", " + residentMegabytes() + " MB");
                        }
                    });
            history = training.history();
        }
        final List<Double> smoothed = new ArrayList<>();
        for (int i = 0; i + SMOOTHING <= history.size(); i++)
            smoothed.add(
                    history.subList(i, i + SMOOTHING).stream()
                            .mapToDouble(Measurement::validationLoss)
                            .average()
                            .orElseThrow());
        for (int i = 1; i < smoothed.size(); i++)
            assertTrue(smoothed.get(i) <= smoothed.get(i - 1), "rises after " + history.get(i));
        BenchmarkResults.put("train.validation_loss.first", history.get(0).validationLoss());
        BenchmarkResults.put(
                "train.validation_loss.last", history.get(history.size() - 1).validationLoss());
        BenchmarkResults.put(
                "train.memory_growth_mb",
                memory.get(memory.size() - 1) - memory.get(Math.min(2, memory.size() - 1)));
    }

    private static TrainingImages.Builder images(Path folder) throws IOException {
        final TrainingImages.Builder builder = new TrainingImages.Builder(1, 1, 400_000);
        final List<Path> files;
        try (Stream<Path> list = Files.list(folder)) {
            files = list.filter(file -> file.toString().endsWith(".png")).sorted().toList();
        }
        for (final Path file : files) {
            final ImageProcessor image = IJ.openImage(file.toString()).getProcessor();
            if (image.getNChannels() == 1)
                builder.add(
                        file.getFileName().toString(),
                        Plane.of(
                                (float[]) image.convertToFloat().getPixels(),
                                image.getWidth(),
                                image.getHeight()));
        }
        return builder;
    }

    /** Memory of this process, on Linux. */
    private static long residentMegabytes() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            return 0;
        }
    }

    /**
     * Fine-tunes the shipped grey prior on 20 blood smears (bright field, grey, half size) and
     * denoises 10 others. Those whose names end in 1 were in the shipped prior's training data and
     * are left out. Needs the images beside the checkout, and minutes: {@code
     * -Ddeqir.benchmark.minutes=20}.
     */
    @Test
    @EnabledIfSystemProperty(named = MINUTES, matches = "[\\d.]+")
    void fineTuningHelpsOnImagesOfItsKind() throws IOException {
        final List<Path> smears = smears();
        final Path work = Files.createDirectories(Path.of("target", "benchmark", "smears"));
        for (int i = 0; i < TRAINED_ON; i++)
            IJ.saveAsTiff(half(smears.get(STRIDE * i)), work.resolve(i + ".tif").toString());
        SmootherService.modelsIn(Files.createTempDirectory("deqir").resolve("models/deqir"));
        MacroRunner.run(
                        "run('DeqIR Train Prior...', 'source=["
                                + work.toString().replace('\\', '/')
                                + "] base=microscopy-gray batch=8 patch=48 name="
                                + NAME
                                + " minutes="
                                + System.getProperty(MINUTES)
                                + "');")
                .succeeded();
        double before = 0;
        double after = 0;
        for (int i = 0; i < TESTED_ON; i++) {
            final ImagePlus truth = half(smears.get(FIRST_TESTED + STRIDE * i));
            final double shipped = psnr(truth, "microscopy-gray");
            final double tuned = psnr(truth, NAME);
            System.out.printf(
                    Locale.ROOT,
                    "%s: %.2f dB shipped, %.2f dB fine-tuned%n",
                    smears.get(FIRST_TESTED + STRIDE * i).getFileName(),
                    shipped,
                    tuned);
            before += shipped / TESTED_ON;
            after += tuned / TESTED_ON;
        }
        BenchmarkResults.put("psnr.blood.shipped", before);
        BenchmarkResults.put("psnr.blood.fine_tuned", after);
        assertTrue(after > before, before + " dB became " + after);
    }

    private static List<Path> smears() throws IOException {
        final Path folder = Path.of("..", "shared", "data", "train-color");
        assumeTrue(Files.isDirectory(folder), "the images are not beside this checkout");
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> f.getFileName().toString().matches("blood.*[^1]\\.jpg"))
                    .sorted()
                    .toList();
        }
    }

    private static ImagePlus half(Path file) {
        final ImagePlus image = IJ.openImage(file.toString());
        final ImageProcessor grey = image.getProcessor().convertToByteProcessor();
        return new ImagePlus("smear", grey.bin(2));
    }

    private static double psnr(ImagePlus truth, String model) {
        final MacroRunner.Result result =
                MacroRunner.run(
                                truth.duplicate(),
                                "rename('truth'); run('DeqIR Degrade...', 'noise=gaussian sigma="
                                        + SIGMA
                                        + " seed=7'); run('DeqIR Denoise...', 'noise=gaussian"
                                        + " sigma="
                                        + SIGMA
                                        // the pixels that it was trained on
                                        + " binning=1 model="
                                        + model
                                        + "');")
                        .succeeded();
        final float[] expected = (float[]) truth.getProcessor().convertToFloat().getPixels();
        final float[] actual =
                (float[])
                        result.image("truth-degraded-denoised")
                                .getProcessor()
                                .convertToFloat()
                                .getPixels();
        return PeakSignalToNoiseRatio.of(expected, actual, 255);
    }
}
