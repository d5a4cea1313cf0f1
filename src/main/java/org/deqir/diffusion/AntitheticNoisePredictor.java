/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.HashMap;
import java.util.Map;

/**
 * Shows the network each image twice, with noise added and with the same noise taken away, and
 * answers with the mean of both predictions (antithetic variates, Hammersley and Morton 1956).
 *
 * <p>A network was trained on images with as much noise as the level says. In a chain that carries
 * no noise on, it sees less noise than that. It predicts some nevertheless, which puts grain into
 * its estimate, and the next level removes that grain as noise: estimates are grainy and smooth in
 * turn. With noise added, the network sees what it was trained on. The error caused by the added
 * noise has opposite sign in the two calls and cancels to first order.
 *
 * <p>The noise depends on seed, level and position, so the answer remains a function of image and
 * timestep, a chain and its joint map keep their fixed point, and tiles make no difference.
 */
public final class AntitheticNoisePredictor extends ForwardingNoisePredictor
        implements DifferentiableNoisePredictor {

    /** Streams of noise from here on; those of chains count from -1. */
    private static final long FIRST_STREAM = 1L << 32;

    private static final int PAIR = 2;

    private final GaussianNoise field;
    private final Map<Double, Level> levels = new HashMap<>();

    /**
     * @param stream which draw of the field
     * @param amplitude standard deviation of the noise
     */
    private record Level(long stream, double amplitude) {}

    /**
     * @param network the network; stays the caller's
     * @param levels the levels of the chain; no noise is added at other timesteps
     * @param share standard deviation of the noise as a share of the level's, ≥ 0
     * @param field the noise
     */
    public AntitheticNoisePredictor(
            NoisePredictor network, TimestepSequence levels, double share, GaussianNoise field) {
        super(network);
        if (!(share >= 0 && share < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException(
                    "The share of noise must be a number ≥ 0, not " + share + ".");
        this.field = field;
        for (int i = 0; i < levels.length(); i++)
            this.levels.put(
                    levels.timestep(i),
                    new Level(FIRST_STREAM + i, share * Math.sqrt(1 - levels.alphaBar(i))));
    }

    @Override
    public int evaluationsPerImage() {
        return PAIR * network.evaluationsPerImage();
    }

    @Override
    public NDArray predict(NDArray x, double[] timesteps) {
        try (NDManager scope = x.getManager().newSubManager()) {
            final NDArray noise = network.predict(pairs(x, timesteps, scope), twice(timesteps));
            noise.attach(scope);
            return half(sumOfPairs(noise), x.getManager());
        }
    }

    /** Each of the pair has half of the gradient, and both move with the image. */
    @Override
    public Pullback pullback(NDArray x, double[] timesteps, NDArray v) {
        try (NDManager scope = x.getManager().newSubManager()) {
            final NDArray gradients = NDArrays.concat(new NDList(v, v));
            gradients.attach(scope);
            final Pullback pullback =
                    DifferentiableNoisePredictor.of(network)
                            .pullback(pairs(x, timesteps, scope), twice(timesteps), gradients);
            pullback.noise().attach(scope);
            pullback.product().attach(scope);
            return new Pullback(
                    half(sumOfPairs(pullback.noise()), x.getManager()),
                    half(sumOfPairs(pullback.product()), x.getManager()));
        }
    }

    /** All images with the noise, then all without it, owned by {@code scope}. */
    private NDArray pairs(NDArray x, double[] timesteps, NDManager scope) {
        try (NDManager temporary = scope.newSubManager()) {
            final NDArray noise = noise(x.getShape(), timesteps, temporary);
            final NDArray more = x.add(noise);
            more.attach(temporary);
            final NDArray less = x.sub(noise);
            less.attach(temporary);
            final NDArray both = NDArrays.concat(new NDList(more, less));
            both.attach(scope);
            return both;
        }
    }

    /** The noise of each row's level: the same in all images of a level. */
    private NDArray noise(Shape shape, double[] timesteps, NDManager owner) {
        final Shape one = new Shape(1, shape.get(1), shape.get(2), shape.get(3));
        final Map<Double, NDArray> drawn = new HashMap<>();
        final NDList rows = new NDList();
        for (final double timestep : timesteps)
            rows.add(drawn.computeIfAbsent(timestep, t -> noise(one, t, owner)));
        return rows.size() == 1 ? rows.get(0) : NDArrays.concat(rows);
    }

    private NDArray noise(Shape one, double timestep, NDManager owner) {
        final Level level = levels.get(timestep);
        if (level == null) return owner.zeros(one);
        return field.draw(owner, one, level.stream(), 0, 0, 0).muli(level.amplitude());
    }

    private static double[] twice(double[] timesteps) {
        final double[] both = new double[PAIR * timesteps.length];
        System.arraycopy(timesteps, 0, both, 0, timesteps.length);
        System.arraycopy(timesteps, 0, both, timesteps.length, timesteps.length);
        return both;
    }

    private static NDArray sumOfPairs(NDArray both) {
        final long rows = both.size(0) / PAIR;
        return both.get("0:" + rows).add(both.get(rows + ":"));
    }

    private static NDArray half(NDArray sum, NDManager owner) {
        final NDArray mean = sum.muli(0.5);
        mean.attach(owner);
        return mean;
    }
}
