/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

/**
 * Whether and how the first state of a chain is optimised before the answer is taken.
 *
 * <p>Descent lowers how badly the restored image explains the measurement, and with a guide the
 * distance to its reference. See the decision page on gradients for what that gains and costs.
 *
 * @param rounds most steps of descent; 0 for none
 * @param rate how far a sample of the first state moves in a step, at most, where images are in
 *     [−1, 1]
 * @param guide what the restored image is to resemble; null for the measurement alone
 */
public record Optimization(int rounds, double rate, Guide guide) {

    /** The default rate with a guide, which may ask for large changes. */
    public static final double DEFAULT_RATE = 0.1;

    /** The rate under the measurement alone, which says little about most of what could change. */
    public static final double RATE_WITHOUT_GUIDE = 0.01;

    /** The chain starts as its recipe says. */
    public static final Optimization NONE = new Optimization(0, DEFAULT_RATE, null);

    /**
     * @throws IllegalArgumentException if a value is out of its range
     */
    public Optimization {
        if (rounds < 0 || rounds > 10_000)
            throw new IllegalArgumentException("rounds = " + rounds + " is not within 0 … 10000.");
        if (!(rate > 0 && rate <= 1))
            throw new IllegalArgumentException("rate = " + rate + " is not above 0 and at most 1.");
    }

    /** Optimises under the measurement alone. */
    public static Optimization of(int rounds) {
        return new Optimization(rounds, RATE_WITHOUT_GUIDE, null);
    }

    /** {@return whether there is anything to do} */
    public boolean isOn() {
        return rounds > 0;
    }

    /** {@return this optimisation with another guide} */
    public Optimization withGuide(Guide newGuide) {
        return new Optimization(rounds, rate, newGuide);
    }
}
