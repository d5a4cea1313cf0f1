/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.step;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.deqir.physics.DataStep;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.Tensors;

/**
 * The contract of {@link DataStep} that does not depend on the step: arguments are checked,
 * temporaries are freed.
 */
abstract class AbstractDataStep implements DataStep {

    /** Owns what the step precomputed. */
    final NDManager constants;

    private final LinearOperator operator;
    private final long measurements;

    /**
     * @param operator stays the caller's and must live as long as the step
     * @param y one measurement (1, …) for all rows, or one for each row (N, …)
     */
    AbstractDataStep(LinearOperator operator, NDArray y) {
        Tensors.requireShape(y, operator.measurementShape(), operator.describe(), "measurements");
        this.operator = operator;
        measurements = y.getShape().get(0);
        constants = y.getManager().newSubManager();
    }

    /** The data step of estimates x₀. */
    abstract NDArray step(NDArray x0, double[] sigma, double[] nextSigma);

    /** Its adjoint linear part. */
    abstract NDArray linearPart(NDArray v, double[] sigma, double[] nextSigma);

    @Override
    public final NDArray apply(NDArray x0, double[] sigma, double[] nextSigma) {
        requireRows(x0, sigma, nextSigma);
        if (measurements != 1 && measurements != x0.getShape().get(0))
            throw new IllegalArgumentException(
                    "A data step with %s measurements cannot take a batch of %s images."
                            .formatted(measurements, x0.getShape().get(0)));
        return Tensors.scoped(x0, x -> step(x, sigma, nextSigma));
    }

    @Override
    public final NDArray adjoint(NDArray v, double[] sigma, double[] nextSigma) {
        requireRows(v, sigma, nextSigma);
        return Tensors.scoped(v, x -> linearPart(x, sigma, nextSigma));
    }

    @Override
    public void close() {
        constants.close();
    }

    private void requireRows(NDArray x, double[] sigma, double[] nextSigma) {
        Tensors.requireShape(x, operator.imageShape(), "The data step", "images");
        requireLevels(x, sigma, "Noise level", Double.MIN_VALUE);
        requireLevels(x, nextSigma, "Next noise level", 0);
    }

    /** Checks that there is one finite noise level per row, none below {@code least}. */
    static void requireLevels(NDArray x, double[] levels, String name, double least) {
        if (levels.length != x.getShape().get(0))
            throw new IllegalArgumentException(
                    "%ss are given for %s rows, but the batch has %s."
                            .formatted(name, levels.length, x.getShape().get(0)));
        for (final double level : levels)
            if (!(level >= least && level < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException(
                        "%s %s is not a finite number %s"
                                .formatted(name, level, least > 0 ? "above 0." : "of 0 or more."));
    }
}
