/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.diffusion;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.deqir.progress.Progress;
import org.deqir.testing.WhitePrior;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TiledNoisePredictorTest {

    private static final double[] TIMESTEPS = {100, 300};

    @ParameterizedTest
    @CsvSource({"40,56,16,4", "33,16,16,7", "100,17,32,8", "64,64,64,8"})
    void aPixelwisePredictorGivesTheSameInTiles(int height, int width, int tile, int overlap) {
        final WhitePrior network = new WhitePrior(3, 0.4);
        try (NDManager manager = NDManager.newBaseManager()) {
            final NDArray x = noise(manager, height, width);
            final NDArray whole = network.predict(x, TIMESTEPS);
            final NDArray tiled =
                    new TiledNoisePredictor(network, limits(tile, overlap), Progress.NONE)
                            .predict(x, TIMESTEPS);
            assertEquals(x.getShape(), tiled.getShape());
            assertArrayEquals(whole.toFloatArray(), tiled.toFloatArray(), 1e-5f);
        }
    }

    /** Predicts one number for the whole tile, a new one in every call: seams would be steps. */
    @Test
    void differencesBetweenTilesAreBlendedSmoothly() {
        final List<Shape> seen = new ArrayList<>();
        final NoisePredictor steps =
                new NoisePredictor() {
                    @Override
                    public int channels() {
                        return 1;
                    }

                    @Override
                    public NDArray predict(NDArray x, double[] timesteps) {
                        seen.add(x.getShape());
                        return x.getManager().ones(x.getShape()).muli(seen.size() % 2);
                    }

                    @Override
                    public void close() {}
                };
        try (NDManager manager = NDManager.newBaseManager()) {
            final NDArray x = manager.zeros(new Shape(1, 1, 8, 200));
            final float[] blended =
                    new TiledNoisePredictor(steps, limits(64, 24), Progress.NONE)
                            .predict(x, new double[] {5})
                            .toFloatArray();
            assertTrue(seen.size() > 3);
            for (final Shape shape : seen) assertEquals(new Shape(1, 1, 8, 64), shape);
            float largest = 0;
            for (int i = 1; i < 200; i++)
                largest = Math.max(largest, Math.abs(blended[i] - blended[i - 1]));
            assertTrue(largest < 0.2, "step " + largest);
            assertEquals(1, blended[0]);
        }
    }

    @Test
    void cancellingStopsBeforeTheNextTile() {
        final WhitePrior network = new WhitePrior(3, 0.4);
        final Progress afterTwo =
                new Progress() {
                    @Override
                    public void update(String stage, double fraction) {}

                    @Override
                    public boolean isCanceled() {
                        return network.calls() == 2;
                    }
                };
        try (NDManager manager = NDManager.newBaseManager()) {
            final NDArray x = noise(manager, 64, 64);
            final int before = manager.getManagedArrays().size();
            assertThrows(
                    CancellationException.class,
                    () ->
                            new TiledNoisePredictor(network, limits(32, 8), afterTwo)
                                    .predict(x, TIMESTEPS));
            assertEquals(2, network.calls());
            assertEquals(before, manager.getManagedArrays().size());
        }
    }

    @Test
    void tilesThatAreAllOverlapAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> limits(16, 8));
    }

    private static CallLimits limits(int tile, int overlap) {
        return CallLimits.of(tile, overlap, Long.MAX_VALUE);
    }

    private static NDArray noise(NDManager manager, int height, int width) {
        return new GaussianNoise(3).draw(manager, new Shape(2, 3, height, width), 0, 0, 0, 0);
    }
}
