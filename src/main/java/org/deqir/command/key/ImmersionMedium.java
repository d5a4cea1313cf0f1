/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.key;

/** The immersion medium that is assumed for an objective of a numerical aperture. */
public final class ImmersionMedium {

    private static final double AIR = 1.0;
    private static final double WATER = 1.333;
    private static final double OIL = 1.515;

    private ImmersionMedium() {}

    /**
     * {@return refractive index of the usual medium: air up to an aperture of 0.95, water up to
     * 1.2, oil above} In the scalar model of the focal plane it only bounds the aperture.
     */
    public static double refractiveIndex(double numericalAperture) {
        if (numericalAperture <= 0.95) return AIR;
        return numericalAperture <= 1.2 ? WATER : OIL;
    }
}
