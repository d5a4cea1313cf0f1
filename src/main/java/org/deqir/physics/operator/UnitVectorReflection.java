/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.operator;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.stream.IntStream;

/**
 * The Householder reflection H = I − β h hᵀ that swaps the first unit vector with a given unit
 * vector u: H e₁ = u, H = Hᵀ = H⁻¹.
 *
 * <p>It completes one measured direction to an orthonormal basis at the cost of one inner product.
 */
public final class UnitVectorReflection {

    private final NDArray direction;
    private final int[] axes;
    private final double beta;

    /**
     * @param manager owner of the constants
     * @param unit u, a vector of norm 1, in the order of {@code shape}
     * @param shape shape that h has to have to broadcast against the tensors that are reflected;
     *     its dimensions above 1 are those the vector runs over
     */
    public UnitVectorReflection(NDManager manager, double[] unit, Shape shape) {
        // h = u − e₁. |h|² = 2(1 − u₁), where 1 − u₁ is formed without cancellation.
        double rest = 0;
        for (int i = 1; i < unit.length; i++) rest += unit[i] * unit[i];
        final double gap = unit[0] > 0 ? rest / (1 + unit[0]) : 1 - unit[0];
        beta = gap > 0 ? 1 / gap : 0;
        final float[] h = new float[unit.length];
        for (int i = 1; i < unit.length; i++) h[i] = (float) unit[i];
        h[0] = (float) -gap;
        direction = manager.create(h, shape);
        axes = IntStream.range(0, shape.dimension()).filter(axis -> shape.get(axis) > 1).toArray();
    }

    /** {@return H x, reflected along the axis of the vector} */
    public NDArray reflect(NDArray x) {
        if (beta == 0) return x.duplicate();
        final NDArray product = x.mul(direction).sum(axes, true);
        return x.sub(product.mul((float) beta).mul(direction));
    }
}
