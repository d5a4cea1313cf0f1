/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.training;

import java.util.List;

/** Follows a training. All methods are called by the thread that trains. */
public interface TrainingMonitor {

    /** Watches nothing and never stops. */
    TrainingMonitor NONE = new TrainingMonitor() {};

    /**
     * A step was taken.
     *
     * @param step number of the step, from 1
     * @param share share of the whole training that is done, 0 to 1
     */
    default void stepped(long step, double share) {}

    /**
     * The network was measured; called at the beginning, now and then, and at the end.
     *
     * @param measurement step, losses and PSNR
     */
    default void measured(Measurement measurement) {}

    /**
     * Some held-out patches were restored; called every few minutes.
     *
     * @param samples the held-out patches, each with its prediction
     */
    default void sampled(List<Sample> samples) {}

    /** {@return whether to stop after the current step} */
    default boolean isCanceled() {
        return false;
    }
}
