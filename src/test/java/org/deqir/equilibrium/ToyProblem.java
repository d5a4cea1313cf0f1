/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import org.deqir.diffusion.GaussianNoise;
import org.deqir.diffusion.NoiseSchedule;
import org.deqir.diffusion.TimestepSequence;
import org.deqir.physics.DataStep;

/** A small restoration with a nonlinear predictor: half of the pixels were measured with noise. */
public final class ToyProblem implements AutoCloseable {

    static final NoiseSchedule SCHEDULE = NoiseSchedule.linear(1e-4, 0.02, 1000);
    static final int HEIGHT = 12;
    static final int WIDTH = 16;

    public final NDManager manager = NDManager.newBaseManager();
    public final MixturePredictor predictor = new MixturePredictor(SCHEDULE, 0.6, 0.15, 0.3);
    public final TimestepSequence levels;
    public final NDArray y;
    public final DataStep dataStep;
    public final NDArray start;

    private final NDArray mask;

    /**
     * @param images K
     * @param firstSample which sample of the noise the first of them is
     */
    public ToyProblem(int steps, int images, int firstSample) {
        levels =
                TimestepSequence.spaced(
                        TimestepSequence.Spacing.LOG_SIGMA, SCHEDULE, steps, 3, 0.02);
        final Shape one = new Shape(1, 1, HEIGHT, WIDTH);
        final GaussianNoise noise = new GaussianNoise(99);
        final NDArray truth = noise.draw(manager, one, 0, 0, 0, 0).sign().mul(0.6);
        mask = noise.draw(manager, one, 1, 0, 0, 0).gt(0).toType(DataType.FLOAT32, true);
        y = truth.add(noise.draw(manager, one, 2, 0, 0, 0).mul(0.1)).mul(mask);
        dataStep = new MaskStep(mask, y, 0.1);
        start =
                new GaussianNoise(5)
                        .draw(manager, new Shape(images, 1, HEIGHT, WIDTH), 0, firstSample, 0, 0);
    }

    public RestorationChain chain(NoiseMix mix, int firstSample) {
        final GaussianNoise noise = new GaussianNoise(7);
        return RestorationChain.of(predictor, levels, dataStep)
                .withNoise(
                        mix,
                        (owner, step) ->
                                noise.draw(owner, start.getShape(), step, firstSample, 0, 0));
    }

    /** ‖a − b‖ / ‖b‖. */
    public static double relativeDifference(NDArray a, NDArray b) {
        return relativeDifference(a.toFloatArray(), b.toFloatArray());
    }

    public static double relativeDifference(float[] a, float[] b) {
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < b.length; i++) {
            difference += (a[i] - b[i]) * (double) (a[i] - b[i]);
            norm += b[i] * (double) b[i];
        }
        return Math.sqrt(difference / norm);
    }

    @Override
    public void close() {
        manager.close();
    }
}
