/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.benchmark;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deqir.Guide;
import org.deqir.Optimization;
import org.deqir.Optimization.Gradient;
import org.deqir.Optimization.Kind;
import org.deqir.OptimizationReport;
import org.deqir.Restoration;
import org.deqir.RestorationResult;
import org.deqir.Restorer;
import org.deqir.Sampling;
import org.deqir.Simulation;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.Plane;
import org.deqir.metrics.PeakSignalToNoiseRatio;
import org.deqir.model.store.ModelStore;
import org.deqir.network.layout.Precision;
import org.deqir.physics.Degradation;
import org.deqir.physics.degradation.Downsampling;
import org.deqir.physics.degradation.Identity;
import org.deqir.physics.degradation.MissingPixels;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;
import org.deqir.testing.Bench;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What the optimisation of a chain's start gains on real images, and what it costs: means over
 * crops of {@value #SIDE} × {@value #SIDE} pixels.
 *
 * <p>The guides are simulated from the truth: {@code noisy} is a sharp image of the same field with
 * five times the measurement's noise, {@code inverted} the same with other intensities, which are
 * fitted. Keys: {@code optimize.TASK.GUIDE.WHAT}.
 */
class OptimizationBenchmark {

    private static final int SIDE = 64;
    private static final int CORNER = 48;
    private static final int ROUNDS = 10;
    private static final int PUBLISHED_STEPS = 8;
    private static final int PUBLISHED_ROUNDS = 6;
    private static final double NOISE = 0.01;
    private static final double NOISE_OF_THE_GUIDE = 0.05;
    private static final List<String> IMAGES =
            List.of(
                    "nuclei_u2os",
                    "xy_8bit__em_mitochondria_er",
                    "xyc_16bit__hela-cells_r",
                    "xyc_8bit__dapi_tublin_c1");

    @ParameterizedTest
    @CsvSource({
        "super-resolution-4,none",
        "inpaint-random-70,none",
        "super-resolution-4,noisy",
        "inpaint-random-70,noisy",
        "super-resolution-4,inverted",
        "inpaint-random-70,inverted"
    })
    void gainAndCost(String task, String guide) throws IOException {
        assumeTrue(Bench.isPresent(), "the bench images are not beside this checkout");
        final double[] sums = new double[7];
        try (DiffusionPrior prior =
                new ModelStore(List.of()).find("microscopy-gray").load(Precision.FLOAT32)) {
            final Restorer restorer = new Restorer(prior);
            for (final String image : IMAGES) {
                final double[] figures = figures(restorer, task, guide, image);
                for (int i = 0; i < sums.length; i++) sums[i] += figures[i] / IMAGES.size();
            }
        }
        final String key = "optimize." + task + "." + guide + ".";
        BenchmarkResults.put(key + "loss_before", sums[0]);
        BenchmarkResults.put(key + "loss_after", sums[1]);
        BenchmarkResults.put(key + "psnr_before", sums[2]);
        BenchmarkResults.put(key + "psnr_after", sums[3]);
        BenchmarkResults.put(key + "time_over_plain", sums[4]);
        BenchmarkResults.put(key + "rounds", sums[5]);
        BenchmarkResults.put(key + "gradients", sums[6]);
    }

    private static double[] figures(Restorer restorer, String task, String guide, String image) {
        final Plane truth = crop(Bench.truth(image), 1);
        final boolean coarse = task.startsWith("super-resolution");
        final Plane measured = crop(Bench.measured(task, image), coarse ? 4 : 1);
        final Restoration plain =
                new Restoration(
                        coarse
                                ? new Downsampling(4, Downsampling.Kernel.AVERAGE)
                                : missing(Bench.missing(task, image)),
                        new NoiseModel.Gaussian(NOISE));
        // The first run is slower than the others.
        restorer.restore(measured, plain, Progress.NONE);
        final RestorationResult before = restorer.restore(measured, plain, Progress.NONE);
        final RestorationResult after =
                restorer.restore(
                        measured,
                        plain.withOptimization(
                                guide.equals("none")
                                        ? Optimization.of(ROUNDS)
                                        : new Optimization(
                                                ROUNDS,
                                                Optimization.DEFAULT_RATE,
                                                guide(guide, truth))),
                        Progress.NONE);
        final OptimizationReport report = after.report().optimization();
        final double[] figures = {
            report.before(),
            report.after(),
            psnr(truth, before),
            psnr(truth, after),
            after.report().seconds() / before.report().seconds(),
            report.rounds(),
            report.gradients()
        };
        System.out.printf("%s %s %s %s%n", task, guide, image, java.util.Arrays.toString(figures));
        return figures;
    }

    /**
     * The gradients beside one another, under a reference: gain, and processor time of the descent.
     * The published method starts from noise through {@value #PUBLISHED_STEPS} levels; the others
     * descend on three. Keys: {@code gradient.MODE.TASK.GRADIENT.WHAT}.
     */
    @ParameterizedTest
    @CsvSource({
        "fidelity,super-resolution-4",
        "fidelity,inpaint-random-70",
        "published,super-resolution-4",
        "published,inpaint-random-70"
    })
    void gradients(String mode, String task) throws IOException {
        assumeTrue(Bench.isPresent(), "the bench images are not beside this checkout");
        final boolean published = mode.equals("published");
        final Map<String, Gradient> gradients = new LinkedHashMap<>();
        gradients.put("unrolled", Gradient.DEFAULT);
        gradients.put("phantom", new Gradient(Kind.PHANTOM, null, null, null));
        gradients.put("phantom-3", new Gradient(Kind.PHANTOM, 0.5, 3, null));
        gradients.put("implicit", new Gradient(Kind.IMPLICIT, null, null, null));
        final int rounds = published ? PUBLISHED_ROUNDS : ROUNDS;
        final List<String> images = IMAGES.subList(1, published ? 4 : 3);
        final Map<String, double[]> sums = new LinkedHashMap<>();
        try (DiffusionPrior prior =
                new ModelStore(List.of()).find("microscopy-gray").load(Precision.FLOAT32)) {
            final Restorer restorer = new Restorer(prior);
            for (final String image : images) {
                final Plane truth = crop(Bench.truth(image), 1);
                final Degradation degradation =
                        task.startsWith("super-resolution")
                                ? new Downsampling(4, Downsampling.Kernel.AVERAGE)
                                : missing(Bench.missing(task, image));
                final NoiseModel noise =
                        published ? new NoiseModel.None() : new NoiseModel.Gaussian(NOISE);
                final Plane measured = Simulation.measure(truth, degradation, noise, 3);
                final Restoration plain =
                        new Restoration(
                                degradation,
                                noise,
                                published
                                        ? Sampling.DEFAULT
                                                .withMode(Sampling.Mode.PUBLISHED)
                                                .withSolver(Sampling.SolverChoice.SEQUENTIAL)
                                                .withSteps(PUBLISHED_STEPS)
                                        : Sampling.DEFAULT);
                restorer.restore(measured, plain, Progress.NONE);
                final long began = cpuTime();
                final RestorationResult before = restorer.restore(measured, plain, Progress.NONE);
                final double seconds = (cpuTime() - began) * 1e-9;
                for (final Map.Entry<String, Gradient> by : gradients.entrySet()) {
                    final long begun = cpuTime();
                    final RestorationResult after =
                            restorer.restore(
                                    measured,
                                    plain.withOptimization(
                                            new Optimization(
                                                    rounds,
                                                    Optimization.DEFAULT_RATE,
                                                    guide("noisy", truth),
                                                    by.getValue(),
                                                    null)),
                                    Progress.NONE);
                    final double[] figures = {
                        psnr(truth, before),
                        psnr(truth, after),
                        (cpuTime() - begun) * 1e-9 - seconds,
                        after.report().optimization().gradients(),
                        after.report().optimization().rounds()
                    };
                    System.out.printf(
                            "%s %s %s %s %s%n",
                            mode, task, image, by.getKey(), java.util.Arrays.toString(figures));
                    final double[] sum =
                            sums.computeIfAbsent(by.getKey(), k -> new double[figures.length]);
                    for (int i = 0; i < sum.length; i++) sum[i] += figures[i] / images.size();
                }
            }
        }
        sums.forEach(
                (gradient, sum) -> {
                    final String key = "gradient." + mode + "." + task + "." + gradient + ".";
                    BenchmarkResults.put(key + "psnr_before", sum[0]);
                    BenchmarkResults.put(key + "psnr_after", sum[1]);
                    BenchmarkResults.put(key + "seconds", sum[2]);
                    BenchmarkResults.put(key + "products", sum[3]);
                    BenchmarkResults.put(key + "rounds", sum[4]);
                });
    }

    /** Of all threads, so that other processes on the machine do not count. */
    private static long cpuTime() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    private static double psnr(Plane truth, RestorationResult result) {
        return PeakSignalToNoiseRatio.ofClipped(
                truth.channels()[0], result.restored().channels()[0], 1);
    }

    private static Guide guide(String kind, Plane truth) {
        final Plane noisy =
                Simulation.measure(
                        truth, new Identity(), new NoiseModel.Gaussian(NOISE_OF_THE_GUIDE), 7);
        final boolean inverted = kind.equals("inverted");
        if (inverted)
            for (int i = 0; i < noisy.size(); i++)
                noisy.channels()[0][i] = 3 - 2 * noisy.channels()[0][i];
        return new Guide(noisy, 1, 0, null, inverted);
    }

    private static Degradation missing(boolean[] missing) {
        final int width = (int) Math.sqrt(missing.length);
        final boolean[] known = new boolean[SIDE * SIDE];
        for (int i = 0; i < known.length; i++)
            known[i] = !missing[(CORNER + i / SIDE) * width + CORNER + i % SIDE];
        return new MissingPixels(known, SIDE, SIDE);
    }

    /** The part that a plane shows, of pixels {@code scale} times as large, has of the field. */
    private static Plane crop(Plane plane, int scale) {
        final int side = SIDE / scale;
        final int corner = CORNER / scale;
        final float[] part = new float[side * side];
        for (int i = 0; i < part.length; i++)
            part[i] = plane.channels()[0][(corner + i / side) * plane.width() + corner + i % side];
        return Plane.of(part, side, side);
    }
}
