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
 * Gaussian blur; two different widths make it anisotropic.
 *
 * @param sigmaX standard deviation along a row, in pixels, ≥ 0
 * @param sigmaY standard deviation along a column, in pixels, ≥ 0
 * @param border what lies outside the field of view
 */
public record GaussianBlur(double sigmaX, double sigmaY, Border border) implements Blur {

    /**
     * @throws IllegalArgumentException unless both widths are within 0 to 1000 pixels
     */
    public GaussianBlur {
        SymmetricFilter.gaussian(sigmaX);
        SymmetricFilter.gaussian(sigmaY);
        Objects.requireNonNull(border, "border");
    }

    /** The blur of an image whose surroundings are unknown, along rows and columns, in pixels. */
    public GaussianBlur(double sigmaX, double sigmaY) {
        this(sigmaX, sigmaY, Border.UNKNOWN);
    }

    /** The same blur in all directions, sigma in pixels; surroundings unknown. */
    public GaussianBlur(double sigma) {
        this(sigma, sigma);
    }

    @Override
    public LinearOperator operator(NDManager manager, int channels, int height, int width) {
        final SymmetricFilter horizontal = SymmetricFilter.gaussian(sigmaX);
        final SymmetricFilter vertical =
                sigmaX == sigmaY ? horizontal : SymmetricFilter.gaussian(sigmaY);
        return Convolutions.of(manager, channels, height, width, vertical, horizontal, border);
    }

    @Override
    public GaussianBlur with(Border other) {
        return new GaussianBlur(sigmaX, sigmaY, other);
    }

    @Override
    public int reach() {
        return SymmetricFilter.gaussian(Math.max(sigmaX, sigmaY)).taps() / 2;
    }

    @Override
    public String describe() {
        return (sigmaX == sigmaY
                        ? String.format(Locale.ROOT, "Gaussian blur of σ %.4g px", sigmaX)
                        : String.format(
                                Locale.ROOT, "Gaussian blur of σ %.4g × %.4g px", sigmaX, sigmaY))
                + ", "
                + border.describe();
    }
}
