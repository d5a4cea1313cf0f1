/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.noise;

/**
 * Random numbers for the pixels of an image, one independent stream per pixel, so that a pixel's
 * noise depends on the seed and its position alone and not on the order of the work.
 *
 * <p>A stream is SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) started at a hash of seed and
 * position. Only {@link StrictMath} is used, so that all platforms draw the same bits.
 */
final class PixelRandom {

    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    /** Below this mean, inverting the distribution function takes fewer steps than rejection. */
    private static final double SMALL_MEAN = 10;

    /** ln k! for k &lt; 10, where Stirling's series is not accurate. */
    private static final double[] LOG_FACTORIALS = new double[10];

    static {
        for (int k = 1; k < LOG_FACTORIALS.length; k++)
            LOG_FACTORIALS[k] = LOG_FACTORIALS[k - 1] + StrictMath.log(k);
    }

    private final long key;
    private long state;

    PixelRandom(long seed) {
        key = mix(seed + GOLDEN_GAMMA);
    }

    /** Starts the stream of a pixel; must come before any draw. */
    void startPixel(long index) {
        state = mix(key ^ mix(index + GOLDEN_GAMMA));
    }

    /** Uniform in (0, 1): the middle of one of 2⁵² equal intervals. */
    double nextUniform() {
        state += GOLDEN_GAMMA;
        return ((mix(state) >>> 12) + 0.5) * 0x1p-52;
    }

    /** Normally distributed with mean 0 and variance 1 (Box and Muller). */
    double nextGaussian() {
        final double radius = StrictMath.sqrt(-2 * StrictMath.log(nextUniform()));
        return radius * StrictMath.cos(2 * StrictMath.PI * nextUniform());
    }

    /** Poisson distributed, exact for any mean ≥ 0. */
    double nextPoisson(double mean) {
        if (mean == 0) return 0;
        return mean < SMALL_MEAN ? poissonByInversion(mean) : poissonByRejection(mean);
    }

    private double poissonByInversion(double mean) {
        double remaining = nextUniform();
        double probability = StrictMath.exp(-mean);
        int count = 0;
        // Rounding may leave a remainder beyond the last probability that a double can hold.
        while (remaining > probability && probability > 0) {
            remaining -= probability;
            count++;
            probability *= mean / count;
        }
        return count;
    }

    /**
     * Transformed rejection with squeeze, algorithm PTRS of Hörmann (Insurance: Mathematics and
     * Economics 12, 1993), for means of at least 10.
     */
    private double poissonByRejection(double mean) {
        final double logMean = StrictMath.log(mean);
        final double b = 0.931 + 2.53 * StrictMath.sqrt(mean);
        final double a = -0.059 + 0.02483 * b;
        final double inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
        final double squeeze = 0.9277 - 3.6224 / (b - 2);
        while (true) {
            final double u = nextUniform() - 0.5;
            final double v = nextUniform();
            final double us = 0.5 - Math.abs(u);
            final double count = Math.floor((2 * a / us + b) * u + mean + 0.43);
            if (us >= 0.07 && v <= squeeze) return count;
            if (count < 0 || us < 0.013 && v > us) continue;
            final double logDensity = count * logMean - mean - logFactorial(count);
            if (StrictMath.log(v * inverseAlpha / (a / (us * us) + b)) <= logDensity) return count;
        }
    }

    /** ln k!, by Stirling's series for large k. */
    static double logFactorial(double k) {
        if (k < LOG_FACTORIALS.length) return LOG_FACTORIALS[(int) k];
        final double inverse = 1 / k;
        final double square = inverse * inverse;
        return (k + 0.5) * StrictMath.log(k)
                - k
                + 0.5 * StrictMath.log(2 * StrictMath.PI)
                + inverse
                        * (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square / 1680)));
    }

    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
