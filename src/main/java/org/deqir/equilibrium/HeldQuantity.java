/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium;

import ai.djl.ndarray.NDArray;

/**
 * The part of the network's answer that the joint map F keeps from the old iterate while it carries
 * the new states from level to level.
 *
 * <p>The network's estimate of the clean image is split into a part that follows the new state and
 * a part that is held, x₀ = k·x/√ᾱ + h, with k = s²/(s²+σ²): the estimate that is best for an image
 * with spread s about what is known of it (the skip connection of Karras et al. 2022, table 1). The
 * predicted noise follows from estimate and state. Every s has the same fixed point, the sequential
 * chain; away from it they differ in how an error at a noisy level reaches the cleaner ones.
 *
 * @param spread s ≥ 0, infinity allowed, where images are in [−1, 1]
 */
public record HeldQuantity(double spread) {

    /**
     * The predicted noise, as published (Cao et al. 2024). Fits chains that carry that noise on;
     * where it is dropped, an error of a noisy state reaches the next ones with a gain of up to
     * 1/√ᾱ.
     */
    public static final HeldQuantity EPSILON = new HeldQuantity(Double.POSITIVE_INFINITY);

    /** The estimate of the clean image (data prediction). Fits chains that carry no noise on. */
    public static final HeldQuantity CLEAN = new HeldQuantity(0);

    /**
     * @throws IllegalArgumentException if the spread is negative or not a number
     */
    public HeldQuantity {
        if (!(spread >= 0))
            throw new IllegalArgumentException(
                    "The spread of the image must be ≥ 0, not " + spread + ".");
    }

    /** {@return the choice that converged fastest for chains of this kind} */
    public static HeldQuantity suitedTo(NoiseMix mix) {
        if (mix.etw() < 1) return new HeldQuantity(0.3);
        return mix.nw() > 0 ? new HeldQuantity(0.03) : CLEAN;
    }

    /** k at a noise level. */
    private double share(double sigma) {
        final double ratio = sigma / spread;
        return spread == 0 ? 0 : 1 / (1 + ratio * ratio);
    }

    /**
     * h of an evaluation, (1−k)·x/√ᾱ − σ·ε, of the state x that the network was given and the noise
     * ε that it predicted; owned by the manager of {@code x}.
     */
    public NDArray hold(RestorationChain chain, int step, NDArray x, NDArray epsilon) {
        final double sigma = chain.levels().sigma(step);
        final double scale = 1 / Math.sqrt(chain.levels().alphaBar(step));
        return Combination.of(x, (1 - share(sigma)) * scale, epsilon, -sigma);
    }

    /**
     * One step of the scan, from h and the new state before the step to the new state after it,
     * owned by the manager of {@code x}.
     */
    public NDArray carry(RestorationChain chain, int step, NDArray held, NDArray x) {
        final double sigma = chain.levels().sigma(step);
        final double scale = 1 / Math.sqrt(chain.levels().alphaBar(step));
        final double share = share(sigma);
        try (NDArray clean = Combination.of(held, 1, x, share * scale);
                NDArray epsilon =
                        Combination.of(x, (1 - share) * scale / sigma, held, -1 / sigma)) {
            return chain.next(step, clean, epsilon);
        }
    }

    /**
     * Gradients with respect to what {@link #carry} takes.
     *
     * @param held with respect to h
     * @param x with respect to the new state before the step
     */
    public record Gradients(NDArray held, NDArray x) {}

    /**
     * The adjoint of {@link #carry} for a gradient with respect to the new state after the step;
     * owned by the manager of {@code v}.
     */
    public Gradients pullBackCarry(RestorationChain chain, int step, NDArray v) {
        final double sigma = chain.levels().sigma(step);
        final double scale = 1 / Math.sqrt(chain.levels().alphaBar(step));
        final double share = share(sigma);
        try (RestorationChain.Gradients next = chain.pullBackNext(step, v)) {
            return new Gradients(
                    Combination.of(next.clean(), 1, next.epsilon(), -1 / sigma),
                    Combination.of(
                            next.clean(),
                            share * scale,
                            next.epsilon(),
                            (1 - share) * scale / sigma));
        }
    }

    /**
     * The adjoint of {@link #hold} without the network's part, for a gradient with respect to h:
     * that with respect to x where ε is held, owned by the manager of {@code v}.
     */
    public NDArray pullBackHold(RestorationChain chain, int step, NDArray v) {
        final double scale = 1 / Math.sqrt(chain.levels().alphaBar(step));
        return v.mul((1 - share(chain.levels().sigma(step))) * scale);
    }
}
