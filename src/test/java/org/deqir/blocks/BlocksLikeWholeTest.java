/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.deqir.Restoration;
import org.deqir.Restorer;
import org.deqir.Sampling;
import org.deqir.blocks.zarr.SampleType;
import org.deqir.diffusion.CallLimits;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.Plane;
import org.deqir.model.store.InstalledModel;
import org.deqir.model.store.ModelStore;
import org.deqir.network.TorchEngine;
import org.deqir.network.layout.Precision;
import org.deqir.physics.Degradation;
import org.deqir.physics.degradation.Downsampling;
import org.deqir.physics.degradation.GaussianBlur;
import org.deqir.physics.degradation.Identity;
import org.deqir.physics.degradation.MissingPixels;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What blocks give differs little from what the whole gives. */
@Tag("slow")
class BlocksLikeWholeTest {

    private static final int EDGE = 128;
    private static final int BLOCK = 64;
    private static final int HALO = 32;
    private static final double SIGMA = 12;
    private static final int FEW_STEPS = 4;

    @TempDir Path folder;

    static Stream<Arguments> degradations() {
        return Stream.of(
                Arguments.of("denoise", new Identity(), new NoiseModel.Gaussian(SIGMA), 1, 0.0015),
                Arguments.of(
                        "denoise binned",
                        new Identity(),
                        new NoiseModel.Gaussian(SIGMA),
                        12,
                        0.0015),
                Arguments.of(
                        "denoise camera",
                        new Identity(),
                        new NoiseModel.PoissonGaussian(1, 0, 8),
                        1,
                        0.0015),
                Arguments.of("deblur", new GaussianBlur(1.2), new NoiseModel.Gaussian(5), 1, 0.005),
                Arguments.of("inpaint", null, new NoiseModel.None(), 1, 0.0015),
                Arguments.of(
                        "enlarge",
                        new Downsampling(2, Downsampling.Kernel.AVERAGE),
                        new NoiseModel.None(),
                        1,
                        0.0015));
    }

    /** With a halo smaller than usual; the benchmark of blocks measures the usual one. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("degradations")
    void blocksAreLikeTheWhole(
            String name, Degradation degradation, NoiseModel noise, int binning, double most)
            throws IOException {
        final InstalledModel model = new ModelStore(List.of()).find("microscopy-gray");
        final boolean fills = degradation == null;
        final int edge = !fills && degradation.scale() > 1 ? EDGE / 2 : EDGE;
        final Plane truth = ZarrImages.cells(edge, edge, 3);
        final Plane measured =
                ZarrImages.noisy(truth, noise instanceof NoiseModel.Gaussian ? 5 : 1, 9);
        final boolean[] known = new boolean[measured.size()];
        for (int i = 0; i < known.length; i++) known[i] = !fills || i % 7 > 1;
        for (int i = 0; i < known.length; i++) if (!known[i]) measured.channels()[0][i] = 0;
        final Path input =
                ZarrImages.write(folder.resolve("in.ome.zarr"), SampleType.FLOAT32, measured);
        final Sampling sampling =
                Sampling.DEFAULT
                        .withSeed(1)
                        .withBinning(binning)
                        .withSteps(fills ? FEW_STEPS : 0)
                        .withSolver(Sampling.SolverChoice.SEQUENTIAL);
        BlockPlanner.plan(
                new BlockRequest(
                        input,
                        folder.resolve("out.ome.zarr"),
                        new BlockRequest.Task(
                                "",
                                "",
                                "",
                                degradation,
                                null,
                                fills ? MissingRule.Kind.ZEROS : null,
                                noise,
                                sampling),
                        model,
                        Precision.FLOAT32,
                        null,
                        BLOCK,
                        HALO,
                        0,
                        1),
                true,
                Progress.NONE);
        final BlockOutput output = BlockOutput.open(folder.resolve("out.ome.zarr"));
        try (BlockWorker worker = BlockWorker.of(output.folder())) {
            assertTrue(
                    new BlockRun(output)
                            .run(new LocalEngine(worker, 1), Progress.NONE)
                            .isComplete());
        }
        final Plane blocks = ZarrImages.read(output.folder(), 0);
        final DiffusionPrior prior = model.load(Precision.FLOAT32);
        try {
            TorchEngine.setThreads(1);
            final Plane whole =
                    new Restorer(prior, CallLimits.standard())
                            .restore(
                                    fills ? MissingRule.filled(measured, known) : measured,
                                    new Restoration(
                                            fills
                                                    ? new MissingPixels(known, edge, edge)
                                                    : degradation,
                                            noise,
                                            sampling),
                                    Progress.NONE)
                            .restored();
            double sum = 0;
            for (int i = 0; i < whole.size(); i++)
                sum += Math.pow(whole.channels()[0][i] - blocks.channels()[0][i], 2);
            final double rms = Math.sqrt(sum / whole.size()) / 200;
            assertTrue(rms < most, name + ": " + rms);
        } finally {
            prior.close();
        }
    }
}
