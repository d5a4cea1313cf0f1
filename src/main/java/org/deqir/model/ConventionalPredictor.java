/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.deqir.diffusion.DifferentiableNoisePredictor;
import org.deqir.diffusion.ForwardingNoisePredictor;
import org.deqir.diffusion.NoiseSchedule;

/**
 * A network of other conventions as one of ours: images in [−1, 1], timesteps in the numbering of
 * the schedule.
 *
 * <p>A network for images u = (v + 1)/2 in [0, 1] sees u_t = √ᾱ·u + √(1−ᾱ)·n. Relative to v, whose
 * range is twice as wide, the same noise is twice as strong: σ′ = 2σ, ᾱ′ = 1/(1 + 4σ²). So a state
 * z = √ᾱ′·v + √(1−ᾱ′)·n is given to the network as u_t = √ᾱ·(z/√ᾱ′ + 1)/2; the noise n is the same
 * in both.
 */
public final class ConventionalPredictor extends ForwardingNoisePredictor
        implements DifferentiableNoisePredictor {

    private final String name;
    private final DifferentiableNoisePredictor network;
    private final Intensities intensities;
    private final NoiseSchedule trained;
    private final NoiseSchedule ours;

    /**
     * @param network the network as it is; owned by this predictor
     */
    public ConventionalPredictor(
            String name,
            DifferentiableNoisePredictor network,
            ScheduleDescription description,
            Intensities intensities,
            Prediction prediction) {
        super(network);
        this.name = name;
        this.network = new NoiseOfNetwork(network, description, prediction);
        this.intensities = intensities;
        this.trained = description.schedule();
        this.ours = schedule(trained, intensities);
    }

    /**
     * {@return the noise schedule as seen from images in [−1, 1], of one for the network's own
     * images}
     */
    public static NoiseSchedule schedule(NoiseSchedule trained, Intensities intensities) {
        if (intensities == Intensities.SIGNED) return trained;
        final double[] beta = new double[trained.steps()];
        double before = 1;
        for (int t = 0; t < beta.length; t++) {
            final double sigma = 2 * trained.sigma(t);
            final double alphaBar = 1 / (1 + sigma * sigma);
            beta[t] = 1 - alphaBar / before;
            before = alphaBar;
        }
        return NoiseSchedule.ofBetas(beta);
    }

    @Override
    public String name() {
        return name;
    }

    /** {@return the schedule of the noise levels that this predictor is asked for} */
    public NoiseSchedule schedule() {
        return ours;
    }

    @Override
    public NDArray predict(NDArray x, double[] timesteps) {
        if (intensities == Intensities.SIGNED) return network.predict(x, timesteps);
        try (NDManager temporary = x.getManager().newSubManager()) {
            final NDArray noise = network.predict(toNetwork(x, timesteps, temporary), timesteps);
            noise.attach(x.getManager());
            return noise;
        }
    }

    @Override
    public Pullback pullback(NDArray x, double[] timesteps, NDArray v) {
        if (intensities == Intensities.SIGNED) return network.pullback(x, timesteps, v);
        try (NDManager temporary = x.getManager().newSubManager()) {
            final Pullback inner =
                    network.pullback(toNetwork(x, timesteps, temporary), timesteps, v);
            final NDArray product = inner.product().mul(gains(timesteps, temporary));
            inner.noise().attach(x.getManager());
            product.attach(x.getManager());
            return new Pullback(inner.noise(), product);
        }
    }

    private NDArray toNetwork(NDArray x, double[] timesteps, NDManager temporary) {
        final float[] shifts = new float[timesteps.length];
        for (int i = 0; i < shifts.length; i++)
            shifts[i] = (float) (Math.sqrt(trained.alphaBar(timesteps[i])) / 2);
        final NDArray scaled = x.mul(gains(timesteps, temporary));
        scaled.attach(temporary);
        final NDArray shifted = scaled.add(column(shifts, temporary));
        shifted.attach(temporary);
        return shifted;
    }

    private NDArray gains(double[] timesteps, NDManager temporary) {
        final float[] gains = new float[timesteps.length];
        for (int i = 0; i < gains.length; i++)
            gains[i] =
                    (float)
                            Math.sqrt(
                                    trained.alphaBar(timesteps[i])
                                            / ours.alphaBar(timesteps[i])
                                            / 4);
        return column(gains, temporary);
    }

    private static NDArray column(float[] values, NDManager owner) {
        return owner.create(values, new Shape(values.length, 1, 1, 1));
    }

    @Override
    public void close() {
        network.close();
    }
}
