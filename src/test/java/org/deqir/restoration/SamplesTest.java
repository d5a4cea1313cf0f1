/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.restoration;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.Arrays;
import org.deqir.Restoration;
import org.deqir.Sampling;
import org.deqir.image.Plane;
import org.deqir.physics.Degradation;
import org.deqir.physics.degradation.GaussianBlur;
import org.deqir.physics.degradation.MissingPixels;
import org.deqir.physics.noise.NoiseModel;
import org.junit.jupiter.api.Test;

/** What the spread of samples says of a result. */
class SamplesTest {

    private static final int SIDE = 8;

    /** Two samples that lie 2√2 apart in each pixel have a standard deviation of 2. */
    private static final Plane[] SAMPLES = {even(10), even((float) (10 + 2 * Math.sqrt(2)))};

    @Test
    void everyPixelHasAFactorOfItsOwn() {
        final float[] factors = factors(2);
        factors[9] = 0.5f;
        final float[] deviation = Samples.smoothDeviation(SAMPLES, null, factors).channels()[0];
        final float[] expected = factors(4);
        expected[9] = 1;
        assertArrayEquals(expected, deviation, 1e-5f);
    }

    /** Both samples lie on the same side of the centre: 3 and 5 from it. */
    @Test
    void distancesFromACentreCountWhatAllSamplesShare() {
        final Plane[] samples = {even(13), even(15)};
        assertArrayEquals(
                factors((float) Math.sqrt(17)),
                Samples.smoothDeviation(samples, even(10), factors(1)).channels()[0],
                1e-5f);
    }

    /** Its samples agree in a certain pixel; that must not make its neighbours surer. */
    @Test
    void certainPixelsTellNothingAboutTheirNeighbours() {
        final Plane[] samples = {SAMPLES[0].copy(), SAMPLES[1].copy()};
        samples[1].channels()[0][27] = 10;
        final float[] factors = factors(1);
        factors[27] = 0;
        final float[] expected = factors(2);
        expected[27] = 0;
        assertArrayEquals(
                expected, Samples.smoothDeviation(samples, null, factors).channels()[0], 1e-5f);
    }

    /** A measured pixel has a factor of its own, and is known exactly where it has no noise. */
    @Test
    void measuredPixelsHaveTheFactorOfMeasuredPixels() {
        final boolean[] known = new boolean[SIDE * SIDE];
        Arrays.fill(known, 0, 40, true);
        final MissingPixels missing = new MissingPixels(known, SIDE, SIDE);
        final float ofMissing = (float) missing.spread().factor();
        final float[] noisy = factors(missing, new NoiseModel.Gaussian(5));
        assertEquals((float) missing.spread().factorOfMeasured(), noisy[0]);
        assertEquals(ofMissing, noisy[40]);
        assertNotEquals(noisy[0], noisy[40]);
        final float[] exact = factors(missing, new NoiseModel.Gaussian(0));
        assertEquals(0, exact[39]);
        assertEquals(ofMissing, exact[40]);
        final GaussianBlur blur = new GaussianBlur(2);
        assertArrayEquals(
                factors((float) blur.spread().factor()), factors(blur, new NoiseModel.Gaussian(5)));
    }

    private static float[] factors(Degradation degradation, NoiseModel noise) {
        final float[] levels = new float[SIDE * SIDE];
        for (int i = 0; i < levels.length; i++) levels[i] = 100 + i;
        return Problem.of(
                        Plane.of(levels, SIDE, SIDE),
                        new Restoration(degradation, noise, Sampling.DEFAULT),
                        null)
                .errorPerSpread();
    }

    private static float[] factors(float all) {
        final float[] factors = new float[SIDE * SIDE];
        Arrays.fill(factors, all);
        return factors;
    }

    private static Plane even(float level) {
        return Plane.of(factors(level), SIDE, SIDE);
    }
}
