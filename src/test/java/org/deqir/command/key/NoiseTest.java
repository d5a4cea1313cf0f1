/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.key;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.deqir.image.Plane;
import org.deqir.physics.degradation.Identity;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.physics.noise.NoiseModel.PoissonGaussian;
import org.junit.jupiter.api.Test;

class NoiseTest {

    private static final int SIZE = 600;

    /** A quarter of the pixels at each of four levels, 1 to 31 photons, in soft stripes. */
    private static float[] stripes(NoiseModel model) {
        final float[] expected = new float[SIZE * SIZE];
        for (int i = 0; i < expected.length; i++)
            expected[i] = (float) (50 + 4 * (16 - 15 * Math.cos(i % SIZE * 2 * Math.PI / 100)));
        return model.simulate(expected, 1);
    }

    @Test
    void theFindingsOfAChannelSayHowManyGreyLevelsAPhotonIs() {
        final Noise noise =
                Noise.estimated(
                        new Plane(
                                new float[][] {stripes(new PoissonGaussian(4, 50, 3))}, SIZE, SIZE),
                        new Identity());
        assertEquals(1, noise.findings().size(), noise.findings().toString());
        assertTrue(
                noise.findings()
                        .get(0)
                        .matches(
                                "Found Poisson-Gaussian noise, gain .* \\(sigma .* in the darkest"
                                        + " and .* in the brightest parts\\)\\."),
                noise.findings().get(0));
    }

    @Test
    void theGainOfTheModelStaysTheSlopeOfTheVariance() {
        final Noise noise =
                Noise.estimated(
                        new Plane(
                                new float[][] {stripes(new PoissonGaussian(4, 50, 3))}, SIZE, SIZE),
                        new Identity());
        assertEquals(4, ((PoissonGaussian) noise.model()).gain(), 0.3);
    }
}
