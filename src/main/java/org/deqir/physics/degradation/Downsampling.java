/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.degradation;

import ai.djl.ndarray.NDManager;
import java.util.Objects;
import org.deqir.physics.Degradation;
import org.deqir.physics.Levels;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.Spread;
import org.deqir.physics.Tensors;
import org.deqir.physics.operator.BicubicUpsampling;
import org.deqir.physics.operator.BlockAverageOperator;
import org.deqir.physics.operator.SeparableFilterOperator;
import org.deqir.physics.operator.SymmetricFilter;
import org.deqir.progress.Progress;

/**
 * A coarser pixel grid.
 *
 * @param factor fine pixels per coarse pixel along each side, 2 … 8
 * @param kernel how fine pixels make a coarse one
 */
public record Downsampling(int factor, Kernel kernel) implements Degradation {

    /** How fine pixels make a coarse one. */
    public enum Kernel {
        /** Their mean, as binning and larger camera pixels do. */
        AVERAGE,
        /** The bicubic kernel with a = −0.5, stretched by the factor; mirrored borders. */
        BICUBIC
    }

    /**
     * @throws IllegalArgumentException unless the factor is 2 to 8
     */
    public Downsampling {
        Tensors.requireInRange("Downsampling factor", factor, 2, 8);
        Objects.requireNonNull(kernel, "kernel");
    }

    @Override
    public LinearOperator operator(NDManager manager, int channels, int height, int width) {
        if (kernel == Kernel.AVERAGE)
            return new BlockAverageOperator(manager, channels, height, width, factor);
        final SymmetricFilter filter = SymmetricFilter.bicubic(factor);
        return new SeparableFilterOperator(manager, channels, height, width, filter, filter);
    }

    @Override
    public int scale() {
        return factor;
    }

    @Override
    public String describe() {
        final String name = kernel == Kernel.AVERAGE ? "block average" : "bicubic";
        return name + " downsampling ×" + factor;
    }

    @Override
    public boolean losesFineDetailOnly() {
        return factor <= 2;
    }

    @Override
    public Levels levels(double noise) {
        return losesFineDetailOnly()
                ? Degradation.super.levels(noise)
                : Levels.from(0.34, noise, 6, 0.5, true);
    }

    /** At large factors samples share the prior's errors, and lie too close together. */
    @Override
    public Spread spread() {
        return Spread.of(0.8, losesFineDetailOnly() ? 0.96 : 1.3);
    }

    /** Bicubic enlargement whose block means, if the kernel takes them, are the measurement. */
    @Override
    public float[] firstGuess(float[] measured, int width, int height, Progress progress) {
        return kernel == Kernel.AVERAGE
                ? BicubicUpsampling.invertBlockAverage(measured, width, height, factor)
                : BicubicUpsampling.enlarge(measured, width, height, factor);
    }
}
