/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.training;

import java.util.Random;
import org.deqir.diffusion.GaussianNoise;
import org.deqir.diffusion.NoiseSchedule;

/**
 * The batches of a training, each a function of the seed and the number of the step.
 *
 * <p>{@value #RESTORING} of the noise levels are spaced evenly in log σ from {@value #LEAST_SIGMA}
 * to {@value #MOST_SIGMA}, where restoration works; the others evenly over the timesteps.
 */
final class Batches {

    static final double LEAST_SIGMA = 0.01;
    static final double MOST_SIGMA = 2.5;

    private static final double RESTORING = 0.6;

    private final PatchSampler patches;
    private final NoiseSchedule schedule;
    private final int size;
    private final long seed;

    Batches(PatchSampler patches, NoiseSchedule schedule, int size, long seed) {
        this.patches = patches;
        this.schedule = schedule;
        this.size = size;
        this.seed = seed;
    }

    /** The batch of a step. */
    Batch at(long step) {
        final float[][] clean = new float[size][];
        final double[] timesteps = new double[size];
        for (int i = 0; i < size; i++) {
            final Random random = StepRandom.at(seed, 'b', step, i);
            timesteps[i] = timestep(random);
            clean[i] = patches.draw(random);
        }
        return of(clean, timesteps, step);
    }

    private double timestep(Random random) {
        final boolean restoring = random.nextDouble() < RESTORING;
        final double share = random.nextDouble();
        return restoring
                ? schedule.timestepAt(LEAST_SIGMA * Math.pow(MOST_SIGMA / LEAST_SIGMA, share))
                : Math.floor(share * schedule.steps());
    }

    /** Adds the noise of a draw. */
    Batch of(float[][] clean, double[] timesteps, long stream) {
        final int side = patches.side();
        final int channels = patches.channels();
        final int length = channels * side * side;
        final float[] noise = new float[clean.length * length];
        final float[] noisy = new float[noise.length];
        final float[] t = new float[clean.length];
        final GaussianNoise field = new GaussianNoise(seed);
        for (int n = 0; n < clean.length; n++) {
            for (int c = 0; c < channels; c++)
                field.fill(noise, n * length + c * side * side, stream, n, c, 0, 0, side, side);
            final double alphaBar = schedule.alphaBar(timesteps[n]);
            final double signal = Math.sqrt(alphaBar);
            final double spread = Math.sqrt(1 - alphaBar);
            for (int i = 0; i < length; i++)
                noisy[n * length + i] =
                        (float) (signal * clean[n][i] + spread * noise[n * length + i]);
            t[n] = (float) timesteps[n];
        }
        return new Batch(noisy, t, noise, side);
    }
}
