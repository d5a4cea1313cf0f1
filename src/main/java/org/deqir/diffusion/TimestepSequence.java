/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.diffusion;

import java.util.Arrays;
import java.util.Locale;

/**
 * The noise levels t_T &gt; … &gt; t_1 that a restoration visits, noisiest first, followed by the
 * clean image.
 *
 * <p>Levels are counted from 0, the noisiest, to {@link #length()} − 1; level {@link #length()} is
 * the clean image with ᾱ = 1 and σ = 0. Timesteps may be fractions: {@link NoiseSchedule}
 * interpolates log σ between the network's own.
 */
public final class TimestepSequence {

    /** How levels are spread between the first and the last. */
    public enum Spacing {
        /** Evenly in t, as published for DDIM and DDNM. */
        UNIFORM("uniform"),
        /** Evenly in √t: more levels at the clean end (Song et al. 2021, DDIM, app. D.2). */
        QUADRATIC("quadratic"),
        /** Evenly in log σ: every step lowers the noise by the same factor. */
        LOG_SIGMA("log-sigma");

        private final String label;

        Spacing(String label) {
            this.label = label;
        }

        @Override
        public String toString() {
            return label;
        }
    }

    private final double[] timesteps;
    private final double[] alphaBar;

    private TimestepSequence(double[] timesteps, double[] alphaBar) {
        this.timesteps = timesteps;
        this.alphaBar = alphaBar;
    }

    /**
     * {@return the given timesteps of a schedule}
     *
     * @param schedule whose timesteps they are
     * @param timesteps at least one, strictly falling, from 0 to {@code schedule.steps()} − 1
     */
    public static TimestepSequence of(NoiseSchedule schedule, double... timesteps) {
        if (timesteps.length == 0)
            throw new IllegalArgumentException("A restoration needs at least 1 noise level.");
        final double[] alphaBar = new double[timesteps.length + 1];
        for (int i = 0; i < timesteps.length; i++) {
            if (!(timesteps[i] >= 0 && timesteps[i] <= schedule.steps() - 1))
                throw new IllegalArgumentException(
                        "Timestep %s is not within 0 … %s."
                                .formatted(timesteps[i], schedule.steps() - 1));
            if (i > 0 && !(timesteps[i] < timesteps[i - 1]))
                throw new IllegalArgumentException(
                        "Timesteps must fall, but %s follows %s."
                                .formatted(timesteps[i], timesteps[i - 1]));
            alphaBar[i] = schedule.alphaBar(timesteps[i]);
        }
        alphaBar[timesteps.length] = 1;
        return new TimestepSequence(timesteps.clone(), alphaBar);
    }

    /**
     * Levels spread between two noise levels.
     *
     * <p>Noise levels beyond the schedule's own are moved to its ends.
     *
     * @param spacing how the levels between the first and the last are spread
     * @param schedule the schedule of the prior
     * @param levels how many, at least 1; with 1 there is only the first
     * @param firstSigma σ of the noisiest level, above 0
     * @param lastSigma σ of the cleanest level, above 0 and below {@code firstSigma}
     * @return the levels, noisiest first
     */
    public static TimestepSequence spaced(
            Spacing spacing,
            NoiseSchedule schedule,
            int levels,
            double firstSigma,
            double lastSigma) {
        if (levels < 1)
            throw new IllegalArgumentException(
                    "A restoration needs at least 1 noise level, not " + levels + ".");
        if (!(firstSigma > 0))
            throw new IllegalArgumentException(
                    "The first noise level must be above 0, not " + firstSigma + ".");
        final double first = schedule.timestepAt(firstSigma);
        if (levels == 1) return of(schedule, first);
        if (!(lastSigma > 0 && lastSigma < firstSigma))
            throw new IllegalArgumentException(
                    "The last noise level must be above 0 and below the first, %s, not %s."
                            .formatted(firstSigma, lastSigma));
        final double last = schedule.timestepAt(lastSigma);
        if (!(last < first))
            throw new IllegalArgumentException(
                    String.format(
                            Locale.ROOT,
                            "Noise levels %g to %g do not overlap those of the model, %g to %g.",
                            firstSigma,
                            lastSigma,
                            schedule.sigma(schedule.steps() - 1),
                            schedule.sigma(0)));
        final double[] timesteps = new double[levels];
        for (int i = 0; i < levels; i++) {
            final double share = i / (levels - 1.0);
            timesteps[i] =
                    switch (spacing) {
                        case UNIFORM -> first + (last - first) * share;
                        case QUADRATIC -> {
                            final double root =
                                    Math.sqrt(first) + (Math.sqrt(last) - Math.sqrt(first)) * share;
                            yield root * root;
                        }
                        case LOG_SIGMA ->
                                schedule.timestepAt(
                                        schedule.sigma(first)
                                                * Math.pow(
                                                        schedule.sigma(last)
                                                                / schedule.sigma(first),
                                                        share));
                    };
        }
        // The ends are given; they must not move by rounding.
        timesteps[0] = first;
        timesteps[levels - 1] = last;
        return of(schedule, timesteps);
    }

