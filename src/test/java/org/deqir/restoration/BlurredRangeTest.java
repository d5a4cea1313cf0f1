/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.restoration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.deqir.Restoration;
import org.deqir.Simulation;
import org.deqir.image.IntensityRange;
import org.deqir.image.Plane;
import org.deqir.physics.Border;
import org.deqir.physics.degradation.GaussianBlur;
import org.deqir.physics.noise.NoiseModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The prior works in the range of the sharp image, which blur has made smaller. */
class BlurredRangeTest {

    private static final NoiseModel NOISE = new NoiseModel.Gaussian(1);

    /** High points are lower in the blurred image, in a part of it or in several. */
    @ParameterizedTest
    @CsvSource({"96, 64, UNKNOWN", "96, 64, MIRRORED", "96, 64, ZEROS", "600, 64, ZEROS"})
    void holdsPointsThatBlurTookDown(int width, int height, Border border) {
        final float[] points = new float[width * height];
        for (int i = 0; i < points.length; i++)
            points[i] = i % width % 12 == 5 && i / width % 12 == 5 ? 2000 : 100;
        assertTrue(widening(Plane.of(points, width, height), border, 0) > 1.4);
    }

    @ParameterizedTest
    @CsvSource({"UNKNOWN, 0", "MIRRORED, 0", "ZEROS, 0", "UNKNOWN, 60000", "MIRRORED, 60000"})
    void isThatOfASmoothImage(Border border, float outlier) {
        final int size = 96;
        final float[] smooth = new float[size * size];
        for (int i = 0; i < smooth.length; i++)
            smooth[i] = (float) (500 + 90 * Math.sin(i % size * 0.06) * Math.cos(i / size * 0.06));
        assertEquals(1, widening(Plane.of(smooth, size, size), border, outlier), 0.15);
    }

    /**
     * @param outlier what a pixel has in addition
     */
    private static double widening(Plane sharp, Border border, float outlier) {
        final GaussianBlur blur = new GaussianBlur(2, 2, border);
        final Plane measured = Simulation.measure(sharp, blur, NOISE, 3);
        measured.channels()[0][measured.size() / 3] += outlier;
        final Problem problem = Problem.of(measured, new Restoration(blur, NOISE), null);
        final IntensityRange before = IntensityRange.of(measured, null, 1);
        return (problem.range().high() - problem.range().low()) / (before.high() - before.low());
    }

    /** The chain goes on below the noise, but not below that of photons in bright parts. */
    @Test
    void levelsEndAtHalfOfEvenNoise() {
        final float[] levels = new float[64 * 64];
        for (int i = 0; i < levels.length; i++) levels[i] = i % 64 % 16 < 4 ? 900 : 20;
        final Plane measured = Plane.of(levels, 64, 64);
        final GaussianBlur blur = new GaussianBlur(2);
        final Problem even =
                Problem.of(measured, new Restoration(blur, new NoiseModel.Gaussian(60)), null);
        assertEquals(0.5 * even.noise(), even.recipe().lastLevel(), 1e-9);
        final Problem photons =
                Problem.of(
                        measured,
                        new Restoration(blur, new NoiseModel.PoissonGaussian(10, 0, 1)),
                        null);
        assertEquals(photons.noise(), photons.recipe().lastLevel(), 1e-9);
    }
}
