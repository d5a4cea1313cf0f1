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
 * @param gradient how gradients go back through the chain
 * @param startWeight weight of the prior on the first state, 0 or more (key {@code startprior}, the
 *     λ2 of Cao et al. 2024); null for what the mode has
 */
public record Optimization(
        int rounds, double rate, Guide guide, Gradient gradient, Double startWeight) {

    /** How gradients go back through a chain. */
    public enum Kind {
        /** Step by step: exact. */
        UNROLLED,
        /** Through a few damped iterations at the equilibrium. */
        PHANTOM,
        /** Through the equation of the equilibrium, solved to a bound. */
        IMPLICIT
    }

    /**
     * A kind of gradient and its settings; null for the usual value, and where the kind has none.
     *
     * @param kind which
     * @param tau damping of a phantom gradient, above 0 to 1
     * @param terms damped iterations of a phantom gradient, 1 to 1000
     * @param bound relative residual to which the equation of the implicit gradient is solved, 0 to
     *     below 1
     */
    public record Gradient(Kind kind, Double tau, Integer terms, Double bound) {

        /** What is used where nothing is said. */
        public static final Gradient DEFAULT = new Gradient(Kind.UNROLLED, null, null, null);

        private static final double TAU = 0.1; // the authors'
        private static final double BOUND = 0.01;

        /**
         * @throws IllegalArgumentException if a value is out of its range or not one of the kind's
         */
        public Gradient {
            require("tau", tau, kind == Kind.PHANTOM, tau == null || tau > 0 && tau <= 1);
            require(
                    "terms",
                    terms,
                    kind == Kind.PHANTOM,
                    terms == null || terms >= 1 && terms <= 1000);
            require(
                    "bound",
                    bound,
                    kind == Kind.IMPLICIT,
                    bound == null || bound >= 0 && bound < 1);
        }

        private static void require(String name, Object value, boolean used, boolean inRange) {
            if (value == null) return;
            final boolean implicit = name.equals("bound");
            if (!used)
                throw new IllegalArgumentException(
                        "%s = %s is used by gradient = %s alone; leave it out, or choose that."
                                .formatted(name, value, implicit ? "implicit" : "phantom"));
            if (!inRange)
                throw new IllegalArgumentException(
                        name
                                + " = "
                                + value
                                + " is not accepted: it must be "
                                + (implicit
                                        ? "from 0 to below 1"
                                        : name.equals("tau") ? "above 0 to 1" : "from 1 to 1000")
                                + ".");
        }

        /** {@return the damping of these gradients} */
        public double damping() {
            return tau == null ? TAU : tau;
        }

        /** {@return the number of damped iterations} */
        public int iterations() {
            return terms == null ? 1 : terms;
        }

        /** {@return the bound of the residual} */
        public double residual() {
            return bound == null ? BOUND : bound;
        }

        /**
         * {@return images whose gradients go through the network at most, for a chain of some
         * levels}
         *
         * @param levels of the chain, at least 1
         */
        public long most(int levels) {
            return switch (kind) {
                case UNROLLED -> levels;
                case PHANTOM -> (long) iterations() * levels;
                case IMPLICIT -> levels * (levels + 1L) / 2;
            };
        }
    }

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
        if (startWeight != null && !(startWeight >= 0 && startWeight <= 1e6))
            throw new IllegalArgumentException(
                    "startprior = "
                            + startWeight
                            + " is not accepted: it must be from 0 to 1000000.");
    }

    /**
     * With exact gradients and the usual weights.
     *
     * @param rounds most steps of descent; 0 for none
     * @param rate how far a sample of the first state moves in a step, at most
     * @param guide what else to heed; null for nothing
     */
    public Optimization(int rounds, double rate, Guide guide) {
        this(rounds, rate, guide, Gradient.DEFAULT, null);
    }

    /**
     * {@return an optimisation under the measurement alone}
     *
     * @param rounds most steps of descent; 0 for none
     */
    public static Optimization of(int rounds) {
        return new Optimization(rounds, RATE_WITHOUT_GUIDE, null);
    }

    /** {@return whether there is anything to do} */
    public boolean isOn() {
        return rounds > 0;
    }

    /**
     * {@return this optimisation with another guide}
     *
     * @param newGuide null for none
     */
    public Optimization withGuide(Guide newGuide) {
        return new Optimization(rounds, rate, newGuide, gradient, startWeight);
    }

    /**
     * {@return this optimisation by other gradients, with another weight of the start's prior}
     *
     * @param newGradient how gradients are computed
     * @param newStartWeight as in the record; null for the usual one
     */
    public Optimization by(Gradient newGradient, Double newStartWeight) {
        return new Optimization(rounds, rate, guide, newGradient, newStartWeight);
    }
}
