/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.solver;

import ai.djl.ndarray.NDArray;
import java.util.List;
import org.deqir.equilibrium.JointState;

/** How a parallel solver gets from X and F(X) to its next iterate; made for one run. */
interface Update extends AutoCloseable {

    /**
     * Turns {@code x} into the next iterate.
     *
     * @param x X, turned into the next iterate
     * @param mapped F(X) after step {@code from} and the next ones that were evaluated; taken over
     * @param from states before this one were settled already
     * @param settled states before this one are settled now: they become F(X)
     */
    void advance(JointState x, List<NDArray> mapped, int from, int settled);

    /** Frees what the update remembers. */
    @Override
    void close();
}
