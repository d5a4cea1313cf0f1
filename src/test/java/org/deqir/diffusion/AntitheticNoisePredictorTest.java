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
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.deqir.model.store.ModelStore;
import org.deqir.network.layout.Precision;
import org.deqir.testing.WhitePrior;
import org.junit.jupiter.api.Test;

class AntitheticNoisePredictorTest {

    private static final NoiseSchedule SCHEDULE = NoiseSchedule.linear(1e-4, 0.02, 1000);
    private static final TimestepSequence LEVELS = TimestepSequence.of(SCHEDULE, 600, 300, 100);
    private static final double SHARE = 0.7;

    private static AntitheticNoisePredictor pairsOf(NoisePredictor network) {
        return new AntitheticNoisePredictor(network, LEVELS, SHARE, new GaussianNoise(4));
    }

    /** The added noise cancels exactly if the predictor is linear. */
    @Test
    void aLinearPredictorGivesTheSame() {
        final WhitePrior network = new WhitePrior(2, 0.3);
        try (NDManager manager = NDManager.newBaseManager()) {
            final NDArray x = new GaussianNoise(1).draw(manager, new Shape(2, 2, 9, 7), 0, 0, 0, 0);
            final double[] timesteps = {300, 100};
            final NDArray direct = network.predict(x, timesteps);
            final int before = manager.getManagedArrays().size();
            final NDArray paired = pairsOf(network).predict(x, timesteps);
            assertArrayEquals(direct.toFloatArray(), paired.toFloatArray(), 1e-5f);
            assertEquals(before + 1, manager.getManagedArrays().size());
            assertEquals(2, network.calls());
        }
    }

    /** Remembers what it is shown. */
    private static final class Recorder implements NoisePredictor {

        private final List<float[]> seen = new ArrayList<>();

        @Override
        public int channels() {
            return 1;
        }

        @Override
        public NDArray predict(NDArray x, double[] timesteps) {
            for (int n = 0; n < timesteps.length; n++)
                try (NDArray row = x.get(n)) {
                    seen.add(row.toFloatArray());
                }
            return x.duplicate();
        }

        @Override
        public void close() {}
    }

    @Test
    void theNoiseIsAShareOfTheLevelsAndMeansNothingToTheSum() {
        for (int level = 0; level < LEVELS.length(); level++) {
            final Recorder network = new Recorder();
            try (NDManager manager = NDManager.newBaseManager()) {
                final NDArray x = manager.full(new Shape(1, 1, 64, 64), 0.5f);
                pairsOf(network).predict(x, new double[] {LEVELS.timestep(level)});
            }
            assertEquals(2, network.seen.size());
            double variance = 0;
            for (int i = 0; i < 64 * 64; i++) {
                final double more = network.seen.get(0)[i] - 0.5;
                assertEquals(-more, network.seen.get(1)[i] - 0.5, 1e-6);
                variance += more * more / (64 * 64);
            }
            final double expected = SHARE * Math.sqrt(1 - LEVELS.alphaBar(level));
            assertEquals(expected, Math.sqrt(variance), 0.05 * expected);
        }
    }

    /** So that a joint map of all levels has the fixed point of the chain, however it is cut. */
    @Test
    void anAnswerDependsOnImageAndTimestepAlone() {
        final NoisePredictor squares = new Squares();
        try (NDManager manager = NDManager.newBaseManager()) {
            final NDArray x = new GaussianNoise(1).draw(manager, new Shape(3, 1, 8, 8), 0, 0, 0, 0);
            final double[] timesteps = {600, 100, 300};
            final NDArray together = pairsOf(squares).predict(x, timesteps);
            for (int row = 0; row < timesteps.length; row++) {
                final NDArray alone =
                        pairsOf(squares)
                                .predict(
                                        x.get(row + ":" + (row + 1)),
                                        new double[] {timesteps[row]});
                assertArrayEquals(alone.toFloatArray(), together.get(row).toFloatArray(), 1e-6f);
            }
        }
    }

    private static final class Squares implements NoisePredictor {

        @Override
        public int channels() {
            return 1;
        }

        @Override
        public NDArray predict(NDArray x, double[] timesteps) {
            return x.square();
        }

        @Override
        public void close() {}
    }

    @Test
    void otherTimestepsSeeNoNoise() {
        final Recorder network = new Recorder();
        try (NDManager manager = NDManager.newBaseManager()) {
            final NDArray x = manager.full(new Shape(1, 1, 4, 4), 0.5f);
            pairsOf(network).predict(x, new double[] {77});
            for (final float[] seen : network.seen) assertArrayEquals(x.toFloatArray(), seen);
        }
    }

    @Test
    void evaluationsCountTwice() {
        assertEquals(2, pairsOf(new WhitePrior(1, 1)).evaluationsPerImage());
        assertEquals(
                2,
                new TurningNoisePredictor(pairsOf(new WhitePrior(1, 1)), LEVELS)
                        .evaluationsPerImage());
    }

    @Test
    void aNegativeShareIsRefused() {
        final String message =
                assertThrows(
                                IllegalArgumentException.class,
                                () ->
                                        new AntitheticNoisePredictor(
                                                new WhitePrior(1, 1),
                                                LEVELS,
                                                -0.1,
                                                new GaussianNoise(1)))
                        .getMessage();
        assertTrue(message.contains("-0.1"), message);
    }

    /** What it is for: the shipped prior sees a flat image and finds noise that is not there. */
    @Test
    void aRealNetworkLeavesLessGrainInAFlatImage() throws IOException {
        try (DiffusionPrior prior =
                        new ModelStore(List.of()).find("microscopy-gray").load(Precision.FLOAT32);
                NDManager manager = NDManager.newBaseManager()) {
            final TimestepSequence level =
                    TimestepSequence.spaced(
                            TimestepSequence.Spacing.LOG_SIGMA, prior.schedule(), 2, 0.4, 0.1);
            for (int i = 0; i < level.length(); i++) {
                final NDArray flat =
                        manager.full(
                                new Shape(1, 1, 64, 64),
                                (float) (0.2 * Math.sqrt(level.alphaBar(i))));
                final NoisePredictor pairs =
                        new AntitheticNoisePredictor(
                                prior.predictor(), level, SHARE, new GaussianNoise(1));
                final double single = grain(prior.predictor(), flat, level, i);
                final double paired = grain(pairs, flat, level, i);
                assertTrue(single > 0.1 * level.sigma(i), "grain " + single);
                assertTrue(paired < 0.5 * single, paired + " instead of " + single);
            }
        }
    }

    /** Standard deviation of the estimate of a flat image. */
    private static double grain(
            NoisePredictor predictor, NDArray x, TimestepSequence levels, int level) {
        final float[] noise =
                predictor.predict(x, new double[] {levels.timestep(level)}).toFloatArray();
        double sum = 0;
        double squares = 0;
        for (final float value : noise) {
            sum += value;
            squares += value * value;
        }
        final double mean = sum / noise.length;
        return levels.sigma(level) * Math.sqrt(squares / noise.length - mean * mean);
    }
}
