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
import org.deqir.physics.LinearOperator;
import org.deqir.physics.Tensors;
import org.deqir.progress.Progress;

/**
 * The contract of {@link LinearOperator} that does not depend on the operator: shapes are checked,
 * temporaries are freed, the pseudo-inverse is found by conjugate gradients.
 *
 * <p>Subclasses compute on an argument that lives in a scratch manager and must return a tensor of
 * their own, never the argument.
 */
public abstract class AbstractOperator implements LinearOperator {

    /** Iterations after which the iterative pseudo-inverse stops at the latest. */
    static final int PSEUDO_INVERSE_ITERATIONS = 500;

    /** Relative norm of the normal equations' residual at which the pseudo-inverse stops. */
    static final double PSEUDO_INVERSE_TOLERANCE = 1e-6;

    /** Owns the operator's constants. */
    public final NDManager constants;

    /** Asked in every iteration whether to go on. */
    private Progress progress = Progress.NONE;

    private final Shape imageShape;
    private final Shape measurementShape;

    AbstractOperator(NDManager manager, Shape imageShape, Shape measurementShape) {
        this.imageShape = imageShape;
        this.measurementShape = measurementShape;
        this.constants = manager.newSubManager();
    }

    @Override
    public void askBeforeIterations(Progress newProgress) {
        progress = newProgress;
    }

    /** Stops if the user asked for it. */
    final void checkCanceled() {
        progress.checkCanceled();
    }

    /** {@return A x, an image per row, (N, …)} */
    protected abstract NDArray forward(NDArray x);

    /** {@return Aᵀ y, a measurement per row, (N, …)} */
    protected abstract NDArray transposed(NDArray y);

    /**
     * {@return a⁺ y; unless overridden by conjugate gradients on the normal equations from 0, which
     * stay orthogonal to the null space and so end in the solution of least norm} They stop at a
     * relative residual ‖Aᵀ(y − A x)‖ ≤ {@value #PSEUDO_INVERSE_TOLERANCE} ‖Aᵀy‖ or after {@value
     * #PSEUDO_INVERSE_ITERATIONS} iterations: directions that A all but removes are left at 0.
     */
    protected NDArray inverted(NDArray y) {
        return new LeastSquares(this, PSEUDO_INVERSE_ITERATIONS, PSEUDO_INVERSE_TOLERANCE).solve(y);
    }

    /**
     * A symmetric, positive definite approximation of (p AᵀA + λI)⁻¹, if the operator has a cheap
     * one: what makes conjugate gradients fast.
     *
     * @param manager owner of what the approximation precomputes
     * @param precision p &gt; 0
     * @param damping λ &gt; 0 of each row
     * @return maps images (N, C, H, W) to images that belong to the manager of the argument
     */
    Optional<UnaryOperator<NDArray>> normalInverse(
            NDManager manager, double precision, double[] damping) {
        return Optional.empty();
    }

    @Override
    public final Shape imageShape() {
        return imageShape;
    }

    @Override
    public final Shape measurementShape() {
        return measurementShape;
    }

    @Override
    public final NDArray apply(NDArray x) {
        return Tensors.scoped(requireImage(x), this::forward);
    }

    @Override
    public final NDArray adjoint(NDArray y) {
        return Tensors.scoped(requireMeasurement(y), this::transposed);
    }

    @Override
    public final NDArray pseudoInverse(NDArray y) {
        return Tensors.scoped(requireMeasurement(y), this::inverted);
    }

    @Override
    public void close() {
        constants.close();
    }

    @Override
    public String toString() {
        return describe();
    }

    final NDArray requireImage(NDArray x) {
        return Tensors.requireShape(x, imageShape, describe(), "images");
    }

    final NDArray requireMeasurement(NDArray y) {
        return Tensors.requireShape(y, measurementShape, describe(), "measurements");
    }
}
