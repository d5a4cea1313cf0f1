/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.solver;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import java.util.Arrays;
import org.deqir.diffusion.NoisePredictor;
import org.deqir.diffusion.TimestepSequence;
import org.deqir.equilibrium.Combination;
import org.deqir.equilibrium.NetworkCalls;
import org.deqir.equilibrium.NoiseMix;
import org.deqir.equilibrium.RestorationChain;
import org.deqir.physics.DataStep;
import org.deqir.progress.Progress;

/**
 * Finds the first state x_T from which a prior by itself, without any measurement, makes a given
 * image.
 *
 * <p>The prior's own chain is deterministic: x_{i+1}/√ᾱ_{i+1} = x_i/√ᾱ_i − (σ_i − σ_{i+1})·ε(x_i).
 * Read backwards it is an equation for each x_i, in which x_i itself is evaluated. Taking the
 * evaluation at the cleaner state instead is DDIM inversion (Song et al. 2021, section 4.3), which
 * only nearly reproduces the image. Here it is the first guess; then all states together are
 * iterated to their fixed point, one batch of T evaluations a round, with Anderson acceleration.
 *
 * <p>What the prior removes from every image, such as noise, cannot be reproduced by it; the result
 * says how much is left.
 */
public final class NoiseInversion {

    private static final int HISTORY = 5;

    private final int rounds;
    private final double tolerance;
    private final int maxBatch;

    /**
     * @param rounds most rounds after the first guess, ≥ 0; 0 for DDIM inversion alone
     * @param tolerance root mean square change of the states at which they count as settled, where
     *     images are in [−1, 1]
     * @param maxBatch most images in one network call
     */
    public NoiseInversion(int rounds, double tolerance, int maxBatch) {
        if (rounds < 0)
            throw new IllegalArgumentException("The rounds must be ≥ 0, not " + rounds + ".");
        if (!(tolerance >= 0))
            throw new IllegalArgumentException("The tolerance must be ≥ 0, not " + tolerance + ".");
        this.rounds = rounds;
        this.tolerance = tolerance;
        this.maxBatch = maxBatch;
    }

    /**
     * What was found.
     *
     * @param start x_T, (K, C, H, W)
     * @param residual root mean square difference between the image and what the chain makes of
     *     x_T, where images are in [−1, 1]; largest over the rows
     * @param rounds rounds after the first guess
     * @param evaluations images that went through the network
     */
    public record Result(NDArray start, double residual, int rounds, long evaluations)
            implements AutoCloseable {
        @Override
        public void close() {
            start.close();
        }
    }

    /** {@return the chain of a prior by itself, which turns x_T into an image} */
    public static RestorationChain chain(NoisePredictor predictor, TimestepSequence levels) {
        return RestorationChain.of(predictor, levels, new NoMeasurement())
                .withNoise(new NoiseMix(0, 0), null);
    }

    /**
     * Inverts the chain of a prior.
     *
     * @param image what the chain should make, (K, C, H, W) in [−1, 1]; not changed
     * @param progress asked before every network call whether to go on
     * @return owned by the manager of {@code image}
     * @throws java.util.concurrent.CancellationException if the user cancelled
     */
    public Result invert(
            NoisePredictor predictor, TimestepSequence levels, NDArray image, Progress progress) {
        final NetworkCalls calls = new NetworkCalls(predictor, maxBatch, progress);
        final int length = levels.length();
        calls.begin("Inverting the reference", 0, 1, (rounds + 2L) * length * image.size(0));
        try (NDManager manager = image.getManager().newSubManager();
                JointAnderson anderson = new JointAnderson(length, HISTORY)) {
            final NDArray[] states = new NDArray[length];
            firstGuess(levels, image, states, calls, manager);
            int done = 0;
            double change = Double.POSITIVE_INFINITY;
            while (done < rounds && change > tolerance) {
                final NDArray[] images = map(levels, image, states, calls, manager);
                change = 0;
                for (int i = 0; i < length; i++)
                    change = Math.max(change, Residuals.change(images[i], states[i], 1));
                done++;
                anderson.advance(states, images, length, done == rounds || change <= tolerance);
            }
            final double residual = residual(predictor, levels, states[0], image, progress);
            states[0].attach(image.getManager());
            return new Result(states[0], residual, done, calls.evaluations() + length);
        }
    }

    /** Every state from the next cleaner one, evaluated there. */
    private static void firstGuess(
            TimestepSequence levels,
            NDArray image,
            NDArray[] states,
            NetworkCalls calls,
            NDManager owner) {
        NDArray cleaner = image;
        for (int i = levels.length() - 1; i >= 0; i--) {
            final double ratio = Math.sqrt(levels.alphaBar(i) / levels.alphaBar(i + 1));
            try (NDArray evaluated = cleaner.mul(ratio);
                    NDArray epsilon = calls.predict(evaluated, levels.timestep(i))) {
                states[i] = noisier(levels, i, cleaner, epsilon);
            }
            states[i].attach(owner);
            cleaner = states[i];
        }
    }

    /** All states from evaluations at the old ones. */
    private static NDArray[] map(
            TimestepSequence levels,
            NDArray image,
            NDArray[] states,
            NetworkCalls calls,
            NDManager owner) {
        final int rows = Math.toIntExact(image.size(0));
        final double[] timesteps = new double[states.length * rows];
        Arrays.setAll(timesteps, n -> levels.timestep(n / rows));
        final NDArray[] images = new NDArray[states.length];
        try (NDManager scratch = owner.newSubManager()) {
            final NDArray batch = NDArrays.concat(new NDList(states));
            batch.attach(scratch);
            final NDArray epsilon = calls.predict(batch, timesteps);
            NDArray cleaner = image;
            for (int i = states.length - 1; i >= 0; i--) {
                images[i] =
                        noisier(
                                levels,
                                i,
                                cleaner,
                                epsilon.get(new NDIndex(i * rows + ":" + (i + 1) * rows)));
                images[i].attach(owner);
                cleaner = images[i];
            }
        }
        return images;
    }

    /** x_i = √ᾱ_i·(x_{i+1}/√ᾱ_{i+1} + (σ_i − σ_{i+1})·ε). */
    private static NDArray noisier(
            TimestepSequence levels, int i, NDArray cleaner, NDArray epsilon) {
        final double root = Math.sqrt(levels.alphaBar(i));
        return Combination.of(
                cleaner,
                root / Math.sqrt(levels.alphaBar(i + 1)),
                epsilon,
                root * (levels.sigma(i) - levels.sigma(i + 1)));
    }

    private double residual(
            NoisePredictor predictor,
            TimestepSequence levels,
            NDArray start,
            NDArray image,
            Progress progress) {
        final FixedPointSolver sequential =
                SolverKind.SEQUENTIAL.create(SolverSettings.DEFAULT.withMaxBatch(maxBatch));
        try (Solution solution = sequential.solve(chain(predictor, levels), start, progress)) {
            return Residuals.change(solution.x0(), image, 1);
        }
    }

    /** Nothing was measured. */
    private static final class NoMeasurement implements DataStep {

        @Override
        public NDArray apply(NDArray x0, double[] sigma, double[] nextSigma) {
            return x0.duplicate();
        }

        @Override
        public NDArray adjoint(NDArray v, double[] sigma, double[] nextSigma) {
            return v.duplicate();
        }

        @Override
        public void close() {
            // holds nothing
        }
    }
}
