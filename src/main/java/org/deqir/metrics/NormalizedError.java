/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.metrics;

/**
 * Normalised root mean square error: the RMSE divided by the range (maximum − minimum) of the
 * truth, so that 0 is a perfect estimate and 0.1 an error of a tenth of the contrast.
 */
public final class NormalizedError {

    private NormalizedError() {}

    /**
     * {@return the NRMSE of an estimate, as a share of the truth's range, ≥ 0}
     *
     * @throws IllegalArgumentException also if the truth is constant, as its range is then 0
     */
    public static double of(float[] truth, float[] estimate) {
        ComparedPlanes.requirePair("true", truth, "estimated", estimate);
        double lowest = truth[0];
        double highest = truth[0];
        double squares = 0;
        for (int i = 0; i < truth.length; i++) {
            lowest = Math.min(lowest, truth[i]);
            highest = Math.max(highest, truth[i]);
            final double error = (double) estimate[i] - truth[i];
            squares += error * error;
        }
        if (lowest == highest)
            throw new IllegalArgumentException(
                    "The true image is constant ("
                            + lowest
                            + "); its range cannot normalise an error.");
        return Math.sqrt(squares / truth.length) / (highest - lowest);
    }
}
