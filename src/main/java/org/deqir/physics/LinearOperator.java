/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import org.deqir.progress.Progress;

/**
 * A linear degradation A of an image of one fixed size: y = A x.
 *
 * <p>Tensors are float32. Images are (N, C, H, W), measurements are (N, …) with the dimensions of
 * {@link #measurementShape()} after the batch dimension; any batch size N ≥ 1 is accepted.
 *
 * <p>Ownership: a result belongs to the {@link NDArray#getManager() manager} of the argument, and
 * nothing else that was created on the way outlives the call. Arguments are neither changed nor
 * closed. Constants such as weights belong to the operator until {@link #close()}. Operators are
 * immutable: several threads may use one at the same time.
 *
 * <p>Every method throws {@link IllegalArgumentException} for a tensor whose shape does not fit,
 * with a message that names the operator, the shape and the shape that is accepted.
 */
public interface LinearOperator extends AutoCloseable {

    /** {@return shape (C, H, W) of the images this operator degrades} */
    Shape imageShape();

    /** {@return shape of a measurement without the batch dimension: (C', H', W') or (M)} */
    Shape measurementShape();

    /**
     * Lets the user stop long computations of the operator, which then throw {@link
     * java.util.concurrent.CancellationException}. The default has none.
     *
     * @param progress asked in every iteration whether to go on
     */
    default void askBeforeIterations(Progress progress) {}

    /** {@return A x, an image per row, (N, …)} */
    NDArray apply(NDArray x);

    /** {@return Aᵀ y, a measurement per row, (N, …)} */
    NDArray adjoint(NDArray y);

    /** {@return A⁺ y, the image of least norm among those that explain y best (Moore–Penrose)} */
    NDArray pseudoInverse(NDArray y);

    /**
     * {@return what the operator does, with its parameters, in a few words for a result's
     * provenance}
     */
    String describe();

    /** Frees the operator's constants. */
    @Override
    void close();
}
