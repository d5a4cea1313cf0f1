/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.prior;

import org.deqir.diffusion.DiffusionPrior;

/** A prior that stays in memory until this is closed, even if its model is removed meanwhile. */
public final class PriorUse implements AutoCloseable {

    private final DiffusionPrior prior;
    private Runnable end;

    /**
     * @param prior the prior in use
     * @param end called once, when the use ends
     */
    public PriorUse(DiffusionPrior prior, Runnable end) {
        this.prior = prior;
        this.end = end;
    }

    /** {@return the prior; not to be closed, nor used after this is} */
    public DiffusionPrior prior() {
        return prior;
    }

    @Override
    public synchronized void close() {
        end.run();
        end = () -> {};
    }
}
