/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.operator;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.deqir.physics.SpectralOperator;
import org.deqir.physics.Tensors;

/**
 * The contract of {@link SpectralOperator} that does not depend on the operator.
 *
 * <p>The pseudo-inverse is V S⁺ Uᵀ. Singular values up to {@value #RELATIVE_CUTOFF} of the largest
 * one count as 0 in S⁺: what they carry is below the rounding of any camera, and 1/s would turn
 * that rounding into the image. A A⁺ A therefore differs from A by at most that share of ‖A‖.
 */
public abstract class AbstractSpectralOperator extends AbstractOperator
        implements SpectralOperator {

    /** Share of the largest singular value up to which the pseudo-inverse takes one to be 0. */
    static final double RELATIVE_CUTOFF = 1e-3;

    private final NDArray singularValues;
    private final NDArray inverseSingularValues;

    /**
     * @param manager parent of the operator's memory
     * @param imageShape (C, H, W)
     * @param measurementShape the dimensions of a measurement after the batch dimension
     * @param values the singular values in the order of the spectrum
     * @param spectrumShape shape of the spectrum without batch dimension
     */
    public AbstractSpectralOperator(
            NDManager manager,
            Shape imageShape,
            Shape measurementShape,
            float[] values,
            Shape spectrumShape) {
        super(manager, imageShape, measurementShape);
        singularValues = constants.create(values, spectrumShape);
        inverseSingularValues = constants.create(invert(values), spectrumShape);
    }

    /** {@return Vᵀ x} */
    protected abstract NDArray analysed(NDArray x);

    /** {@return V v} */
    protected abstract NDArray synthesised(NDArray v);

    /** {@return Uᵀ y, with 0 in the null space} */
    protected abstract NDArray measurementAnalysed(NDArray y);

    @Override
    protected NDArray inverted(NDArray y) {
        return synthesised(measurementAnalysed(y).mul(inverseSingularValues));
    }

    /** V (p S² + λ)⁻¹ Vᵀ, which is exact. */
    @Override
    Optional<UnaryOperator<NDArray>> normalInverse(
            NDManager manager, double precision, double[] damping) {
        final NDArray lambda =
                Tensors.perRow(manager, damping, singularValues.getShape().dimension() + 1);
        final NDArray scale =
                Tensors.scoped(
                        lambda,
                        l ->
                                Tensors.view(singularValues, l.getManager())
                                        .square()
                                        .mul(precision)
                                        .add(l)
                                        .pow(-1));
        return Optional.of(g -> Tensors.scoped(g, x -> synthesised(analysed(x).mul(scale))));
    }

    @Override
    public final NDArray singularValues() {
        return singularValues;
    }

    @Override
    public final NDArray inverseSingularValues() {
        return inverseSingularValues;
    }

    @Override
    public final NDArray toSpectrum(NDArray x) {
        return Tensors.scoped(requireImage(x), this::analysed);
    }

    @Override
    public final NDArray fromSpectrum(NDArray v) {
        return Tensors.scoped(requireSpectrum(v), this::synthesised);
    }

    @Override
    public final NDArray measurementToSpectrum(NDArray y) {
        return Tensors.scoped(requireMeasurement(y), this::measurementAnalysed);
    }

    private NDArray requireSpectrum(NDArray v) {
        return Tensors.requireShape(v, singularValues.getShape(), describe(), "spectra");
    }

    private static float[] invert(float[] values) {
        float largest = 0;
        for (final float value : values) largest = Math.max(largest, value);
        final double cutoff = RELATIVE_CUTOFF * largest;
        final float[] inverse = new float[values.length];
        for (int i = 0; i < values.length; i++) if (values[i] > cutoff) inverse[i] = 1 / values[i];
        return inverse;
    }
}
