/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.benchmark;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.deqir.Restoration;
import org.deqir.Restorer;
import org.deqir.Sampling;
import org.deqir.Simulation;
import org.deqir.blocks.BlockGrid;
import org.deqir.blocks.BlockOutput;
import org.deqir.blocks.BlockPlanner;
import org.deqir.blocks.BlockRequest;
import org.deqir.blocks.BlockRun;
import org.deqir.blocks.BlockWorker;
import org.deqir.blocks.LocalEngine;
import org.deqir.blocks.VolumeTrial;
import org.deqir.blocks.ZarrImages;
import org.deqir.blocks.zarr.SampleType;
import org.deqir.diffusion.CallLimits;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.Plane;
import org.deqir.model.store.InstalledModel;
import org.deqir.model.store.ModelStore;
import org.deqir.network.TorchEngine;
import org.deqir.network.layout.Precision;
import org.deqir.physics.Degradation;
import org.deqir.physics.VolumeDegradation;
import org.deqir.physics.degradation.GaussianBlur;
import org.deqir.physics.degradation.Identity;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Blocks against the whole image, and their time over the number of threads. */
class BlocksBenchmark {

    private static final int EDGE = 512;
    private static final double NOISE = 12;
    private static final double NOISE_OF_BLURRED = 2;

    @TempDir Path folder;

    private final InstalledModel model = find();

