/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.task;

import java.awt.Rectangle;
import org.deqir.Optimization;

/** The optimisation of the chain's start, for each plane of a stack. */
@FunctionalInterface
public interface PlaneOptimization {

    /** Nowhere. */
    PlaneOptimization NONE = (index, part) -> Optimization.NONE;

    /**
     * {@return the optimisation for a part of the {@code index}-th plane, from 1}
     *
     * @throws IllegalArgumentException if what it needs is missing or does not fit
     */
    Optimization of(int index, Rectangle part);
}
