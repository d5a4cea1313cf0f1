/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.guidance;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import org.deqir.physics.LinearOperator;

/**
 * How much worse an image explains the measurement than its noise allows: ½·max(0, χ² − 1) with χ²
 * = mean_j (A x − y)²_j/v_j.
 *
 * <p>An image whose residual is as large as the noise explains the measurement; one whose residual
 * is smaller explains noise as well (the discrepancy principle, Morozov 1966). So the loss asks for
 * the former and leaves images that are within the noise to the other losses.
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
            count = LossTensors.sum(numbers);
        }
        if (count == 0) throw new IllegalArgumentException("No entry of the measurement counts.");
    }

    @Override
    public Value at(NDArray image) {
        return LossTensors.scoped(
                image,
                x -> {
                    final NDArray residual = operator.apply(x).sub(y);
                    final NDArray weighted = residual.mul(precision);
                    final double[] excess = excess(residual.mul(weighted));
                    final float[] counts = new float[excess.length];
                    double value = 0;
                    for (int k = 0; k < excess.length; k++) {
                        value += excess[k] / 2;
                        counts[k] = excess[k] > 0 ? (float) (1 / count) : 0;
                    }
                    final NDArray perRow =
                            x.getManager().create(counts, new Shape(counts.length, 1, 1, 1));
                    return new Value(value, operator.adjoint(weighted).mul(perRow));
                });
    }

    /** max(0, χ² − 1) of each row. */
    private double[] excess(NDArray squares) {
        final double[] excess = new double[Math.toIntExact(squares.size(0))];
        for (int k = 0; k < excess.length; k++)
            excess[k] = Math.max(0, LossTensors.sum(squares.get(k)) / count - 1);
        return excess;
    }
}
