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

    /** A step was taken, from 1, at a share of the whole training, 0 to 1. */
    default void stepped(long step, double share) {}

    /**
     * The network was measured: step, losses and PSNR. Called at the beginning, now and then, and
     * at the end.
     */
    default void measured(Measurement measurement) {}

    /** Some held-out patches were restored, each with its prediction; called every few minutes. */
    default void sampled(List<Sample> samples) {}

    /** {@return whether to stop after the current step} */
    default boolean isCanceled() {
        return false;
    }
}
