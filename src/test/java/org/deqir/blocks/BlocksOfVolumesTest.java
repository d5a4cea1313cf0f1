/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.deqir.physics.VolumeDegradation;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.testing.TinyModel;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Volumes in blocks that are cut along all three axes. */
class BlocksOfVolumesTest {

    private static final int BLOCK = 16;
    private static final int HALO = 10;

    /**
     * Of the range. So small a halo is too little for the network; the benchmark measures the usual
     * one. Blocks one voxel off differ by ten times as much.
     */
    private static final double MOST = 0.012;

    private static final int FEW_STEPS = 3;

    @TempDir static Path models;
    @TempDir Path folder;

    static Stream<Arguments> degradations() {
        return Stream.of(
                Arguments.of(
                        new VolumeDegradation.Blur(VolumeTrial.psf(1)),
                        new NoiseModel.PoissonGaussian(1, 100, 2),
                        new int[] {20, 24, 32}),
                Arguments.of(
                        new VolumeDegradation.AxialReduction(2, true),
                        new NoiseModel.Gaussian(15),
                        new int[] {10, 24, 32}));
    }

    /** With a network of random weights, alike only if all is in its place. */
    @ParameterizedTest
    @MethodSource("degradations")
    void blocksAreLikeTheWhole(VolumeDegradation degradation, NoiseModel noise, int... size)
            throws IOException {
        final VolumeTrial trial =
                VolumeTrial.of(
                        folder,
                        TinyModel.in(models),
                        degradation,
                        noise,
                        size,
                        BLOCK,
                        HALO,
                        FEW_STEPS);
        assertEquals(8, BlockOutput.open(folder.resolve("out.ome.zarr")).count(0));
        assertTrue(trial.rms() <= MOST, "rms " + trial.rms());
    }
}
