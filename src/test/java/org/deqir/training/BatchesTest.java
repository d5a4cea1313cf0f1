/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.deqir.diffusion.NoiseSchedule;
import org.deqir.image.IntensityRange;
import org.deqir.image.Plane;
import org.deqir.training.TrainingImages.Area;
import org.junit.jupiter.api.Test;

class BatchesTest {

    private static final NoiseSchedule SCHEDULE = NoiseSchedule.linear(1e-4, 0.02, 1000);

    private static Batches batches(int size, long seed) {
        final float[] samples = new float[400];
        for (int i = 0; i < samples.length; i++) samples[i] = (float) Math.sin(i);
        final Picture picture =
                Picture.of(Plane.of(samples, 20, 20), new IntensityRange(-1, 1), 400);
        return new Batches(
                new PatchSampler(List.of(new Area(picture, 0, 0, 20, 20)), 8, 1),
                SCHEDULE,
                size,
                seed);
    }

    @Test
    void noiseIsAddedAsTheScheduleSays() {
        final Batches batches = batches(2, 1);
        final float[][] clean = {new float[64], new float[64]};
        Arrays.fill(clean[0], 0.5f);
        Arrays.fill(clean[1], -0.25f);
        final Batch batch = batches.of(clean, new double[] {20, 700.5}, 3);
        double mean = 0;
        for (int i = 0; i < 128; i++) {
            final double alphaBar = SCHEDULE.alphaBar(i < 64 ? 20 : 700.5);
            assertEquals(
                    Math.sqrt(alphaBar) * clean[i / 64][i % 64]
                            + Math.sqrt(1 - alphaBar) * batch.noise()[i],
                    batch.noisy()[i],
                    1e-6);
            mean += batch.noise()[i] / 128;
        }
        assertEquals(0, mean, 0.3);
        assertArrayEquals(new float[] {20, 700.5f}, batch.timesteps());
    }

    @Test
    void aBatchDependsOnSeedAndStepAlone() {
        final Batch seven = batches(4, 1).at(7);
        final Batches other = batches(4, 1);
        other.at(3);
        assertArrayEquals(seven.noisy(), other.at(7).noisy());
        assertArrayEquals(seven.timesteps(), other.at(7).timesteps());
        assertFalse(Arrays.equals(seven.noisy(), other.at(8).noisy()));
        assertFalse(Arrays.equals(seven.noise(), batches(4, 2).at(7).noise()));
    }

    @Test
    void mostLevelsAreThoseOfRestoration() {
        final Batch batch = batches(1000, 1).at(1);
        int restoring = 0;
        int strong = 0;
        for (final float t : batch.timesteps()) {
            assertTrue(t >= 0 && t <= 999);
            if (SCHEDULE.sigma(t) <= 0.16) restoring++;
            if (SCHEDULE.sigma(t) > 2.5) strong++;
        }
        // half of the 60 % that are spaced evenly in log σ from 0.01 to 2.5, and of the others the
        // 3.3 % below σ = 0.16; beyond 2.5 only the others, 60 % of which are there
        assertEquals(340, restoring, 60);
        assertEquals(240, strong, 50);
    }

    @Test
    void theRateRisesAndFalls() {
        assertEquals(0.02, LearningRate.factor(0));
        assertEquals(0.5, LearningRate.factor(0.025), 1e-12);
        assertEquals(1, LearningRate.factor(0.05), 1e-12);
        assertEquals(0.52, LearningRate.factor(0.525), 1e-12);
        assertEquals(0.04, LearningRate.factor(1), 1e-12);
    }

    @Test
    void theAverageKeepsMoreAndMore() {
        assertEquals(2.0 / 11, LearningRate.kept(1), 1e-12);
        assertEquals(101.0 / 110, LearningRate.kept(100), 1e-12);
        assertEquals(0.9995, LearningRate.kept(1_000_000), 1e-12);
    }
}
