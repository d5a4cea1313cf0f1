/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.solver;

import ai.djl.ndarray.NDArray;
import java.util.List;
import org.deqir.equilibrium.JointState;

/** Plain iteration (Picard): the next iterate is F(X). */
final class PlainUpdate implements Update {

    @Override
    public void advance(JointState x, List<NDArray> mapped, int from, int settled) {
        for (int i = from; i < from + mapped.size(); i++) x.replace(i, mapped.get(i - from));
    }

    @Override
    public void close() {
        // remembers nothing
    }
}
