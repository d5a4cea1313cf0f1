/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.diffusion;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.IntToDoubleFunction;

/**
 * ᾱ_t of a diffusion process, t = 0 … T−1, in double precision.
 *
 * <p>ᾱ_t = ∏_{s≤t} (1 − β_s) (Ho et al. 2020, eq. 4). Between integer timesteps log σ is
 * interpolated linearly, so that a network can be called at exactly the noise level a problem
 * needs.
 */
public final class NoiseSchedule {

    private final double[] alphaBar;

    private NoiseSchedule(double[] alphaBar) {
        this.alphaBar = alphaBar;
    }

    /** {@return the schedule with the variances β_t, each above 0 and below 1} */
    public static NoiseSchedule ofBetas(double[] beta) {
        if (beta.length < 2)
            throw new IllegalArgumentException(
                    "A noise schedule needs at least 2 steps, not " + beta.length + ".");
        final double[] alphaBar = new double[beta.length];
        double product = 1;
        for (int t = 0; t < beta.length; t++) {
            if (!(beta[t] > 0 && beta[t] < 1))
                throw new IllegalArgumentException(
                        "beta[" + t + "] = " + beta[t] + " is not between 0 and 1.");
            product *= 1 - beta[t];
            alphaBar[t] = product;
        }
        return new NoiseSchedule(alphaBar);
    }

    /**
     * {@return β rising linearly from {@code first}, above 0, to {@code last}, below 1, in at least
     * 2 steps}
     */
    public static NoiseSchedule linear(double first, double last, int steps) {
        return ofBetas(steps, t -> between(first, last, t, steps));
    }

    /**
     * {@return √β rising linearly from √{@code first} to √{@code last}, otherwise as {@link
     * #linear}}
     */
    public static NoiseSchedule quadratic(double first, double last, int steps) {
        return ofBetas(
                steps,
                t -> {
                    final double root = between(Math.sqrt(first), Math.sqrt(last), t, steps);
                    return root * root;
                });
    }

    /**
     * {@return ᾱ following a squared cosine in at least 2 steps, with β limited to 0.999} See
     * Nichol &amp; Dhariwal 2021, eq. 17, with offset s = 0.008.
     */
    public static NoiseSchedule cosine(int steps) {
        return ofBetas(
                steps,
                t ->
                        Math.min(
                                1
                                        - squaredCosine((t + 1) / (double) steps)
                                                / squaredCosine(t / (double) steps),
                                0.999));
    }

    /** {@return the same β, above 0 and below 1, at each of at least 2 steps} */
    public static NoiseSchedule constant(double beta, int steps) {
        return ofBetas(steps, t -> beta);
    }

    /**
     * {@return β rising from {@code first} to {@code last} along the logistic function's −6 … 6,
     * otherwise as {@link #linear}}
     */
    public static NoiseSchedule sigmoid(double first, double last, int steps) {
        return ofBetas(
                steps, t -> first + (last - first) / (1 + Math.exp(-between(-6, 6, t, steps))));
    }

    /**
     * {@return the schedule of a name, as checkpoints' configurations call it}
     *
     * @param name {@code linear}, {@code quad}, {@code cosine}, {@code const} or {@code sigmoid}
     * @param first β of the first step; {@code cosine} and {@code const} do not use it
     * @param last β of the last step; {@code cosine} does not use it
     * @param steps number of timesteps T
     * @throws IllegalArgumentException if the name is not known or a value is out of range
     */
    public static NoiseSchedule named(String name, double first, double last, int steps) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "linear" -> linear(first, last, steps);
            case "quad" -> quadratic(first, last, steps);
            case "cosine" -> cosine(steps);
            case "const" -> constant(last, steps);
            case "sigmoid" -> sigmoid(first, last, steps);
            default ->
                    throw new IllegalArgumentException(
                            "Noise schedule \""
                                    + name
                                    + "\" is not known; known are linear, quad, cosine, const and"
                                    + " sigmoid.");
        };
    }

    private static NoiseSchedule ofBetas(int steps, IntToDoubleFunction beta) {
        final double[] betas = new double[Math.max(steps, 0)];
        Arrays.setAll(betas, beta);
        return ofBetas(betas);
    }

    private static double between(double first, double last, int t, int steps) {
        return first + (last - first) * t / (steps - 1);
    }

    private static double squaredCosine(double share) {
        final double cosine = Math.cos((share + 0.008) / 1.008 * Math.PI / 2);
        return cosine * cosine;
    }

    /** {@return the number of timesteps T the network was trained with} */
    public int steps() {
        return alphaBar.length;
    }

    /**
     * {@return ᾱ at the (possibly fractional) timestep t, 0 ≤ t ≤ T−1; 1 for t &lt; 0, the clean
     * image}
     */
    public double alphaBar(double t) {
        if (t < 0) return 1;
        final double sigma = sigma(t);
        final int step = (int) t;
        return step == t ? alphaBar[step] : 1 / (1 + sigma * sigma);
    }

    /** {@return σ_t = √((1 − ᾱ_t)/ᾱ_t), the noise level relative to the image; 0 for t &lt; 0} */
    public double sigma(double t) {
        if (t < 0) return 0;
        if (t > alphaBar.length - 1)
            throw new IllegalArgumentException(
                    "Timestep " + t + " is not within 0 … " + (alphaBar.length - 1) + ".");
        final int below = Math.min((int) t, alphaBar.length - 2);
        final double share = t - below;
        final double low = sigmaOf(alphaBar[below]);
        if (share == 0) return low;
        return Math.exp(
                (1 - share) * Math.log(low) + share * Math.log(sigmaOf(alphaBar[below + 1])));
    }

    /**
     * {@return the (fractional) timestep whose noise level is σ; levels beyond the schedule's ends
     * give the first or last timestep}
     */
    public double timestepAt(double sigma) {
        if (!(sigma >= 0)) throw new IllegalArgumentException("Noise level " + sigma + " < 0.");
        if (sigma <= sigmaOf(alphaBar[0])) return 0;
        int low = 0;
        int high = alphaBar.length - 1;
        if (sigma >= sigmaOf(alphaBar[high])) return high;
        while (high - low > 1) {
            final int middle = (low + high) >>> 1;
            if (sigmaOf(alphaBar[middle]) <= sigma) low = middle;
            else high = middle;
        }
        final double logLow = Math.log(sigmaOf(alphaBar[low]));
        final double logHigh = Math.log(sigmaOf(alphaBar[high]));
        return low + (Math.log(sigma) - logLow) / (logHigh - logLow);
    }

    private static double sigmaOf(double alphaBar) {
        return Math.sqrt((1 - alphaBar) / alphaBar);
    }
}
