/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.operator;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.deqir.physics.LinearOperator;
import org.deqir.progress.Progress;

/** One operator after another, A = B∘C: a mask after a blur, a blur after a border extension. */
public final class CompositeOperator extends AbstractOperator {

    private final LinearOperator outer;
    private final LinearOperator inner;

    /**
     * The composition of C, applied first, and B. It closes both operators when it is closed.
     *
     * @throws IllegalArgumentException if what C measures is not what B takes
     */
    public CompositeOperator(NDManager manager, LinearOperator outer, LinearOperator inner) {
        super(manager, inner.imageShape(), requireFit(outer, inner).measurementShape());
        this.outer = outer;
        this.inner = inner;
    }

    @Override
    public void askBeforeIterations(Progress progress) {
        super.askBeforeIterations(progress);
        outer.askBeforeIterations(progress);
        inner.askBeforeIterations(progress);
    }

    @Override
    protected NDArray forward(NDArray x) {
        return outer.apply(inner.apply(x));
    }

    @Override
    protected NDArray transposed(NDArray y) {
        return inner.adjoint(outer.adjoint(y));
    }

    /**
     * That of the inner operator, as if the outer one kept what it gets (a mask does so in part);
     * that of a convolution whose borders are extended, as if they were not.
     */
    @Override
    Optional<UnaryOperator<NDArray>> normalInverse(
            NDManager manager, double precision, double[] damping) {
        final boolean extended =
                inner instanceof MirrorExtensionOperator || inner instanceof ZeroExtensionOperator;
        if (extended && outer instanceof PsfOperator blur)
            return blur.normalInverse(manager, precision, damping);
        return inner instanceof AbstractOperator operator
                ? operator.normalInverse(manager, precision, damping)
                : Optional.empty();
    }

    @Override
    public String describe() {
        return inner.describe() + ", then " + outer.describe();
    }

    @Override
    public void close() {
        outer.close();
        inner.close();
        super.close();
    }

    private static LinearOperator requireFit(LinearOperator outer, LinearOperator inner) {
        if (!inner.measurementShape().equals(outer.imageShape()))
            throw new IllegalArgumentException(
                    String.format(
                            "%s takes images of shape %s, but %s yields %s.",
                            outer.describe(),
                            outer.imageShape(),
                            inner.describe(),
                            inner.measurementShape()));
        return outer;
    }
}
