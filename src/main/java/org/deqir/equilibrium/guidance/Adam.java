/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.guidance;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/**
 * Gradient descent with momentum and a step size of its own for each variable (Kingma and Ba,
 * "Adam", ICLR 2015, algorithm 1).
 *
 * <p>DJL has one, but keeps its moments where nobody can free them.
 */
final class Adam implements AutoCloseable {

    private static final double MOMENTUM = 0.9;
    private static final double MEMORY = 0.999;

    /** Below this share of the largest moment a variable's gradient is taken for rounding. */
    private static final double LEAST = 1e-4;

    private final double rate;
    private final NDManager manager;
    private final NDArray mean;
    private final NDArray square;
    private int steps;

    /**
     * @param rate how far a variable moves in a step, at most
     * @param like what is optimised
     */
    Adam(double rate, NDArray like) {
        this.rate = rate;
        manager = like.getManager().newSubManager();
        mean = like.zerosLike();
        square = like.zerosLike();
        mean.attach(manager);
        square.attach(manager);
    }

    /** Moves {@code x} in place down a gradient, which must be finite. */
    void step(NDArray x, NDArray gradient) {
        steps++;
        try (NDManager scratch = manager.newSubManager()) {
            final NDArray g = gradient.duplicate();
            g.attach(scratch);
            mean.muli(MOMENTUM).addi(g.mul(1 - MOMENTUM));
            square.muli(MEMORY).addi(g.square().mul(1 - MEMORY));
            // Results of what follows belong to the manager of the copy.
            final NDArray squares = square.duplicate();
            squares.attach(scratch);
            final NDArray root = squares.div(1 - Math.pow(MEMORY, steps)).sqrt();
            final double largest = root.max().getFloat();
            if (largest == 0) return;
            final NDArray move = root.add(LEAST * largest).pow(-1).mul(mean);
            x.subi(move.mul(rate / (1 - Math.pow(MOMENTUM, steps))));
        }
    }

    @Override
    public void close() {
        manager.close();
    }
}
