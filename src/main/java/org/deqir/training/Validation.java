/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.training;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.deqir.diffusion.NoiseSchedule;
import org.deqir.image.Plane;
import org.deqir.network.TrainableNetwork;
import org.deqir.training.TrainingImages.Area;

/**
 * Measures a network on held-out patches with noise that is always the same.
 *
 * <p>The loss is taken at noise levels evenly spaced in log σ; the PSNR is that of one network call
 * on patches with noise of {@value #LEVELS} of 255 grey levels.
 */
final class Validation {

    private static final int PATCHES = 48;
    private static final double LEVELS = 25;
    private static final double SIGMA = 2 * LEVELS / 255;
    private static final double PEAK = 2;

    /** Streams of noise that no step of a training uses. */
    private static final long LOSS_STREAM = -1;

    private static final long PSNR_STREAM = -2;

    private final List<Batch> losses = new ArrayList<>();
    private final List<Batch> noisy = new ArrayList<>();
    private final List<float[][]> clean = new ArrayList<>();
    private final int channels;
    private final int side;
    private final double alphaBar;

    /**
     * What was measured.
     *
     * @param loss mean squared error of the predicted noise
     * @param psnr of the denoised patches in dB, the range [−1, 1] being the peak
     */
    record Score(double loss, double psnr) {}

    /** Draws the patches, {@code batch} of which are given to the network at once. */
    Validation(List<Area> heldOut, NoiseSchedule schedule, int side, int batch, long seed) {
        final PatchSampler sampler = new PatchSampler(heldOut, side, 1);
        final Batches batches = new Batches(sampler, schedule, batch, seed);
        this.side = side;
        channels = sampler.channels();
        final double level = schedule.timestepAt(SIGMA);
        alphaBar = schedule.alphaBar(level);
        for (int first = 0; first < PATCHES; first += batch) {
            final int size = Math.min(batch, PATCHES - first);
            final float[][] patches = new float[size][];
            final double[] spread = new double[size];
            final double[] same = new double[size];
            for (int i = 0; i < size; i++) {
                final Random random = StepRandom.at(seed, 'v', first + i);
                patches[i] = sampler.plain(random);
                final double share = (first + i + 0.5) / PATCHES;
                spread[i] =
                        schedule.timestepAt(
                                Batches.LEAST_SIGMA
                                        * Math.pow(
                                                Batches.MOST_SIGMA / Batches.LEAST_SIGMA, share));
                same[i] = level;
            }
            losses.add(batches.of(patches, spread, LOSS_STREAM - 2L * first));
            noisy.add(batches.of(patches, same, PSNR_STREAM - 2L * first));
            clean.add(patches);
        }
    }

    Score measure(TrainableNetwork network) {
        double loss = 0;
        double squares = 0;
        long samples = 0;
        for (int b = 0; b < losses.size(); b++) {
            final Batch batch = losses.get(b);
            loss += batch.loss(network) * batch.timesteps().length / PATCHES;
            final float[] denoised = denoised(noisy.get(b), network);
            final float[][] truth = clean.get(b);
            for (int n = 0, i = 0; n < truth.length; n++)
                for (final float value : truth[n]) {
                    squares += Math.pow(denoised[i++] - value, 2);
                    samples++;
                }
        }
        return new Score(loss, 10 * Math.log10(PEAK * PEAK * samples / squares));
    }

    /** The patches with most structure: noisy, restored by one call, and as they are. */
    List<Sample> samples(TrainableNetwork network, int most) {
        final Batch batch = noisy.get(0);
        final float[] denoised = denoised(batch, network);
        final List<Sample> samples = new ArrayList<>();
        final int length = channels * side * side;
        final float scale = (float) (1 / Math.sqrt(alphaBar));
        final float[][] patches = clean.get(0);
        final List<Integer> order = new ArrayList<>();
        for (int n = 0; n < patches.length; n++) order.add(n);
        order.sort(Comparator.comparingDouble(n -> -PatchSampler.deviation(patches[n])));
        for (final int n : order.subList(0, Math.min(most, patches.length)))
            samples.add(
                    new Sample(
                            plane(batch.noisy(), n * length, scale),
                            plane(denoised, n * length, 1),
                            plane(patches[n], 0, 1)));
        return samples;
    }

    private Plane plane(float[] values, int from, float scale) {
        final float[][] planes = new float[channels][side * side];
        for (int c = 0; c < channels; c++)
            for (int i = 0; i < side * side; i++)
                planes[c][i] = scale * values[from + c * side * side + i];
        return new Plane(planes, side, side);
    }

    /** x₀ = (x_t − √(1 − ᾱ_t)·ε)/√ᾱ_t. */
    private float[] denoised(Batch batch, TrainableNetwork network) {
        final float[] noise = batch.prediction(network);
        final double spread = Math.sqrt(1 - alphaBar);
        for (int i = 0; i < noise.length; i++)
            noise[i] = (float) ((batch.noisy()[i] - spread * noise[i]) / Math.sqrt(alphaBar));
        return noise;
    }
}