    /**
     * Whole timesteps below a last one, spread as the published implementation spreads them (Cao et
     * al. 2024, after DDIM's).
     *
     * <p>Uniform ones are the first {@code levels} multiples of ⌊end/levels⌋. Quadratic ones are
     * the whole parts of the squares of numbers that rise evenly from 0 to √(0.8·end), and not
     * rounded where two would be equal. In log σ they are spread evenly over all below {@code end},
     * not rounded.
     *
     * @param spacing how the timesteps are spread
     * @param schedule the schedule of the prior
     * @param levels how many, at least 1 and at most {@code end}
     * @param end timestep below which all lie, at most {@code schedule.steps()}
     * @return the timesteps, noisiest first
     */
    public static TimestepSequence below(
            Spacing spacing, NoiseSchedule schedule, int levels, int end) {
        if (levels < 1 || levels > end || end > schedule.steps())
            throw new IllegalArgumentException(
                    levels
                            + " steps below timestep "
                            + end
                            + " cannot be made of a schedule of "
                            + schedule.steps()
                            + " timesteps: there must be at least 1 and no more than timesteps.");
        if (spacing == Spacing.LOG_SIGMA)
            return spaced(spacing, schedule, levels, schedule.sigma(end - 1.0), schedule.sigma(0));
        final double[] rising = new double[levels];
        final double root = Math.sqrt(0.8 * end) / Math.max(1, levels - 1);
        Arrays.setAll(
                rising,
                i ->
                        spacing == Spacing.UNIFORM
                                ? i * (double) (end / levels)
                                : Math.floor(i * root * i * root));
        for (int i = 1; i < levels; i++)
            if (rising[i] == rising[i - 1]) Arrays.setAll(rising, j -> j * root * j * root);
        final double[] falling = new double[levels];
        Arrays.setAll(falling, i -> rising[levels - 1 - i]);
        return of(schedule, falling);
    }

    /** {@return number of noise levels T, the clean image not counted} */
    public int length() {
        return timesteps.length;
    }

    /** {@return timestep of a level, 0 for the noisiest, below {@link #length()}} */
    public double timestep(int level) {
        return timesteps[level];
    }

    /**
     * {@return ᾱ of a level, 0 for the noisiest; 1 for the clean image, level {@link #length()}}
     */
    public double alphaBar(int level) {
        return alphaBar[level];
    }

    /**
     * {@return σ = √((1 − ᾱ)/ᾱ) of a level, 0 for the noisiest; 0 for the clean image, level {@link
     * #length()}}
     */
    public double sigma(int level) {
        return Math.sqrt((1 - alphaBar[level]) / alphaBar[level]);
    }

    /** {@return the sequence of only some of these levels, rising} */
    public TimestepSequence subsequence(int... levels) {
        final double[] some = new double[levels.length];
        final double[] someAlphaBar = new double[levels.length + 1];
        for (int i = 0; i < levels.length; i++) {
            if (i > 0 && levels[i] <= levels[i - 1])
                throw new IllegalArgumentException(
                        "Levels " + Arrays.toString(levels) + " do not rise.");
            some[i] = timesteps[levels[i]];
            someAlphaBar[i] = alphaBar[levels[i]];
        }
        someAlphaBar[levels.length] = 1;
        return new TimestepSequence(some, someAlphaBar);
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%d noise levels from σ = %.4g to %.4g",
                length(),
                sigma(0),
                sigma(length() - 1));
    }
}
