/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;

/**
 * A data step that is diagonal in the basis V of a {@link SpectralOperator}: entry i of the
 * spectrum becomes (1 − g_i s_i)·x̄_i + g_i·ȳ_i with a gain g that depends on the noise levels.
 *
 * <p>Written as this weighted mean, and not as x̄ + g(ȳ − s x̄), an entry with g s = 1 is exactly
 * the measured one and an entry with g = 0 exactly the estimate.
 */
abstract class SpectralDataStep extends AbstractDataStep {

    final SpectralOperator operator;
    private final NDArray measured;

    SpectralDataStep(SpectralOperator operator, NDArray y) {
        super(operator, y);
        this.operator = operator;
        measured = operator.measurementToSpectrum(y);
        measured.attach(constants);
    }

    /**
     * g, broadcasting against spectra (N, …).
     *
     * @param manager owner of the result and of all temporaries
     */
    abstract NDArray gain(NDManager manager, double[] sigma, double[] nextSigma);

    @Override
    final NDArray step(NDArray x0, double[] sigma, double[] nextSigma) {
        final NDArray gain = gain(x0.getManager(), sigma, nextSigma);
        final NDArray spectrum = operator.toSpectrum(x0);
        return operator.fromSpectrum(spectrum.mul(kept(gain)).addi(gain.mul(measured)));
    }

    @Override
    final NDArray linearPart(NDArray v, double[] sigma, double[] nextSigma) {
        final NDArray gain = gain(v.getManager(), sigma, nextSigma);
        return operator.fromSpectrum(operator.toSpectrum(v).mul(kept(gain)));
    }

    /** 1 − g s. */
    private NDArray kept(NDArray gain) {
        return gain.mul(operator.singularValues()).neg().add(1);
    }

    /** A number per row that broadcasts against spectra; a single one where all rows agree. */
    final NDArray perRow(NDManager manager, double[] values) {
        final boolean same = Arrays.stream(values).allMatch(value -> value == values[0]);
        return Tensors.perRow(
                manager,
                same ? new double[] {values[0]} : values,
                operator.singularValues().getShape().dimension() + 1);
    }
}
