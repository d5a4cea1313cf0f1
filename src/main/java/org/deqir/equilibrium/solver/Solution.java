/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.solver;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import org.deqir.equilibrium.JointState;

/** The states a solver found, and how. Owns its arrays. */
public final class Solution implements AutoCloseable {

    private final JointState states;
    private final boolean allKept;
    private final SolverTrace trace;

    /**
     * @param states taken over
     * @param allKept whether all rows are set, or the last one only
     */
    Solution(JointState states, boolean allKept, SolverTrace trace) {
        this.states = states;
        this.allKept = allKept;
        this.trace = trace;
    }

    /** {@return the restored images, (K, C, H, W); closed with this solution} */
    public NDArray x0() {
        return states.row(states.length() - 1);
    }

    /**
     * {@return all states x_{T−1} … x_0, (K, C, H, W) each; closed with this solution}
     *
     * @throws IllegalStateException if the {@link SolverSettings} did not ask to keep them
     */
    public List<NDArray> states() {
        if (!allKept)
            throw new IllegalStateException(
                    "The solver's settings did not ask to keep all states.");
        final List<NDArray> all = new ArrayList<>();
        for (int i = 0; i < states.length(); i++) all.add(states.row(i));
        return all;
    }

    /** {@return what the solver did} */
    public SolverTrace trace() {
        return trace;
    }

    @Override
    public void close() {
        states.close();
    }
}
