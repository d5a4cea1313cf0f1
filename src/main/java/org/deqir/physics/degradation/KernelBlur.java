/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.degradation;

import ai.djl.ndarray.NDManager;
import java.util.Locale;
import java.util.Objects;
import org.deqir.physics.Border;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.operator.Convolutions;
import org.deqir.physics.operator.SymmetricFilter;

/**
 * Blur by a kernel of a given number of samples, as published comparisons use it: a Gaussian that
 * is cut off, or a box.
 *
 * @param sigmaX standard deviation along a row, in pixels, above 0; infinite for a box
 * @param sigmaY standard deviation along a column, in pixels, above 0; infinite for a box
 * @param taps samples of the kernel along each axis, odd, 3 to 255
 * @param border what lies outside the field of view
 */
public record KernelBlur(double sigmaX, double sigmaY, int taps, Border border) implements Blur {

    private static final int LARGEST = 255;

    /**
     * @throws IllegalArgumentException unless widths and taps are in their ranges
     */
    public KernelBlur {
        if (taps < 3 || taps > LARGEST || taps % 2 == 0)
            throw new IllegalArgumentException(
                    "taps = " + taps + " is not an odd number from 3 to " + LARGEST + ".");
        filter(sigmaX, taps);
        filter(sigmaY, taps);
        Objects.requireNonNull(border, "border");
    }

    /** {@return a box of {@code taps} × {@code taps} pixels} */
    public static KernelBlur box(int taps, Border border) {
        return new KernelBlur(Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, taps, border);
    }

    private static SymmetricFilter filter(double sigma, int taps) {
        return Double.isInfinite(sigma)
                ? SymmetricFilter.uniform(taps)
                : SymmetricFilter.gaussian(sigma, taps);
    }

    @Override
    public LinearOperator operator(NDManager manager, int channels, int height, int width) {
        final SymmetricFilter horizontal = filter(sigmaX, taps);
        final SymmetricFilter vertical = sigmaX == sigmaY ? horizontal : filter(sigmaY, taps);
        return Convolutions.ofKernel(
                manager, channels, height, width, vertical, horizontal, border);
    }

    @Override
    public KernelBlur with(Border other) {
        return new KernelBlur(sigmaX, sigmaY, taps, other);
    }

    @Override
    public int reach() {
        return taps / 2;
    }

    @Override
    public String describe() {
        final String kind =
                Double.isInfinite(sigmaX)
                        ? "uniform blur"
                        : String.format(
                                Locale.ROOT, "Gaussian blur of σ %.4g × %.4g px", sigmaX, sigmaY);
        return kind + " with " + taps + " taps, " + border.describe();
    }
}
