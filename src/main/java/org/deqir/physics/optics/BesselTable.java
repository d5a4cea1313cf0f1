/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.optics;

/**
 * The Bessel function J₀, fast: a table below 30, its asymptotic series above. Both are right to
 * 1e-6.
 */
final class BesselTable {

    private static final double STEP = 1.0 / 512;
    private static final int FARTHEST = 30;
    private static final double[] J0 = new double[(int) (FARTHEST / STEP) + 2];

    static {
        for (int i = 0; i < J0.length; i++) J0[i] = AiryPattern.bessel(0, i * STEP);
    }

    private BesselTable() {}

    /** J₀(x) for x ≥ 0. */
    static double j0(double x) {
        if (x >= FARTHEST) {
            // Abramowitz and Stegun, 9.2.5, to the second order.
            final double p = 1 - 9 / (128 * x * x);
            final double q = -1 / (8 * x) + 75 / (1024 * x * x * x);
            final double angle = x - Math.PI / 4;
            return Math.sqrt(2 / (Math.PI * x)) * (p * Math.cos(angle) - q * Math.sin(angle));
        }
        final double position = x / STEP;
        final int below = (int) position;
        return J0[below] + (position - below) * (J0[below + 1] - J0[below]);
    }
}