    private static InstalledModel find() {
        try {
            return new ModelStore(List.of()).find("microscopy-gray");
        } catch (final IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private BlockOutput planned(
            String name, Plane measured, Degradation degradation, NoiseModel noise, int block)
            throws IOException {
        final Path input =
                ZarrImages.write(folder.resolve(name + "-in"), SampleType.FLOAT32, measured);
        BlockPlanner.plan(
                new BlockRequest(
                        input,
                        folder.resolve(name),
                        new BlockRequest.Task(
                                "",
                                "",
                                "",
                                degradation,
                                null,
                                null,
                                noise,
                                Sampling.DEFAULT.withSeed(1)),
                        model,
                        Precision.FLOAT32,
                        null,
                        block,
                        BlockGrid.HALO,
                        0,
                        1),
                true,
                Progress.NONE);
        return BlockOutput.open(folder.resolve(name));
    }

    private static double run(BlockOutput output, int threads) throws IOException {
        try (BlockWorker worker = BlockWorker.of(output.folder())) {
            final long start = System.nanoTime();
            assertTrue(
                    new BlockRun(output)
                            .run(new LocalEngine(worker, threads), Progress.NONE)
                            .isComplete());
            return (System.nanoTime() - start) * 1e-9;
        }
    }

    @ParameterizedTest
    @CsvSource({"denoise", "deblur"})
    void seams(String task) throws IOException {
        final boolean denoises = task.equals("denoise");
        final Degradation degradation = denoises ? new Identity() : new GaussianBlur(1.5);
        final NoiseModel noise = new NoiseModel.Gaussian(denoises ? NOISE : NOISE_OF_BLURRED);
        final Plane truth = new SyntheticVolume(EDGE, 1, 5).slice(0);
        final Plane measured = Simulation.measure(truth, degradation, noise, 3);
        final BlockOutput output = planned(task, measured, degradation, noise, BlockGrid.BLOCK);
        run(output, 1);
        final Plane blocks = ZarrImages.read(output.folder(), 0);
        final DiffusionPrior prior = model.load(Precision.FLOAT32);
        final Plane whole;
        try {
            TorchEngine.setThreads(1);
            whole =
                    new Restorer(prior, CallLimits.standard())
                            .restore(
                                    measured,
                                    new Restoration(
                                            degradation,
                                            noise,
                                            Sampling.DEFAULT
                                                    .withSeed(1)
                                                    .withSolver(Sampling.SolverChoice.SEQUENTIAL)),
                                    Progress.NONE)
                            .restored();
        } finally {
            prior.close();
        }
        float low = Float.POSITIVE_INFINITY;
        float high = Float.NEGATIVE_INFINITY;
        for (final float level : truth.channels()[0]) {
            low = Math.min(low, level);
            high = Math.max(high, level);
        }
        final double range = high - low;
        final double rms = rms(whole, blocks) / range;
        final double decibels =
                20 * Math.log10(rms(truth, whole)) - 20 * Math.log10(rms(truth, blocks));
        final double seam = gradientAcross(blocks) / gradientAcross(whole);
        BenchmarkResults.put(task + ".rms_of_range", rms);
        BenchmarkResults.put(task + ".psnr_of_blocks_less_whole", decibels);
        BenchmarkResults.put(task + ".gradient_across_borders", seam);
        assertTrue(rms <= 0.0015, "rms " + rms);
        assertTrue(Math.abs(decibels) <= 0.05, decibels + " dB");
        assertTrue(seam <= 1.01, "gradient across borders " + seam);
    }

    /**
     * Blocks with the usual halo in a volume that is a few of them wide. In smaller blurred blocks
     * the network sees too little of a plane.
     */
    @ParameterizedTest
    @CsvSource({"deblur-volume, 64", "finer-slices, 32"})
    void volumes(String task, int block) throws IOException {
        final boolean blurred = task.startsWith("deblur");
        final VolumeTrial trial =
                VolumeTrial.of(
                        folder,
                        model,
                        blurred
                                ? new VolumeDegradation.Blur(VolumeTrial.psf(1.2))
                                : new VolumeDegradation.AxialReduction(2, true),
                        blurred
                                ? new NoiseModel.PoissonGaussian(1, 100, 2)
                                : new NoiseModel.Gaussian(15),
                        new int[] {blurred ? 32 : 16, block, 128},
                        block,
                        -1,
                        0);
        BenchmarkResults.put(task + ".rms_of_range", trial.rms());
        BenchmarkResults.put(task + ".psnr_of_blocks_less_whole", trial.decibels());
        BenchmarkResults.put(task + ".gradient_across_borders", trial.gradient());
        assertTrue(trial.rms() <= 0.0015, "rms " + trial.rms());
        assertTrue(Math.abs(trial.decibels()) <= 0.05, trial.decibels() + " dB");
        assertTrue(trial.gradient() <= 1.01, "gradient across borders " + trial.gradient());
    }

    private static double rms(Plane a, Plane b) {
        double sum = 0;
        for (int i = 0; i < a.size(); i++)
            sum += Math.pow(a.channels()[0][i] - b.channels()[0][i], 2);
        return Math.sqrt(sum / a.size());
    }

    /** Mean absolute difference of the pixels on both sides of the blocks' borders. */
    private static double gradientAcross(Plane plane) {
        final float[] levels = plane.channels()[0];
        double sum = 0;
        int count = 0;
        for (int border = BlockGrid.BLOCK; border < EDGE; border += BlockGrid.BLOCK)
            for (int i = 0; i < EDGE; i++) {
                sum += Math.abs(levels[i * EDGE + border] - levels[i * EDGE + border - 1]);
                sum += Math.abs(levels[border * EDGE + i] - levels[(border - 1) * EDGE + i]);
                count += 2;
            }
        return sum / count;
    }

    @Test
    void threads() throws IOException {
        final Plane measured =
                Simulation.measure(
                        new SyntheticVolume(EDGE, 1, 5).slice(0),
                        new Identity(),
                        new NoiseModel.Gaussian(NOISE),
                        3);
        for (final int threads : new int[] {1, 2}) {
            final BlockOutput output =
                    planned(
                            "threads" + threads,
                            measured,
                            new Identity(),
                            new NoiseModel.Gaussian(NOISE),
                            BlockGrid.BLOCK);
            final double seconds = run(output, threads);
            BenchmarkResults.put("seconds_per_megapixel." + threads, seconds / EDGE / EDGE * 1e6);
        }
    }
}
