/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/**
 * All states of a chain at once, x_{T−1} … x_0: row i is the state after step i, (K, C, H, W).
 *
 * <p>Owns its rows, but not the first state x_T, which is given and never changes.
 */
public final class JointState implements AutoCloseable {

    private final NDManager manager;
    private final NDArray start;
    private final NDArray[] rows;

    /**
     * Starts with rows that are still to be set.
     *
     * @param start x_T, (K, C, H, W)
     * @param length T, the number of steps
     */
    public JointState(NDArray start, int length) {
        this.start = start;
        this.manager = start.getManager().newSubManager();
        this.rows = new NDArray[length];
    }

    /** {@return owner of the rows, and of what a solver keeps beside them} */
    public NDManager manager() {
        return manager;
    }

    /** {@return the number of steps T} */
    public int length() {
        return rows.length;
    }

    /** {@return the number of images K in a state} */
    public int images() {
        return Math.toIntExact(start.size(0));
    }

    /** {@return x_T} */
    public NDArray start() {
        return start;
    }

    /** {@return the state after a step, 0 for the one that leaves the noisiest level} */
    public NDArray row(int step) {
        return rows[step];
    }

    /** {@return the state before a step, 0 for the one that leaves the noisiest level} */
    public NDArray before(int step) {
        return step == 0 ? start : rows[step - 1];
    }

    /**
     * Sets the state (K, C, H, W) after a step, from 0, takes it over, and closes the one before.
     */
    public void replace(int step, NDArray state) {
        final NDArray old = exchange(step, state);
        if (old != null) old.close();
    }

    /**
     * Sets the state (K, C, H, W) after a step, from 0, takes it over, and returns the one before,
     * which the caller closes.
     */
    public NDArray exchange(int step, NDArray state) {
        final NDArray old = rows[step];
        state.attach(manager);
        rows[step] = state;
        return old;
    }

    /** Frees the state after a step, from 0, which is not needed any more. */
    public void drop(int step) {
        rows[step].close();
        rows[step] = null;
    }

    @Override
    public void close() {
        manager.close();
    }
}
