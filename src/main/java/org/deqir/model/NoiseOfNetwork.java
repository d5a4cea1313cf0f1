/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.function.DoubleUnaryOperator;
import org.deqir.diffusion.DifferentiableNoisePredictor;
import org.deqir.diffusion.ForwardingNoisePredictor;
import org.deqir.diffusion.NoiseSchedule;

/**
 * A network as a predictor of noise: told the timesteps in its own scale, and its output, whatever
 * it predicts, turned into the noise. Images are in the network's own range.
 */
final class NoiseOfNetwork extends ForwardingNoisePredictor
        implements DifferentiableNoisePredictor {

    private final DifferentiableNoisePredictor network;
    private final ScheduleDescription description;
    private final NoiseSchedule schedule;
    private final Prediction prediction;

    /**
     * @param network the network as it is; owned by this predictor
     */
    NoiseOfNetwork(
            DifferentiableNoisePredictor network,
            ScheduleDescription description,
            Prediction prediction) {
        super(network);
        this.network = network;
        this.description = description;
        this.schedule = description.schedule();
        this.prediction = prediction;
    }

    @Override
    public NDArray predict(NDArray x, double[] timesteps) {
        final NDArray output = network.predict(x, embedded(timesteps));
        if (prediction == Prediction.EPSILON) return output;
        final NDManager owner = x.getManager();
        try (NDManager temporary = owner.newSubManager()) {
            output.attach(temporary);
            final NDArray noise = noise(output, x, timesteps, temporary);
            noise.attach(owner);
            return noise;
        }
    }

    /** The noise is a·o + b·x with the output o, so J = a·J_o + b. */
    @Override
    public Pullback pullback(NDArray x, double[] timesteps, NDArray v) {
        if (prediction == Prediction.EPSILON) return network.pullback(x, embedded(timesteps), v);
        final NDManager owner = x.getManager();
        try (NDManager temporary = owner.newSubManager()) {
            final NDArray ofOutput = scaled(v, timesteps, prediction::ofOutput, temporary);
            final Pullback inner = network.pullback(x, embedded(timesteps), ofOutput);
            inner.noise().attach(temporary);
            inner.product().attach(temporary);
            final NDArray noise = noise(inner.noise(), x, timesteps, temporary);
            final NDArray product =
                    inner.product().add(scaled(v, timesteps, prediction::ofInput, temporary));
            noise.attach(owner);
            product.attach(owner);
            return new Pullback(noise, product);
        }
    }

    private NDArray noise(NDArray output, NDArray x, double[] timesteps, NDManager temporary) {
        return scaled(output, timesteps, prediction::ofOutput, temporary)
                .add(scaled(x, timesteps, prediction::ofInput, temporary));
    }

    private NDArray scaled(
            NDArray x, double[] timesteps, DoubleUnaryOperator factor, NDManager temporary) {
        final float[] factors = new float[timesteps.length];
        for (int i = 0; i < factors.length; i++)
            factors[i] = (float) factor.applyAsDouble(schedule.alphaBar(timesteps[i]));
        final NDArray result = x.mul(temporary.create(factors, new Shape(factors.length, 1, 1, 1)));
        result.attach(temporary);
        return result;
    }

    private double[] embedded(double[] timesteps) {
        final double[] result = timesteps.clone();
        if (description.embeddedSteps() != description.steps())
            for (int i = 0; i < result.length; i++)
                result[i] *= (double) description.embeddedSteps() / description.steps();
        return result;
    }

    @Override
    public void close() {
        network.close();
    }
}
