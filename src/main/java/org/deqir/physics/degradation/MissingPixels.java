/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.degradation;

import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import org.deqir.physics.Degradation;
import org.deqir.physics.Levels;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.Spread;
import org.deqir.physics.Tensors;
import org.deqir.physics.fill.BiharmonicFill;
import org.deqir.physics.operator.MaskOperator;
import org.deqir.progress.Progress;

/**
 * Some pixels are missing, the same in all channels.
 *
 * @param known H·W entries, row by row; true where the pixel is known
 * @param height H
 * @param width W
 */
public record MissingPixels(boolean[] known, int height, int width) implements Degradation {

    /** The lowest last level. */
    private static final double LAST = 0.01;

    /**
     * @throws IllegalArgumentException if the mask has another size
     */
    public MissingPixels {
        if (known.length != height * width)
            throw new IllegalArgumentException(
                    "A mask of %s × %s pixels does not have %s entries."
                            .formatted(width, height, known.length));
        known = known.clone();
    }

    /**
     * {@return a mask of pixels missing at random} The same seed gives the same mask.
     *
     * @param ratio probability that a pixel is known, above 0 and up to 1
     */
    public static MissingPixels random(int height, int width, double ratio, long seed) {
        Tensors.requireRatio(ratio);
        final Random random = new Random(seed);
        final boolean[] known = new boolean[height * width];
        for (int i = 0; i < known.length; i++) known[i] = random.nextDouble() < ratio;
        return new MissingPixels(known, height, width);
    }

    /** {@return a copy of the mask, row by row: whether each pixel is known} */
    @Override
    public boolean[] known() {
        return known.clone();
    }

    @Override
    public LinearOperator operator(NDManager manager, int channels, int height, int width) {
        if (height != this.height || width != this.width)
            throw new IllegalArgumentException(
                    "The mask has %s × %s pixels, but the image has %s × %s."
                            .formatted(this.width, this.height, width, height));
        return new MaskOperator(manager, channels, height, width, known);
    }

    @Override
    public String describe() {
        int missing = 0;
        for (final boolean k : known) if (!k) missing++;
        return String.format(
                Locale.ROOT, "%.4g %% of the pixels missing", 100.0 * missing / known.length);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof MissingPixels mask
                && mask.height == height
                && mask.width == width
                && Arrays.equals(mask.known, known);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(known) * 31 + width;
    }

    @Override
    public String toString() {
        return describe();
    }

    @Override
    public boolean[] missing() {
        final boolean[] missing = new boolean[known.length];
        for (int i = 0; i < missing.length; i++) missing[i] = !known[i];
        return missing;
    }

    @Override
    public boolean measuresPixels() {
        return true;
    }

    /**
     * Less than the noise: what the network takes away at the last level is lost in known pixels.
     * At 2 % noise and 70 % of the pixels missing that gains 0.3 dB, in the mean of the bench;
     * where few are missing nothing.
     */
    @Override
    public double lastOfNoise() {
        return 0.6;
    }

    @Override
    public Levels levels(double noise) {
        return noise > 0
                ? new Levels(0.12, Math.max(LAST, noise), 8, 0.15, true)
                : new Levels(0.11, LAST, 8, 1, true);
    }

    /**
     * Samples lie farther apart here than the result lies from the truth, in measured pixels above
     * all: averaging over neighbours gives them a part of the spread of missing ones.
     */
    @Override
    public Spread spread() {
        return new Spread(1, 0.8, false, 0.57, 0.67);
    }

    /** The smoothest surface through the known pixels. */
    @Override
    public float[] firstGuess(
            float[] measured, int measuredWidth, int measuredHeight, Progress progress) {
        return new BiharmonicFill(missing(), measuredWidth, measuredHeight)
                .fill(measured, progress);
    }
}
