/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import org.deqir.diffusion.NoisePredictor;
import org.deqir.diffusion.TimestepSequence;
import org.deqir.physics.DataStep;

/**
 * A sampling chain that restores an image: from the state x_T at the noisiest level down to x₀.
 *
 * <p>Step i, i = 0 … T−1, leaves level i of the {@link TimestepSequence} for level i + 1:
 *
 * <pre>
 * ε       = ε_θ(x, t_i)
 * x₀|t    = (x − √(1−ᾱ_i)·ε) / √ᾱ_i                       the network's estimate of the clean image
 * x̂₀      = D(x₀|t, σ_i, σ_{i+1})                         the data step
 * x'      = √ᾱ_{i+1}·x̂₀ + c2_i·ε + c1_i·z_i               the next state
 * c2_i    = √(1−ᾱ_{i+1})·√(1−etw²),   c1_i = √(1−ᾱ_{i+1})·nw
 * </pre>
 *
 * (Cao et al. 2024, with a general data step). The level after the last is the clean image, ᾱ = 1.
 * The last data step can be left out: where the measurement is noisy, it would bring that noise
 * back, and the network's own estimate is the better answer. With one level and no last data step
 * the chain is the network's denoiser at that level.
 *
 * <p>States are (K, C, H, W) float32: K samples or images restored side by side. The data step is
 * given the K rows of one level at a time.
 *
 * <p>Immutable; owns neither the network nor the data step. Results belong to the manager of the
 * first array argument, nothing else outlives a call.
 */
public final class RestorationChain {

    private final NoisePredictor predictor;
    private final TimestepSequence levels;
    private final DataStep dataStep;
    private final boolean lastDataStep;
    private final NoiseMix mix;
    private final FreshNoise noise;

    private RestorationChain(
            NoisePredictor predictor,
            TimestepSequence levels,
            DataStep dataStep,
            boolean lastDataStep,
            NoiseMix mix,
            FreshNoise noise) {
        this.predictor = predictor;
        this.levels = levels;
        this.dataStep = dataStep;
        this.lastDataStep = lastDataStep;
        this.mix = mix;
        this.noise = noise;
    }

    /**
     * {@return a chain that ends with a data step and carries no noise on ({@link
     * NoiseMix#FIDELITY})}
     */
    public static RestorationChain of(
            NoisePredictor predictor, TimestepSequence levels, DataStep dataStep) {
        return new RestorationChain(predictor, levels, dataStep, true, NoiseMix.FIDELITY, null);
    }

    /**
     * {@return this chain with other noise} The fresh noise may be null if {@code mix.nw()} is 0.
     */
    public RestorationChain withNoise(NoiseMix mix, FreshNoise noise) {
        if (mix.nw() > 0 && noise == null)
            throw new IllegalArgumentException(
                    "A chain with nw = " + mix.nw() + " needs a source of fresh noise.");
        return new RestorationChain(predictor, levels, dataStep, lastDataStep, mix, noise);
    }

    /**
     * {@return this chain with the data step of its last step, where the measurement is free of
     * noise, or without it}
     */
    public RestorationChain withLastDataStep(boolean lastDataStep) {
        return new RestorationChain(predictor, levels, dataStep, lastDataStep, mix, noise);
    }

    /**
     * {@return the same chain in fewer, larger steps to the kept levels, rising; the fresh noise of
     * a state stays that of its level}
     */
    public RestorationChain subsequence(int... kept) {
        final FreshNoise remapped =
                noise == null
                        ? null
                        : (manager, step) ->
                                noise.draw(
                                        manager,
                                        step + 1 < kept.length ? kept[step + 1] - 1 : step);
        return new RestorationChain(
                predictor, levels.subsequence(kept), dataStep, lastDataStep, mix, remapped);
    }

    /** {@return the number of steps T} */
    public int length() {
        return levels.length();
    }

    /** {@return the noise levels the chain visits} */
    public TimestepSequence levels() {
        return levels;
    }

    /** {@return what noise a step carries on} */
    public NoiseMix mix() {
        return mix;
    }

    /** {@return the network} */
    public NoisePredictor predictor() {
        return predictor;
    }

