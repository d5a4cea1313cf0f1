/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.training;

import java.util.Random;

/**
 * Random numbers that depend on a seed and a place in the training (purpose, step, image), not on
 * what was drawn before: there is no state to be stored.
 */
final class StepRandom {

    private static final long GOLDEN = 0x9e3779b97f4a7c15L;

    private StepRandom() {}

    /** A generator for one place. */
    static Random at(long seed, long... place) {
        long key = mix(seed + GOLDEN);
        for (final long index : place) key = mix(key + GOLDEN * (index + 1));
        return new Random(key);
    }

    /** The output function of SplitMix64 (Steele, Lea and Flood 2014). */
    private static long mix(long value) {
        long z = value;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
