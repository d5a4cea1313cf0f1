/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.guidance;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import org.deqir.physics.LinearOperator;

/**
 * How badly an image explains the measurement: ½·mean_j (A x − y)²_j/v_j, half the χ² of the
 * residual. Where the image explains all but the noise it is ½; below, noise is being explained.
 */
public final class MeasurementConsistency implements Loss {

    private final LinearOperator operator;
    private final NDArray y;
    private final NDArray precision;
    private final double count;

    /**
     * @param operator A
     * @param y the measurement, (1, …)
     * @param precision 1/v of each entry of y, 0 where it does not count, (1, …)
     * @throws IllegalArgumentException if no entry counts
     */
    public MeasurementConsistency(LinearOperator operator, NDArray y, NDArray precision) {
        this.operator = operator;
        this.y = y;
        this.precision = precision;
        try (NDArray counted = precision.gt(0);
                NDArray numbers = counted.toType(DataType.FLOAT32, true)) {
            count = Tensors.sum(numbers);
        }
        if (count == 0) throw new IllegalArgumentException("No entry of the measurement counts.");
    }

    @Override
    public Value at(NDArray image) {
        return Tensors.scoped(
                image,
                x -> {
                    final NDArray residual = operator.apply(x).sub(y);
                    final NDArray weighted = residual.mul(precision);
                    final double value = Tensors.sum(residual.mul(weighted)) / (2 * count);
                    return new Value(value, operator.adjoint(weighted).div(count));
                });
    }
}
