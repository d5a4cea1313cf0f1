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
 * Blur by a square box.
 *
 * @param width edge of the box in pixels, at least 1
 * @param border what lies outside the field of view
 */
public record UniformBlur(double width, Border border) implements Blur {

    /**
     * @throws IllegalArgumentException unless the width is within 1 to 4000 pixels
     */
    public UniformBlur {
        SymmetricFilter.uniform(width);
        Objects.requireNonNull(border, "border");
    }

    /** The blur of an image whose surroundings are unknown. */
    public UniformBlur(double width) {
        this(width, Border.UNKNOWN);
    }

    @Override
    public LinearOperator operator(NDManager manager, int channels, int height, int width) {
        final SymmetricFilter filter = SymmetricFilter.uniform(this.width);
        return Convolutions.of(manager, channels, height, width, filter, filter, border);
    }

    @Override
    public UniformBlur with(Border other) {
        return new UniformBlur(width, other);
    }

    @Override
    public int reach() {
        return SymmetricFilter.uniform(width).taps() / 2;
    }

    @Override
    public String describe() {
        return String.format(Locale.ROOT, "uniform blur of %.4g px, %s", width, border.describe());
    }
}
