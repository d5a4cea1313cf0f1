/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.optics;

/**
 * The in-focus image of a point through a circular, evenly lit pupil, as a function of the optical
 * distance v = 2π NA r / λ (Born and Wolf, Principles of Optics, section 8.5.2).
 */
final class AiryPattern {

    private AiryPattern() {}

    /** (2 J₁(v)/v)², 1 in the centre. */
    static double intensity(double v) {
        if (Math.abs(v) < 1e-4) return 1;
        final double amplitude = 2 * bessel(1, v) / v;
        return amplitude * amplitude;
    }

    /** Share of the light inside the optical distance v: 1 − J₀²(v) − J₁²(v). */
    static double encircledEnergy(double v) {
        final double j0 = bessel(0, v);
        final double j1 = bessel(1, v);
        return 1 - j0 * j0 - j1 * j1;
    }

    /**
     * Bessel function of the first kind, from its integral (1/π) ∫₀^π cos(n τ − x sin τ) dτ. The
     * integrand is periodic and even, so that the trapezoidal rule is exact to rounding once it has
     * more nodes than x.
     */
    static double bessel(int order, double x) {
        final int intervals = 24 + (int) Math.ceil(Math.abs(x));
        // The integrand is 1 at τ = 0 and (−1)ⁿ at τ = π.
        double sum = order % 2 == 0 ? 1 : 0;
        for (int i = 1; i < intervals; i++) {
            final double angle = Math.PI * i / intervals;
            sum += Math.cos(order * angle - x * Math.sin(angle));
        }
        return sum / intervals;
    }
}
