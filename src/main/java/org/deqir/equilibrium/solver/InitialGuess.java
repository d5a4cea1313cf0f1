/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.solver;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.deqir.equilibrium.HeldQuantity;
import org.deqir.equilibrium.JointState;
import org.deqir.equilibrium.JointSystem;
import org.deqir.equilibrium.NetworkCalls;
import org.deqir.equilibrium.RestorationChain;

/** The first iterate of a parallel solver. */
public abstract class InitialGuess {

    private InitialGuess() {}

    /** Sets all states. */
    abstract void fill(RestorationChain chain, JointState x, NetworkCalls calls);

    /** Network rounds that {@link #fill} needs for a chain of {@code length} steps. */
    abstract int rounds(int length);

    /** {@return the guess that every state equals x_T, as published (Cao et al. 2024)} */
    public static InitialGuess start() {
        return new InitialGuess() {
            @Override
            void fill(RestorationChain chain, JointState x, NetworkCalls calls) {
                for (int i = 0; i < x.length(); i++) x.replace(i, x.start().duplicate());
            }

            @Override
            int rounds(int length) {
                return 0;
            }
        };
    }

    /**
     * {@return the states of a chain whose network would give the same estimate (K, C, H, W) of the
     * clean image at every level: with a data step of its own, and the noise that the chain carries
     * on} The caller closes the estimate after solving.
     */
    public static InitialGuess estimate(NDArray estimate) {
        return new InitialGuess() {
            @Override
            void fill(RestorationChain chain, JointState x, NetworkCalls calls) {
                follow(chain, x, estimate);
            }

            @Override
            int rounds(int length) {
                return 0;
            }
        };
    }

    private static void follow(RestorationChain chain, JointState x, NDArray estimate) {
        if (!estimate.getShape().equals(x.start().getShape()))
            throw new IllegalArgumentException(
                    "The initial estimate has shape %s, but the states have %s."
                            .formatted(estimate.getShape(), x.start().getShape()));
        final List<NDArray> clean = new ArrayList<>();
        for (int i = 0; i < x.length(); i++) {
            final NDArray copy = estimate.duplicate();
            copy.attach(x.manager());
            clean.add(copy);
        }
        new JointSystem(chain, HeldQuantity.CLEAN).follow(x, clean);
    }

    /**
     * {@return the states that follow from a sequential chain through at least 1 and at most all of
     * the levels: at those between, the estimate of the clean image stays what it was at the last
     * one visited} Interpolated it would be too smooth, where estimates sharpen and smooth in turn.
     */
    public static InitialGuess coarseChain(int levels) {
        if (levels < 1)
            throw new IllegalArgumentException(
                    "A coarse chain needs at least 1 level, not " + levels + ".");
        return new InitialGuess() {
            @Override
            void fill(RestorationChain chain, JointState x, NetworkCalls calls) {
                fillFromCoarseChain(chain, x, calls, spread(levels, chain.length()));
            }

            @Override
            int rounds(int length) {
                return Math.min(levels, length);
            }
        };
    }

    /**
     * {@code count} of the levels 0 … length − 1, evenly, the first among them. The last is left to
     * the solver's first round, which evaluates it anyway, unless all are wanted.
     */
    private static int[] spread(int count, int length) {
        final int used = Math.min(count, length);
        return IntStream.range(0, used)
                .map(i -> used == length ? i : Math.round((length - 1) * i / (float) used))
                .toArray();
    }

    private static void fillFromCoarseChain(
            RestorationChain chain, JointState x, NetworkCalls calls, int[] kept) {
        final RestorationChain coarse = chain.subsequence(kept);
        final List<NDArray> estimates = new ArrayList<>();
        NDArray state = x.start();
        for (int i = 0; i < kept.length; i++) {
            try (NDArray epsilon = calls.predict(state, coarse.levels().timestep(i))) {
                final NDArray estimate = coarse.estimate(i, state, epsilon);
                estimate.attach(x.manager());
                estimates.add(estimate);
                final NDArray next = coarse.next(i, estimate, epsilon);
                next.attach(x.manager());
                if (i > 0) state.close();
                state = next;
            }
        }
        state.close();

        final List<NDArray> clean = new ArrayList<>();
        int last = 0;
        for (int i = 0; i < chain.length(); i++) {
            if (last + 1 < kept.length && kept[last + 1] <= i) last++;
            clean.add(estimates.get(last).duplicate());
        }
        estimates.forEach(NDArray::close);
        new JointSystem(chain, HeldQuantity.CLEAN).follow(x, clean);
    }
}
