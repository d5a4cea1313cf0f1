/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.Objects;
import org.deqir.image.IntensityLimits;
import org.deqir.image.Plane;
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
 * @param whole what is known about the whole image if the measurement is a part of one that is
 *     restored in parts, else null: then everything is measured on the measurement
 * @param variances factor on the noise's variance at each pixel, from 1 on: one channel of the
 *     measurement's size; null if the noise is that of the model everywhere
 */
@RecordBuilder
@RecordBuilder.Options(builderClassModifiers = {})
public record Restoration(
        Degradation degradation,
        NoiseModel noise,
        Sampling sampling,
        IntensityLimits limits,
        Optimization optimization,
        Whole whole,
        Plane variances)
        implements RestorationBuilder.With {

    /**
     * All but the whole and the variances must be given.
     *
     * @throws IllegalArgumentException if the published method is to restore what it cannot
     */
    public Restoration {
        Objects.requireNonNull(degradation, "degradation");
        Objects.requireNonNull(noise, "noise");
        Objects.requireNonNull(sampling, "sampling");
        Objects.requireNonNull(limits, "limits");
        Objects.requireNonNull(optimization, "optimization");
        if (sampling.mode() == Sampling.Mode.PUBLISHED)
            requirePublished(noise, optimization, whole);
    }

    /**
     * {@return the variance of a pixel's noise, in grey levels squared}
     *
     * @param level the grey level that it scatters around
     * @param pixel its place in the plane
     */
    public double variance(double level, int pixel) {
        return noise.variance(level) * (variances == null ? 1 : variances.channels()[0][pixel]);
    }

    private static void requirePublished(NoiseModel noise, Optimization optimization, Whole whole) {
        if (!noise.equals(new NoiseModel.None()))
            throw new IllegalArgumentException(
                    "The published method projects onto a measurement without noise and would keep"
                            + " the noise ("
                            + noise.describe()
                            + "): give noise=none, or take another mode.");
        if (whole != null)
            throw new IllegalArgumentException(
                    "The published method restores an image as one: in blocks, take mode=fidelity"
                            + " or mode=sample.");
        if (optimization.isOn() && optimization.guide() == null)
            throw new IllegalArgumentException(
                    "The published method meets the measurement whatever it starts from, so there is"
                            + " nothing to optimise without a reference: take DeqIR Guided"
                            + " Restoration... with one, or another mode.");
    }

    /**
     * With the same noise everywhere.
     *
     * @param degradation what happened to the image
     * @param noise of the measurement, in its own grey levels
     * @param sampling how to compute the answer
     * @param limits grey levels at which the camera clipped
     * @param optimization of the start, perhaps of no rounds
     * @param whole of which the image is a part; null for an image of its own
     */
    public Restoration(
            Degradation degradation,
            NoiseModel noise,
            Sampling sampling,
            IntensityLimits limits,
            Optimization optimization,
            Whole whole) {
        this(degradation, noise, sampling, limits, optimization, whole, null);
    }

    /**
     * Of a whole image.
     *
     * @param degradation what happened to the image
     * @param noise of the measurement, in its own grey levels
     * @param sampling how to compute the answer
     * @param limits grey levels at which the camera clipped
     * @param optimization of the start, perhaps of no rounds
     */
    public Restoration(
            Degradation degradation,
            NoiseModel noise,
            Sampling sampling,
            IntensityLimits limits,
            Optimization optimization) {
        this(degradation, noise, sampling, limits, optimization, null);
    }

    /**
     * Without optimisation.
     *
     * @param degradation what happened to the image
     * @param noise of the measurement, in its own grey levels
     * @param sampling how to compute the answer
     * @param limits grey levels at which the camera clipped
     */
    public Restoration(
            Degradation degradation, NoiseModel noise, Sampling sampling, IntensityLimits limits) {
        this(degradation, noise, sampling, limits, Optimization.NONE);
    }

    /**
     * Of a measurement that was not clipped.
     *
     * @param degradation what happened to the image
     * @param noise of the measurement, in its own grey levels
     * @param sampling how to compute the answer
     */
    public Restoration(Degradation degradation, NoiseModel noise, Sampling sampling) {
        this(degradation, noise, sampling, IntensityLimits.NONE);
    }

    /**
     * With {@link Sampling#DEFAULT}.
     *
     * @param degradation what happened to the image
     * @param noise of the measurement, in its own grey levels
     */
    public Restoration(Degradation degradation, NoiseModel noise) {
        this(degradation, noise, Sampling.DEFAULT);
    }

    /**
     * {@return whether so many samples were clipped that what is behind them is estimated}
     *
     * @param measured the measurement; not changed
     */
    public boolean isClipped(Plane measured) {
        return whole == null ? limits.clipMany(measured) : whole.clipped();
    }
}
