/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium;

import ai.djl.ndarray.NDArray;

/**
 * What the joint map F takes from the old iterate, where the network was evaluated, when it carries
 * the new states from level to level.
 *
 * <p>Both choices have the same fixed point, the sequential chain; away from it they differ in how
 * an error at a noisy level reaches the cleaner ones.
 */
public enum HeldQuantity {
    /**
     * The predicted noise ε, as published (Cao et al. 2024). An error of a noisy state reaches the
     * clean image with a gain of 1/√ᾱ.
     */
    EPSILON {
        @Override
        NDArray hold(RestorationChain chain, int from, int to, NDArray x, NDArray epsilon) {
            return epsilon.duplicate();
        }

        @Override
        NDArray carry(RestorationChain chain, int step, NDArray held, NDArray previous) {
            return chain.step(step, previous, held);
        }
    },

    /**
     * The network's estimate of the clean image (data prediction). The predicted noise follows from
     * it and the new state, ε = (x − √ᾱ·x₀)/√(1−ᾱ), so that the scan is x' = offset + c2/√(1−ᾱ)·x
     * with a gain of at most 1; where no predicted noise is carried on there is nothing to scan.
     */
    CLEAN {
        @Override
        NDArray hold(RestorationChain chain, int from, int to, NDArray x, NDArray epsilon) {
            try (NDArray clean = chain.estimate(from, to, x, epsilon)) {
                return offset(chain, from, to, clean);
            }
        }

        @Override
        NDArray carry(RestorationChain chain, int step, NDArray held, NDArray previous) {
            final double weight = chain.epsilonWeight(step);
            final NDArray next = held.duplicate();
            if (weight > 0)
                try (NDArray carried =
                        previous.mul(weight / Math.sqrt(1 - chain.levels().alphaBar(step)))) {
                    next.addi(carried);
                }
            chain.addFreshNoise(step, next);
            return next;
        }
    };

    /**
     * What is kept of an evaluation of steps {@code from} to {@code to} − 1, K rows a step.
     *
     * @param x the states the network was given
     * @param epsilon the noise it predicted
     * @return as many rows as {@code x}, owned by the manager of {@code x}
     */
    abstract NDArray hold(RestorationChain chain, int from, int to, NDArray x, NDArray epsilon);

    /**
     * One step of the scan.
     *
     * @param held what is kept of this step's evaluation
     * @param previous the new state before the step
     * @return the new state after the step, owned by the manager of {@code held}
     */
    abstract NDArray carry(RestorationChain chain, int step, NDArray held, NDArray previous);

    /** What {@link #CLEAN} keeps of given estimates of the clean image: √ᾱ'·D(x₀) − c2/σ·x₀. */
    static NDArray offset(RestorationChain chain, int from, int to, NDArray clean) {
        try (NDArray imposed = chain.impose(from, to, clean);
                NDArray scale =
                        RestorationChain.perRow(
                                clean, from, to, i -> Math.sqrt(chain.levels().alphaBar(i + 1)));
                NDArray weight =
                        RestorationChain.perRow(
                                clean,
                                from,
                                to,
                                i -> chain.epsilonWeight(i) / chain.levels().sigma(i));
                NDArray removed = clean.mul(weight)) {
            final NDArray offset = imposed.mul(scale);
            offset.subi(removed);
            return offset;
        }
    }
}
