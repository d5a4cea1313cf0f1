/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.volume;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.Tensors;
import org.deqir.progress.Progress;

/**
 * Richardson–Lucy deconvolution of counts with readout noise (Richardson 1972, Lucy 1974; Snyder,
 * Hammoud and White 1993 for the readout noise).
 *
 * <p>Where the measurement sees little of a voxel, outside of its border, an update moves it as
 * little.
 */
final class RichardsonLucy {

    /** Share of full sight below which an update is damped. */
    private static final double LEAST_SIGHT = 0.01;

    private static final double LEAST_COUNT = 1e-6;

    private final LinearOperator operator;
    private final NDArray measured;
    private final double pedestal;
    private final String stage;

    /**
     * @param operator A, of unit sum; stays the caller's
     * @param measured counts above the offset plus the pedestal, (1, D, H, W); stays the caller's
     * @param pedestal variance of the readout noise in counts
     * @param stage what the iterations are for, in words for the user
     */
    RichardsonLucy(LinearOperator operator, NDArray measured, double pedestal, String stage) {
        this.stage = stage;
        this.operator = operator;
        this.measured = measured;
        this.pedestal = pedestal;
    }

    /**
     * Iterates from a constant volume.
     *
     * @param most iterations at most
     * @param stop asked before each iteration
     * @return counts ≥ 0, owned by the measurement's manager
     */
    NDArray run(int most, Stop stop, Progress progress) {
        final NDManager manager = measured.getManager();
        try (NDManager scope = manager.newSubManager()) {
            final NDArray y = Tensors.view(measured, scope).maximum(LEAST_COUNT);
            final NDArray sight = operator.adjoint(y.onesLike()).addi(LEAST_SIGHT);
            final double level = Math.max(LEAST_COUNT, y.mean().getFloat() - pedestal);
            final NDArray x = sight.zerosLike().addi(level);
            for (int i = 0; i < most; i++) {
                progress.checkCanceled();
                progress.update(stage + (i + 1), stop.share(i, most));
                try (NDManager step = scope.newSubManager()) {
                    final NDArray ratio;
                    // What is large is closed at once.
                    try (NDArray blurred = operator.apply(Tensors.view(x, step));
                            NDArray expected =
                                    blurred.maximum(Math.max(0, LEAST_COUNT - pedestal))) {
                        blurred.close();
                        expected.addi(pedestal);
                        if (stop.isLast(i, expected)) break;
                        ratio = Tensors.view(y, step).div(expected);
                    }
                    final NDArray update = operator.adjoint(ratio);
                    ratio.close();
                    update.addi(LEAST_SIGHT).divi(Tensors.view(sight, step));
                    x.muli(update.maximum(0));
                }
            }
            x.attach(manager);
            return x;
        }
    }

    /** Decides when to end. */
    @FunctionalInterface
    interface Stop {
        /**
         * @param made iterations made
         * @param expected what they expect to be measured, pedestal included, (1, D, H, W)
         */
        boolean isLast(int made, NDArray expected);

        /**
         * The share of the iterations that is made.
         *
         * @param most iterations at most
         */
        default double share(int made, int most) {
            return (double) made / most;
        }
    }
}
