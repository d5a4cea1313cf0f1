/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.noise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.deqir.physics.noise.NoiseModel.PoissonGaussian;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnscombeTransformTest {

    private static final int SAMPLES = 400_000;

    /** An ideal denoiser of the transformed image returns the mean over all noise. */
    @ParameterizedTest
    @CsvSource({
        "1, 0, 1.5, 0.3",
        "1, 0, 1.5, 1",
        "1, 0, 1.5, 4",
        "1, 0, 1.5, 10",
        "1, 0, 1.5, 60",
        "1, 0, 0, 0.5",
        "1, 0, 0, 25",
        "2.5, 100, 4, 7",
        "0.02, -3, 5, 2000",
        "1, 0, 1.5, 395",
        "1, 0, 1.5, 405",
        "1, 0, 10, 5000"
    })
    void anIdealDenoiserGetsTheExpectedGreyLevelBack(
            double gain, double offset, double readout, double photons) {
        final PoissonGaussian camera = new PoissonGaussian(gain, offset, readout);
        final AnscombeTransform transform = new AnscombeTransform(camera);
        final double truth = offset + gain * photons;
        final float[] plane = new float[SAMPLES];
        Arrays.fill(plane, (float) truth);
        double mean = 0;
        for (final float value : camera.simulate(plane, 17)) mean += transform.forward(value);
        mean /= SAMPLES;
        final double sigma = Math.sqrt(camera.variance(truth));
        // 4.5 standard errors of the sample are 0.7 % of σ.
        assertEquals(truth, transform.inverse(mean), 0.01 * sigma);
    }

    @ParameterizedTest
    @CsvSource({"5, 1.02", "10, 1.01", "60, 1.002", "1000, 1.001"})
    void transformedNoiseHasUnitStrength(double photons, double most) {
        final PoissonGaussian camera = new PoissonGaussian(3, 50, 4.5);
        final AnscombeTransform transform = new AnscombeTransform(camera);
        final float[] plane = new float[SAMPLES];
        Arrays.fill(plane, (float) (50 + 3 * photons));
        double sum = 0;
        double squares = 0;
        for (final float value : transform.forward(camera.simulate(plane, 23))) {
            sum += value;
            squares += (double) value * value;
        }
        final double deviation = Math.sqrt(squares / SAMPLES - sum / SAMPLES * (sum / SAMPLES));
        assertEquals(1, deviation, most - 1 + 4.5 / Math.sqrt(2.0 * SAMPLES));
    }

    @Test
    void inverseIsContinuousAndIncreasing() {
        final AnscombeTransform transform = new AnscombeTransform(new PoissonGaussian(1, 0, 1.5));
        double before = transform.inverse(3);
        assertEquals(0, before, "below the mean of no light");
        for (double mean = 3.001; mean < 60; mean += 0.001) {
            final double here = transform.inverse(mean);
            assertTrue(here >= before, "falls at " + mean);
            // The slope is mean / 2 and a little more for few photons.
            assertTrue(here - before < 0.001 * (mean / 2 + 0.6), "jumps at " + mean);
            before = here;
        }
        assertEquals(60 * 60 / 4.0 - 1.0 / 8 - 1.5 * 1.5, before, 0.1);
    }

    @Test
    void valuesBelowTheDomainAreClamped() {
        final AnscombeTransform transform = new AnscombeTransform(new PoissonGaussian(2, 100, 3));
        final double border = 100 - 2 * (3.0 / 8 + 1.5 * 1.5);
        assertArrayEquals(
                new float[] {0, 0, 2},
                transform.forward(new float[] {-500, (float) border, (float) (border + 2)}),
                1e-6f);
        assertArrayEquals(new float[] {100, 100}, transform.inverse(new float[] {-3, 0}));
    }

    @Test
    void missingPixelsStayMissing() {
        final AnscombeTransform transform = new AnscombeTransform(new PoissonGaussian(1, 0, 1));
        assertTrue(Double.isNaN(transform.inverse(Double.NaN)));
    }
}
