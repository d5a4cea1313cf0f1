/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import java.util.Objects;
import org.deqir.physics.Degradation;
import org.deqir.physics.NoiseModel;

/**
 * What to restore: how the measurement came about, and how the answer is to be computed.
 *
 * @param degradation what the optics, the sensor or the scan did to the image
 * @param noise the measurement's noise, in the measurement's own grey levels
 * @param sampling how to compute the answer
 */
public record Restoration(Degradation degradation, NoiseModel noise, Sampling sampling) {

    /** All three must be given. */
    public Restoration {
        Objects.requireNonNull(degradation, "degradation");
        Objects.requireNonNull(noise, "noise");
        Objects.requireNonNull(sampling, "sampling");
    }

    /** With {@link Sampling#DEFAULT}. */
    public Restoration(Degradation degradation, NoiseModel noise) {
        this(degradation, noise, Sampling.DEFAULT);
    }
}
