/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model.importing;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.deqir.diffusion.DifferentiableNoisePredictor;
import org.deqir.diffusion.NoiseSchedule;
import org.deqir.model.ConventionalPredictor;
import org.deqir.model.Intensities;
import org.deqir.model.Prediction;
import org.deqir.model.ScheduleDescription;
import org.deqir.network.TorchEngine;
import org.deqir.network.layout.NetworkArchitecture;
import org.deqir.progress.Progress;

/**
 * Finds settings that leave no trace in the weights by what the network can do with them.
 *
 * <p>A trained network predicts the noise in an image only if it is run as it was trained. So each
 * candidate is given an image of overlapping discs, whose edges and areas are like those of any
 * picture, with known noise of several strengths, and the mean squared error of the predicted noise
 * tells the right one. Where none predicts noise, or two do about as well, nothing is decided.
 */
public final class SettingsTrial {

    /** How a network may have been trained. */
    public record Candidate(
            NetworkArchitecture architecture,
            ScheduleDescription schedule,
            Intensities intensities,
            Prediction prediction) {}

    /** The network with its weights, run as one of several architectures that they fit. */
    @FunctionalInterface
    public interface Network {

        /**
         * @param architecture settings to read the weights with
         * @return the network as it is, with its own conventions; the caller closes it
         * @throws IOException if the weights cannot be read
         */
        DifferentiableNoisePredictor as(NetworkArchitecture architecture) throws IOException;
    }

    /** Error of the noise, relative to predicting none, above which a network is not trained. */
    private static final double TRAINED = 0.6;

    /** The same for networks that may predict something else, with which a guess fares better. */
    private static final double SURELY_TRAINED = 0.3;

    /** Candidates whose error is larger than the least by less than this factor do as well. */
    private static final double CLEAR = 1.02;

    private static final int SIZE = 64;
    private static final int DISCS = 300;

    /** Noise levels relative to an image in [−1, 1]. */
    private static final double[] SIGMAS = {0.15, 0.5, 1.5};

    private final double[] errors;

    private SettingsTrial(double[] errors) {
        this.errors = errors;
    }

    /**
     * Tries all candidates.
     *
     * @param network the network with its weights
     * @throws java.util.concurrent.CancellationException if the user cancelled
     */
    static SettingsTrial of(Network network, List<Candidate> candidates, Progress progress)
            throws IOException {
        final double[] errors = new double[candidates.size()];
        for (int i = 0; i < errors.length; i++) {
            progress.checkCanceled();
            progress.update("Trying settings", (double) i / errors.length);
            errors[i] = error(network, candidates.get(i));
        }
        return new SettingsTrial(errors);
    }

    /** Whether the network predicts noise with any candidate. */
    boolean works() {
        return errors[best()] < TRAINED;
    }

    /** Whether one candidate alone predicts the noise well. */
    boolean isSure() {
        return isClear() && errors[best()] < SURELY_TRAINED;
    }

    /** The candidate with the least error. */
    int best() {
        int best = 0;
        for (int i = 1; i < errors.length; i++) if (errors[i] < errors[best]) best = i;
        return best;
    }

    /** Whether all other candidates do clearly worse than the best. */
    boolean isClear() {
        int close = 0;
        for (double error : errors) if (error <= CLEAR * errors[best()]) close++;
        return works() && close == 1;
    }

    /** Whether all candidates do about as well as the best. */
    boolean isIndifferent() {
        for (double error : errors) if (!(error <= CLEAR * errors[best()])) return false;
        return works();
    }

    /** Mean squared error of the predicted noise, whose variance is 1. */
    static double error(Network network, Candidate candidate) throws IOException {
        final int size = Math.max(SIZE, candidate.architecture().stride());
        final int channels = candidate.architecture().channels();
        final int pixels = channels * size * size;
        final float[] image = discs(channels, size);
        final NoiseSchedule schedule =
                ConventionalPredictor.schedule(
                        candidate.schedule().schedule(), candidate.intensities());
        final float[] noisy = new float[SIGMAS.length * pixels];
        final float[] noise = new float[noisy.length];
        final double[] timesteps = new double[SIGMAS.length];
        final Random random = new Random(2);
        for (int i = 0; i < SIGMAS.length; i++) {
            timesteps[i] = schedule.timestepAt(SIGMAS[i]);
            final double signal = Math.sqrt(schedule.alphaBar(timesteps[i]));
            for (int p = 0; p < pixels; p++) {
                final double n = random.nextGaussian();
                noise[i * pixels + p] = (float) n;
                noisy[i * pixels + p] =
                        (float) (signal * image[p] + Math.sqrt(1 - signal * signal) * n);
            }
        }
        final float[] predicted;
        try (ConventionalPredictor predictor =
                        new ConventionalPredictor(
                                "that is tried",
                                network.as(candidate.architecture()),
                                candidate.schedule(),
                                candidate.intensities(),
                                candidate.prediction());
                NDManager manager = TorchEngine.newManager()) {
            final NDArray x = manager.create(noisy, new Shape(SIGMAS.length, channels, size, size));
            predicted = predictor.predict(x, timesteps).toFloatArray();
        }
        double sum = 0;
        for (int i = 0; i < noise.length; i++) sum += Math.pow((double) predicted[i] - noise[i], 2);
        return Double.isFinite(sum) ? sum / noise.length : Double.POSITIVE_INFINITY;
    }

    /** Discs that hide one another, of sizes as in photographs (a "dead leaves" image). */
    private static float[] discs(int channels, int size) {
        final float[] image = new float[channels * size * size];
        final Random random = new Random(1);
        for (int disc = 0; disc < DISCS; disc++) {
            final double radius = 2 + size / 3.0 * Math.pow(random.nextDouble(), 3);
            final double x = random.nextDouble() * size;
            final double y = random.nextDouble() * size;
            final float grey = random.nextFloat() * 1.8f - 0.9f;
            for (int c = 0; c < channels; c++) {
                final float level = grey * 0.8f + 0.2f * (random.nextFloat() * 1.8f - 0.9f);
                for (int r = 0; r < size; r++)
                    for (int k = 0; k < size; k++)
                        if (Math.hypot(r - y, k - x) <= radius)
                            image[(c * size + r) * size + k] = level;
            }
        }
        return image;
    }
}
