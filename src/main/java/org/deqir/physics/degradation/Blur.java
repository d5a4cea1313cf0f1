/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.degradation;

import org.deqir.physics.Border;
import org.deqir.physics.Degradation;

/** A convolution, whose result near the border depends on what lies outside the field. */
public interface Blur extends Degradation {

    /** {@return what lies outside the field of view} */
    Border border();

    /** {@return the same blur with other surroundings} */
    Blur with(Border border);

    /** Noise that is assumed at least: even an exact blurred image is rounded. */
    double LEAST_NOISE = 2e-3;

    @Override
    default double leastNoise() {
        return LEAST_NOISE;
    }

    @Override
    default boolean losesFineDetailOnly() {
        return true;
    }

    /**
     * {@inheritDoc} A last level of the whole noise smooths away fine structure that the
     * measurement still tells.
     */
    @Override
    default double lastOfNoise() {
        return 0.5;
    }

    @Override
    default boolean hidesExtremes() {
        return true;
    }

    @Override
    default boolean canStartFromNeighbour() {
        return true;
    }

    @Override
    default Degradation forSimulation() {
        return border() == Border.UNKNOWN ? with(Border.MIRRORED) : this;
    }
}
