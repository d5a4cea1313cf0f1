/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.degradation;

import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import java.util.Objects;
import org.deqir.physics.Border;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.operator.Convolutions;
import org.deqir.physics.operator.PsfOperator;

/**
 * Convolution with a measured or computed point spread function.
 *
 * @param psf values row by row, centre at the middle pixel, normally of unit sum
 * @param width width of the PSF, odd
 * @param height height of the PSF, odd
 * @param border what lies outside the field of view
 */
public record PsfBlur(float[] psf, int width, int height, Border border) implements Blur {

    /**
     * @throws IllegalArgumentException if the values are no point spread function of that size
     */
    public PsfBlur {
        PsfOperator.requirePsf(psf, width, height);
        psf = psf.clone();
        Objects.requireNonNull(border, "border");
    }

    /** {@return a copy of the values, row by row} */
    @Override
    public float[] psf() {
        return psf.clone();
    }

    @Override
    public LinearOperator operator(NDManager manager, int channels, int height, int width) {
        return Convolutions.of(
                manager, channels, height, width, psf, this.width, this.height, border);
    }

    @Override
    public PsfBlur with(Border other) {
        return new PsfBlur(psf, width, height, other);
    }

    @Override
    public int reach() {
        return Math.max(width, height) / 2;
    }

    @Override
    public String describe() {
        return "convolution with a PSF of " + width + " × " + height + " px, " + border.describe();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PsfBlur blur
                && blur.width == width
                && blur.height == height
                && blur.border == border
                && Arrays.equals(blur.psf, psf);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(psf) * 31 + border.hashCode();
    }

    @Override
    public String toString() {
        return describe();
    }
}
