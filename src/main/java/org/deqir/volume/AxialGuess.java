/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.volume;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.deqir.image.Volume;
import org.deqir.physics.VolumeDegradation;

/** A first guess of finer slices: cubic interpolation along the axis. */
final class AxialGuess {

    /** Keys' cubic convolution, which reproduces parabolas. */
    private static final double SHARPNESS = -0.5;

    private static final int REACH = 2;

    private AxialGuess() {}

    /**
     * @param manager owner of the result
     * @return (1, D·factor, H, W) in grey levels
     */
    static NDArray of(
            NDManager manager, Volume measured, VolumeDegradation.AxialReduction degradation) {
        final int factor = degradation.factor();
        final int fine = measured.depth() * factor;
        final double centre = degradation.mean() ? (factor - 1) / 2.0 : factor / 2;
        final float[] weights = new float[fine * measured.depth()];
        for (int z = 0; z < fine; z++) {
            final double position = (z - centre) / factor;
            final int first = (int) Math.floor(position) - REACH + 1;
            for (int k = first; k < first + 2 * REACH; k++)
                weights[z * measured.depth() + Math.max(0, Math.min(measured.depth() - 1, k))] +=
                        (float) weight(Math.abs(position - k));
        }
        try (NDManager scope = manager.newSubManager()) {
            final NDArray matrix = scope.create(weights, new Shape(fine, measured.depth()));
            final NDArray slices =
                    VolumeTensors.of(scope, measured)
                            .reshape(measured.depth(), (long) measured.height() * measured.width());
            final NDArray guess =
                    matrix.matMul(slices)
                            .reshape(1, fine, measured.height(), measured.width())
                            .duplicate();
            guess.attach(manager);
            return guess;
        }
    }

    private static double weight(double x) {
        if (x < 1) return ((SHARPNESS + 2) * x - (SHARPNESS + 3)) * x * x + 1;
        if (x < 2) return SHARPNESS * (((x - 5) * x + 8) * x - 4);
        return 0;
    }
}
