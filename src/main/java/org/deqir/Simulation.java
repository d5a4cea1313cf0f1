/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.deqir.image.Plane;
import org.deqir.image.PlaneTensors;
import org.deqir.network.TorchEngine;
import org.deqir.physics.Degradation;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.noise.NoiseModel;

/** Simulates measurements: the forward direction of what {@link Restorer} undoes. */
public final class Simulation {

    private Simulation() {}

    /**
     * Measures an image: y = A x + noise, in the form in which {@link Restorer} takes it.
     *
     * @param image grey levels of the true image; not changed. Its width and height must be
     *     multiples of the degradation's scale
     * @param degradation what optics, sensor or scan do
     * @param noise what each measured value scatters by; of coefficients where the degradation
     *     measures coefficients
     * @param seed different seeds give independent noise
     * @return the measurement in the image's own grey levels
     * @throws IllegalArgumentException if the image does not fit the degradation or holds NaN or
     *     infinite samples
     */
    public static Plane measure(Plane image, Degradation degradation, NoiseModel noise, long seed) {
        if (image.hasNonFinite())
            throw new IllegalArgumentException(
                    "The image holds NaN or infinite pixels; only finite ones can be measured.");
        try (NDManager manager = TorchEngine.newManager();
                LinearOperator operator =
                        degradation
                                .forSimulation()
                                .operator(
                                        manager,
                                        image.channels().length,
                                        image.height(),
                                        image.width());
                NDArray x = PlaneTensors.of(manager, image);
                NDArray exact = operator.apply(x);
                NDArray noisy = noisy(exact, noise, seed);
                NDArray measured = degradation.toImage(operator, noisy)) {
            return PlaneTensors.plane(measured, 0);
        }
    }

    private static NDArray noisy(NDArray exact, NoiseModel noise, long seed) {
        final Shape shape = exact.getShape();
        return exact.getManager().create(noise.simulate(exact.toFloatArray(), seed), shape);
    }
}
