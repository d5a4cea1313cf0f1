/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.deqir.diffusion.NoisePredictor;
import org.deqir.diffusion.NoiseSchedule;

/**
 * The exact noise predictor of images whose pixels are ±m plus Gaussian scatter s, made spatial by
 * averaging the estimate with its neighbours. With m = 0 and no averaging it is that of a Gaussian
 * prior N(0, s²). Counts what it is asked.
 */
public final class MixturePredictor implements NoisePredictor {

    private final NoiseSchedule schedule;
    private final double mean;
    private final double scatter;
    private final double neighbours;

    /** Timesteps of each call, in order. */
    public final List<double[]> calls = new ArrayList<>();

    public MixturePredictor(
            NoiseSchedule schedule, double mean, double scatter, double neighbours) {
        this.schedule = schedule;
        this.mean = mean;
        this.scatter = scatter;
        this.neighbours = neighbours;
    }

    public long evaluations() {
        return calls.stream().mapToLong(t -> t.length).sum();
    }

    @Override
    public int channels() {
        return 1;
    }

    @Override
    public NDArray predict(NDArray x, double[] timesteps) {
        calls.add(timesteps.clone());
        try (NDManager sub = x.getManager().newSubManager()) {
            final NDArray states = x.duplicate();
            states.attach(sub);
            final NDArray alphaBar = column(sub, timesteps, schedule::alphaBar);
            final NDArray root = alphaBar.sqrt();
            final NDArray variance = alphaBar.mul(scatter * scatter).add(1).sub(alphaBar);
            final NDArray mode = states.mul(root).mul(mean).div(variance).tanh().mul(mean);
            final NDArray estimate =
                    states.mul(root)
                            .mul(scatter * scatter)
                            .add(mode.mul(alphaBar.neg().add(1)))
                            .div(variance);
            final NDArray smooth =
                    estimate.mul(1 - neighbours).add(shifted(estimate).mul(neighbours));
            final NDArray epsilon = states.sub(smooth.mul(root)).div(alphaBar.neg().add(1).sqrt());
            epsilon.attach(x.getManager());
            return epsilon;
        }
    }

    private static NDArray shifted(NDArray x) {
        return NDArrays.concat(new NDList(x.get(":,:,:,1:"), x.get(":,:,:,:1")), 3);
    }

    private static NDArray column(
            NDManager manager, double[] timesteps, DoubleUnaryOperator coefficient) {
        final float[] values = new float[timesteps.length];
        for (int i = 0; i < values.length; i++)
            values[i] = (float) coefficient.applyAsDouble(timesteps[i]);
        return manager.create(values, new Shape(values.length, 1, 1, 1));
    }

    @Override
    public void close() {
        // holds no arrays
    }
}