    /**
     * {@return the state x_T that stands for an estimate (K, C, H, W) of the clean image:
     * √ᾱ_T·estimate, with the noise that the chain's steps carry on, kept and fresh}
     */
    public NDArray start(NDArray estimate) {
        final double alphaBar = levels.alphaBar(0);
        final NDArray start = estimate.mul(Math.sqrt(alphaBar));
        if (mix.nw() > 0)
            try (NDArray z = draw(estimate.getManager(), FreshNoise.START, estimate.getShape())) {
                final double kept = 1 - mix.etw() * mix.etw();
                Combination.add(start, z, Math.sqrt((1 - alphaBar) * (mix.nw() * mix.nw() + kept)));
            }
        return start;
    }

    /**
     * {@return the network's estimate of the clean image before a step, x₀|t = x/√ᾱ − σ·ε, of the
     * state x (K, C, H, W)}
     */
    public NDArray estimate(int step, NDArray x, NDArray epsilon) {
        return Combination.of(
                x, 1 / Math.sqrt(levels.alphaBar(step)), epsilon, -levels.sigma(step));
    }

    /**
     * {@return the rest of a step, from the clean image x₀|t and the predicted noise to the next
     * state}
     */
    public NDArray next(int step, NDArray clean, NDArray epsilon) {
        try (NDArray imposed = impose(step, clean)) {
            final NDArray next = imposed.mul(Math.sqrt(levels.alphaBar(step + 1)));
            Combination.add(next, epsilon, epsilonWeight(step));
            addFreshNoise(step, next);
            return next;
        }
    }

    /**
     * Gradients with respect to what {@link #next} takes.
     *
     * @param clean with respect to the estimate of the clean image
     * @param epsilon with respect to the predicted noise
     */
    public record Gradients(NDArray clean, NDArray epsilon) implements AutoCloseable {
        @Override
        public void close() {
            clean.close();
            epsilon.close();
        }
    }

    /**
     * The adjoint of {@link #next} for a gradient with respect to the next state: √ᾱ_{i+1}·Dᵀv and
     * c2·v, owned by the manager of {@code v}.
     */
    public Gradients pullBackNext(int step, NDArray v) {
        final double scale = Math.sqrt(levels.alphaBar(step + 1));
        final NDArray epsilon = v.mul(epsilonWeight(step));
        if (step == length() - 1 && !lastDataStep) return new Gradients(v.mul(scale), epsilon);
        try (NDArray scaled = v.mul(scale)) {
            return new Gradients(
                    dataStep.adjoint(
                            scaled,
                            repeated(levels.sigma(step), v.size(0)),
                            repeated(levels.sigma(step + 1), v.size(0))),
                    epsilon);
        }
    }

    private NDArray impose(int step, NDArray clean) {
        if (step == length() - 1 && !lastDataStep) return clean.duplicate();
        return dataStep.apply(
                clean,
                repeated(levels.sigma(step), clean.size(0)),
                repeated(levels.sigma(step + 1), clean.size(0)));
    }

    /** Adds c1·z of a step to a state. */
    private void addFreshNoise(int step, NDArray state) {
        final double weight = Math.sqrt(1 - levels.alphaBar(step + 1)) * mix.nw();
        if (weight == 0) return;
        try (NDManager sub = state.getManager().newSubManager()) {
            Combination.add(state, draw(sub, step, state.getShape()), weight);
        }
    }

    private NDArray draw(NDManager manager, int step, Shape expected) {
        final NDArray z = noise.draw(manager, step);
        if (!z.getShape().equals(expected)) {
            final Shape shape = z.getShape();
            z.close();
            throw new IllegalArgumentException(
                    "Fresh noise has shape " + shape + ", but the states have " + expected + ".");
        }
        return z;
    }

    /** c2 of a step, the weight of the predicted noise in the next state. */
    private double epsilonWeight(int step) {
        return Math.sqrt(1 - levels.alphaBar(step + 1)) * Math.sqrt(1 - mix.etw() * mix.etw());
    }

    private static double[] repeated(double value, long count) {
        final double[] values = new double[Math.toIntExact(count)];
        Arrays.fill(values, value);
        return values;
    }
}
