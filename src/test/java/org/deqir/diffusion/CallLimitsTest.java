/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.diffusion;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import org.deqir.progress.Progress;
import org.deqir.testing.WhitePrior;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CallLimitsTest {

    private static final double[] TIMESTEPS = {100, 200, 300, 400};
    private static final String ALLOCATION =
            "[enforce fail at alloc_cpu.cpp:119] err == 0. DefaultCPUAllocator: can't allocate"
                    + " memory: you tried to allocate 4194304 bytes. Error code 12 (Cannot allocate"
                    + " memory)";

    /** Fails as PyTorch does above a number of pixels in one call. */
    private static final class ShortOfMemory implements NoisePredictor {

        private final WhitePrior network = new WhitePrior(1, 0.4);
        private final long fitting;
        private final String message;
        private final List<Shape> seen = new ArrayList<>();

        ShortOfMemory(long fitting, String message) {
            this.fitting = fitting;
            this.message = message;
        }

        @Override
        public int channels() {
            return 1;
        }

        @Override
        public long bytesPerPixel() {
            return 1000;
        }

        @Override
        public NDArray predict(NDArray x, double[] timesteps) {
            seen.add(x.getShape());
            if (x.size() > fitting) throw new EngineException(message);
            return network.predict(x, timesteps);
        }

        @Override
        public void close() {}
    }

    @ParameterizedTest
    @CsvSource({
        // all four images at once would be 160,000 pixels
        "200000, 4, 200, 200",
        "90000, 2, 200, 200",
        "50000, 1, 200, 200",
        // not even one image: smaller tiles
        "20000, 1, 96, 96",
        "9216, 1, 96, 96"
    })
    void goesOnWithLess(long fitting, int batch, int height, int width) {
        final ShortOfMemory network = new ShortOfMemory(fitting, ALLOCATION);
        final CallLimits limits = CallLimits.standard();
        try (NDManager manager = NDManager.newBaseManager()) {
            final NDArray x =
                    new GaussianNoise(3).draw(manager, new Shape(4, 1, 200, 200), 0, 0, 0, 0);
            final int before = manager.getManagedArrays().size();
            final NDArray noise =
                    new TiledNoisePredictor(network, limits, Progress.NONE).predict(x, TIMESTEPS);
            assertArrayEquals(
                    network.network.predict(x, TIMESTEPS).toFloatArray(),
                    noise.toFloatArray(),
                    1e-5f);
            assertEquals(
                    new Shape(batch, 1, height, width), network.seen.get(network.seen.size() - 1));
            assertEquals(
                    before + 2, manager.getManagedArrays().size(), "failed calls keep nothing");

            final int failures = network.seen.size();
            network.seen.clear();
            new TiledNoisePredictor(network, limits, Progress.NONE).predict(x, TIMESTEPS).close();
            assertTrue(network.seen.stream().allMatch(shape -> shape.size() <= fitting), "learned");
            assertTrue(failures >= network.seen.size());
        }
    }

    @Test
    void saysHowMuchIsMissingWhenNothingFits() {
        final ShortOfMemory network = new ShortOfMemory(9000, ALLOCATION);
        try (NDManager manager = NDManager.newBaseManager()) {
            final NDArray x = manager.zeros(new Shape(1, 1, 500, 400));
            final OutOfMemory failure =
                    assertThrows(
                            OutOfMemory.class,
                            () ->
                                    new TiledNoisePredictor(
                                                    network, CallLimits.standard(), Progress.NONE)
                                            .predict(x, new double[] {5}));
            assertEquals(
                    "There is not enough memory for the network: a part of 96 × 96 pixels, the"
                            + " smallest it is given, needs about 0.01 GB. Close other programs or"
                            + " images.",
                    failure.getMessage());
            assertEquals(ALLOCATION, failure.getCause().getMessage());
        }
    }

    @Test
    void otherFailuresAreNotTriedAgain() {
        final ShortOfMemory network = new ShortOfMemory(0, "expected scalar type Float");
        try (NDManager manager = NDManager.newBaseManager()) {
            final NDArray x = manager.zeros(new Shape(1, 1, 500, 400));
            final EngineException failure =
                    assertThrows(
                            EngineException.class,
                            () ->
                                    new TiledNoisePredictor(
                                                    network, CallLimits.standard(), Progress.NONE)
                                            .predict(x, new double[] {5}));
            assertSame("expected scalar type Float", failure.getMessage());
            assertEquals(1, network.seen.size());
        }
    }

    @Test
    void tilesAreOneSizeOnAllComputersThatHaveRoomForThem() {
        for (final long gigabytes : new long[] {1, 4, 64}) {
            final CallLimits limits = CallLimits.within(gigabytes << 30, 3072);
            assertEquals(CallLimits.TILE, limits.tile());
            assertTrue(limits.isStandard());
        }
        final CallLimits little = CallLimits.within(200_000_000, 3072);
        assertEquals(192, little.tile());
        assertFalse(little.isStandard());
        assertEquals(1, little.batch(192, 192));
        assertEquals(CallLimits.LEAST_TILE, CallLimits.within(0, 3072).tile());
        assertEquals(1, CallLimits.within(Long.MAX_VALUE, 0).batch(384, 384));
        assertEquals(64, CallLimits.standard().batch(64, 64));
    }

    @ParameterizedTest
    @CsvSource({
        "384, 1, 384",
        "385, 2, 224",
        "512, 2, 288",
        "1024, 3, 384",
        "2048, 6, 384",
        "97, 1, 97"
    })
    void workGrowsWithTheImageAndNotInJumps(int size, int count, int length) {
        final Tiling tiling = new Tiling(size, CallLimits.TILE, CallLimits.OVERLAP);
        assertEquals(count, tiling.count());
        assertEquals(length, tiling.length());
        final double[] sums = new double[size];
        for (int tile = 0; tile < count; tile++) {
            final float[] weights = tiling.weights(tile);
            for (int i = 0; i < length; i++) sums[tiling.start(tile) + i] += weights[i];
            if (tile > 0)
                assertTrue(
                        tiling.start(tile - 1) + length - tiling.start(tile) >= CallLimits.OVERLAP);
        }
        for (final double sum : sums) assertEquals(1, sum, 1e-6);
    }
}
