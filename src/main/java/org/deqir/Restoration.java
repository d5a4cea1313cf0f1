/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.Objects;
import org.deqir.image.IntensityLimits;
import org.deqir.physics.Degradation;
import org.deqir.physics.noise.NoiseModel;

/**
 * What to restore: how the measurement came about, and how the answer is to be computed.
 *
 * @param degradation what the optics, the sensor or the scan did to the image
 * @param noise the measurement's noise, in the measurement's own grey levels
 * @param sampling how to compute the answer
 * @param limits grey levels at which the noisy measurement was clipped; only denoising makes use of
 *     them
 * @param optimization whether the chain's first state is optimised
 */
@RecordBuilder
@RecordBuilder.Options(builderClassModifiers = {})
public record Restoration(
        Degradation degradation,
        NoiseModel noise,
        Sampling sampling,
        IntensityLimits limits,
        Optimization optimization)
        implements RestorationBuilder.With {

    /**
     * @throws IllegalArgumentException if the published method is to restore what it cannot
     */
    public Restoration {
        Objects.requireNonNull(degradation, "degradation");
        Objects.requireNonNull(noise, "noise");
        Objects.requireNonNull(sampling, "sampling");
        Objects.requireNonNull(limits, "limits");
        Objects.requireNonNull(optimization, "optimization");
        if (sampling.mode() == Sampling.Mode.PUBLISHED) requirePublished(noise, optimization);
    }

    private static void requirePublished(NoiseModel noise, Optimization optimization) {
        if (!noise.equals(new NoiseModel.None()))
            throw new IllegalArgumentException(
                    "The published method projects onto a measurement without noise and would keep"
                            + " the noise ("
                            + noise.describe()
                            + "): give noise=none, or take another mode.");
        if (optimization.isOn())
            throw new IllegalArgumentException(
                    "The published method from noise has no optimisation of its start here: take"
                            + " mode=fidelity or mode=sample for that.");
    }

    /** Without optimisation. */
    public Restoration(
            Degradation degradation, NoiseModel noise, Sampling sampling, IntensityLimits limits) {
        this(degradation, noise, sampling, limits, Optimization.NONE);
    }

    /** Of a measurement that was not clipped. */
    public Restoration(Degradation degradation, NoiseModel noise, Sampling sampling) {
        this(degradation, noise, sampling, IntensityLimits.NONE);
    }

    /** With {@link Sampling#DEFAULT}. */
    public Restoration(Degradation degradation, NoiseModel noise) {
        this(degradation, noise, Sampling.DEFAULT);
    }
}
