/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.solver;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import org.deqir.equilibrium.NetworkCalls;
import org.deqir.equilibrium.RestorationChain;
import org.deqir.progress.Progress;

/**
 * The way of a chain from x_T to x_0, with the network's estimate of the clean image at each level.
 * Owns its arrays.
 */
public final class Trajectory implements AutoCloseable {

    private final NDManager manager;
    private final List<NDArray> states = new ArrayList<>();
    private final List<NDArray> estimates = new ArrayList<>();

    private Trajectory(NDManager manager) {
        this.manager = manager;
    }

    /**
     * Walks a chain level after level.
     *
     * @param start x_T, (K, C, H, W); not changed
     * @param maxBatch most images in one network call
     * @param progress asked before every network call whether to go on
     * @return its arrays belong to a child of the manager of {@code start}
     * @throws java.util.concurrent.CancellationException if the user cancelled
     * @throws ArithmeticException if the network's answer is not finite
     */
    public static Trajectory of(
            RestorationChain chain, NDArray start, int maxBatch, Progress progress) {
        final NetworkCalls calls = new NetworkCalls(chain.predictor(), maxBatch, progress);
        final int length = chain.length();
        calls.begin("Following the chain", 0, 1, length * start.size(0));
        final NDManager manager = start.getManager().newSubManager();
        final Trajectory trajectory = new Trajectory(manager);
        try {
            NDArray state = start.duplicate();
            state.attach(manager);
            trajectory.states.add(state);
            for (int i = 0; i < length; i++) {
                try (NDArray epsilon = calls.predict(state, chain.levels().timestep(i))) {
                    final NDArray estimate = chain.estimate(i, state, epsilon);
                    trajectory.estimates.add(estimate);
                    state = chain.next(i, estimate, epsilon);
                    trajectory.states.add(state);
                }
            }
            Residuals.requireFinite(state, length - 1);
            return trajectory;
        } catch (RuntimeException | Error e) {
            manager.close();
            throw e;
        }
    }

    /** {@return x_T … x_0, T + 1 states (K, C, H, W)} */
    public List<NDArray> states() {
        return List.copyOf(states);
    }

    /** {@return the estimates of the clean image before each of the T steps, (K, C, H, W)} */
    public List<NDArray> estimates() {
        return List.copyOf(estimates);
    }

    @Override
    public void close() {
        manager.close();
    }
}
