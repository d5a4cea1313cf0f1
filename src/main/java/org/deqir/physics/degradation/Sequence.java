/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.degradation;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.deqir.physics.Degradation;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.operator.CompositeOperator;
import org.deqir.progress.Progress;

/**
 * One degradation after another.
 *
 * @param first what happened first
 * @param second what happened to its result
 */
public record Sequence(Degradation first, Degradation second) implements Degradation {

    /**
     * @throws IllegalArgumentException if a part does not measure an image
     */
    public Sequence {
        for (final Degradation part : new Degradation[] {first, second})
            if (!part.measuresImages())
                throw new IllegalArgumentException(
                        "What is measured by "
                                + part.describe()
                                + " is no image, so it cannot be part of a sequence.");
    }

    @Override
    public LinearOperator operator(NDManager manager, int channels, int height, int width) {
        final LinearOperator inner = first.operator(manager, channels, height, width);
        LinearOperator outer = null;
        try {
            final Shape between = inner.measurementShape();
            outer =
                    second.operator(
                            manager,
                            Math.toIntExact(between.get(0)),
                            Math.toIntExact(between.get(1)),
                            Math.toIntExact(between.get(2)));
            return new CompositeOperator(manager, outer, inner);
        } catch (IllegalArgumentException e) {
            if (outer != null) outer.close();
            inner.close();
            throw e;
        }
    }

    @Override
    public int scale() {
        return first.scale() * second.scale();
    }

    @Override
    public boolean accepts(int channels) {
        return first.accepts(channels);
    }

    @Override
    public Degradation forSimulation() {
        return new Sequence(first.forSimulation(), second.forSimulation());
    }

    @Override
    public String describe() {
        return first.describe() + ", then " + second.describe();
    }

    @Override
    public boolean[] missing() {
        return second.missing();
    }

    @Override
    public int reach() {
        return first.reach() + first.scale() * second.reach();
    }

    @Override
    public double leastNoise() {
        return first.leastNoise();
    }

    @Override
    public boolean losesFineDetailOnly() {
        return scale() <= 2 && first.losesFineDetailOnly() && second.losesFineDetailOnly();
    }

    /** Undoes the second degradation, then the first. */
    @Override
    public float[] firstGuess(float[] measured, int width, int height, Progress progress) {
        return first.firstGuess(
                second.firstGuess(measured, width, height, progress),
                second.scale() * width,
                second.scale() * height,
                progress);
    }
}
