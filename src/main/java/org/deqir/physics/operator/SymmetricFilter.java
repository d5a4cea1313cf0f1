/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.operator;

import java.util.Arrays;
import java.util.Locale;
import org.deqir.physics.Tensors;

/**
 * A one-dimensional symmetric filter, followed by keeping every f-th sample: the factor of a
 * separable blur or downsampling along one axis.
 *
 * <p>Output m is the weighted mean Σ_d h(d) x(c_m − d) around the centre c_m = f·m + (f − 1)/2 of
 * its f input samples. For odd f the offsets d are whole numbers, for even f they are halves; the
 * filter is symmetric, h(−d) = h(d), and has unit sum. Beyond its ends the signal continues as its
 * mirror image with the end sample repeated (d c b a | a b c d).
 */
public final class SymmetricFilter {

    private static final double BICUBIC_A = -0.5;

    private final String name;
    private final int factor;

    /** h(d) for d = first, first + 1, …, with first = 0 for odd f and ½ for even f. */
    private final double[] half;

    private SymmetricFilter(String name, int factor, double[] half) {
        this.name = name;
        this.factor = factor;
        this.half = half;
        double sum = 0;
        for (int i = 0; i < half.length; i++) sum += multiplicity(i) * half[i];
        for (int i = 0; i < half.length; i++) half[i] /= sum;
    }

    /** {@return a filter that leaves a signal as it is} */
    public static SymmetricFilter none() {
        return new SymmetricFilter("none", 1, new double[] {1});
    }

    /**
     * {@return a Gaussian, sampled at the pixels out to 4σ (3e-5 of its weight is cut off); σ = 0
     * leaves the signal as it is}
     */
    public static SymmetricFilter gaussian(double sigma) {
        return gaussian(sigma, 2 * (int) Math.ceil(4 * sigma) + 1);
    }

    /** {@return a Gaussian, sampled at the given odd number of pixels} */
    public static SymmetricFilter gaussian(double sigma, int taps) {
        if (!(sigma >= 0 && sigma <= 1000))
            throw new IllegalArgumentException(
                    "Gaussian blur of " + sigma + " pixels is not within 0 … 1000.");
        if (taps < 1 || taps % 2 == 0)
            throw new IllegalArgumentException(
                    "A blur needs an odd number of taps, not " + taps + ".");
        if (sigma == 0) return none();
        final double[] half = new double[taps / 2 + 1];
        Arrays.setAll(half, d -> Math.exp(-0.5 * (d / sigma) * (d / sigma)));
        return new SymmetricFilter(
                String.format(Locale.ROOT, "Gaussian of σ %.4g px", sigma), 1, half);
    }

    /**
     * {@return a box at least 1 pixel wide, centred on the pixel; its two outermost pixels count by
     * the share that the box covers, ½ where the width is even}
     */
    public static SymmetricFilter uniform(double width) {
        if (!(width >= 1 && width <= 4000))
            throw new IllegalArgumentException(
                    "A uniform blur of " + width + " pixels is not within 1 … 4000.");
        final double[] half = new double[(int) Math.ceil((width - 1) / 2) + 1];
        Arrays.setAll(half, d -> Math.min(1, width / 2 - (d - 0.5)));
        return new SymmetricFilter(String.format(Locale.ROOT, "box of %.4g px", width), 1, half);
    }

    /**
     * {@return bicubic downsampling by 1 … 64: Keys' kernel with a = −0.5, stretched by the factor
     * so that it removes what the coarser grid cannot hold (Keys 1981; as MATLAB's {@code imresize}
     * and DDRM)}
     */
    public static SymmetricFilter bicubic(int factor) {
        Tensors.requireInRange("Downsampling factor", factor, 1, 64);
        final double first = factor % 2 == 0 ? 0.5 : 0;
        final double[] half = new double[2 * factor];
        Arrays.setAll(half, i -> keys((i + first) / factor));
        return new SymmetricFilter("bicubic ×" + factor, factor, half);
    }

    /** {@return f: every f-th sample is kept} */
    public int factor() {
        return factor;
    }

    /** {@return the number of samples that have a weight} */
    public int taps() {
        return 2 * half.length - factor % 2;
    }

    /** {@return what the filter does, with its parameters, in a few words} */
    public String describe() {
        return name;
    }

    /** {@return the weights h, from the most negative offset to the most positive one} */
    public double[] weights() {
        final double[] weights = new double[taps()];
        for (int i = 0; i < half.length; i++) {
            weights[weights.length / 2 + i] = half[i];
            weights[weights.length - 1 - (weights.length / 2 + i)] = half[i];
        }
        return weights;
    }

    /** Σ_d h(d) cos(ω d): the gain of a cosine of angular frequency ω. */
    double response(double omega) {
        final double first = factor % 2 == 0 ? 0.5 : 0;
        double sum = 0;
        for (int i = 0; i < half.length; i++)
            sum += multiplicity(i) * half[i] * Math.cos(omega * (i + first));
        return sum;
    }

    /** How often offset i occurs in the filter: once for d = 0, twice for ±d. */
    private int multiplicity(int i) {
        return i == 0 && factor % 2 == 1 ? 1 : 2;
    }

    private static double keys(double distance) {
        final double x = Math.abs(distance);
        if (x <= 1) return ((BICUBIC_A + 2) * x - (BICUBIC_A + 3)) * x * x + 1;
        if (x < 2) return ((BICUBIC_A * x - 5 * BICUBIC_A) * x + 8 * BICUBIC_A) * x - 4 * BICUBIC_A;
        return 0;
    }
}
