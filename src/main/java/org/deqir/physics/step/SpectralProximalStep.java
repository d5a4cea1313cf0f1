/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.step;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import org.deqir.physics.SpectralOperator;
import org.deqir.physics.Tensors;

/**
 * The proximal data step for white measurement noise, in closed form: x̂₀ = argmin_x ‖y − A
 * x‖²/(2σ_y²) + w·‖x − x₀‖²/(2σ²).
 *
 * <p>It is the estimate of a Gaussian measurement with a Gaussian belief of standard deviation σ/√w
 * around x₀. In the operator's basis V, entry i of the spectrum becomes (1 − g s)·x̄ + g·ȳ with
 * gain g = s/(s² + w σ_y²/σ²). A prior weight w below 1 trusts the measurement more than that
 * belief would. Its limit for σ_y → 0 is the projection g = s⁺, which is what σ_y = 0 gives (with
 * the pseudo-inverse's cutoff).
 *
 * <p>Written as this weighted mean, and not as x̄ + g(ȳ − s x̄), an entry with g s = 1 is exactly
 * the measured one and an entry with g = 0 exactly the estimate.
 */
public final class SpectralProximalStep extends AbstractDataStep {

    private final SpectralOperator operator;
    private final NDArray measured;
    private final double noise;
    private final double priorWeight;

    /**
     * The step for one measurement or one for each row.
     *
     * @param operator A; stays the caller's and must live as long as the step
     * @param y one measurement (1, …) for all rows, or one for each row (N, …)
     * @param noise σ_y ≥ 0, standard deviation of the measurement's noise where images are in [−1,
     *     1]
     * @param priorWeight w &gt; 0; 1 is the Bayesian weight
     */
    public SpectralProximalStep(
            SpectralOperator operator, NDArray y, double noise, double priorWeight) {
        super(operator, y);
        this.operator = operator;
        measured = operator.measurementToSpectrum(y);
        measured.attach(constants);
        this.noise = requireNoise(noise);
        this.priorWeight = Tensors.requirePositive("Prior weight", priorWeight);
    }

    @Override
    NDArray step(NDArray x0, double[] sigma, double[] nextSigma) {
        final NDArray gain = gain(x0.getManager(), sigma);
        final NDArray spectrum = operator.toSpectrum(x0);
        return operator.fromSpectrum(spectrum.mul(kept(gain)).addi(gain.mul(measured)));
    }

    @Override
    NDArray linearPart(NDArray v, double[] sigma, double[] nextSigma) {
        final NDArray gain = gain(v.getManager(), sigma);
        return operator.fromSpectrum(operator.toSpectrum(v).mul(kept(gain)));
    }

    /** g, broadcasting against spectra (N, …). */
    private NDArray gain(NDManager manager, double[] sigma) {
        if (noise == 0) return Tensors.view(operator.inverseSingularValues(), manager);
        final double[] damping =
                Arrays.stream(sigma).map(s -> priorWeight * (noise / s) * (noise / s)).toArray();
        final NDArray s = Tensors.view(operator.singularValues(), manager);
        // Where s = 0 the gain is 0, also where the damping underflows.
        final NDArray nullSpace = s.eq(0).toType(s.getDataType(), false);
        return s.div(s.square().add(nullSpace).add(perRow(manager, damping)));
    }

    /** 1 − g s. */
    private NDArray kept(NDArray gain) {
        return gain.mul(operator.singularValues()).neg().add(1);
    }

    /** A number per row that broadcasts against spectra; a single one where all rows agree. */
    private NDArray perRow(NDManager manager, double[] values) {
        final boolean same = Arrays.stream(values).allMatch(value -> value == values[0]);
        return Tensors.perRow(
                manager,
                same ? new double[] {values[0]} : values,
                operator.singularValues().getShape().dimension() + 1);
    }

    static double requireNoise(double noise) {
        if (!(noise >= 0 && noise < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException(
                    "Measurement noise " + noise + " is not a finite number of 0 or more.");
        return noise;
    }
}
