/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.denoising;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.deqir.Restoration;
import org.deqir.RestorationResult;
import org.deqir.Restorer;
import org.deqir.Sampling;
import org.deqir.image.Plane;
import org.deqir.physics.degradation.Identity;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;
import org.deqir.testing.WhitePrior;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Under a prior of independent pixels, averaging helps smooth images and harms rough ones. */
@Tag("slow")
class BinningChoiceTest {

    private static final int SIZE = 96;

    private final Restorer restorer = new Restorer(new WhitePrior(1, 0.5).prior());

    private static float[] smooth() {
        final float[] plane = new float[SIZE * SIZE];
        for (int i = 0; i < plane.length; i++)
            plane[i] =
                    (float) (120 + 60 * Math.sin(i % SIZE * 0.12) + 50 * Math.cos(i / SIZE * 0.15));
        return plane;
    }

    private static float[] rough() {
        return new NoiseModel.Gaussian(50).simulate(smooth(), 11);
    }

    private int binning(float[] expected, NoiseModel noise) {
        return restorer.binning(
                Plane.of(noise.simulate(expected, 5), SIZE, SIZE),
                new Restoration(new Identity(), noise),
                Progress.NONE);
    }

    @Test
    void averagesWhatIsSampledMoreFinelyThanTheNoiseShows() {
        assertTrue(binning(smooth(), new NoiseModel.Gaussian(30)) > 1);
        assertTrue(binning(smooth(), new NoiseModel.PoissonGaussian(8, 0, 3)) > 1);
    }

    @Test
    void averagesNothingWherePixelsDiffer() {
        assertEquals(1, binning(rough(), new NoiseModel.Gaussian(10)));
        assertEquals(1, binning(rough(), new NoiseModel.PoissonGaussian(1, -200, 3)));
    }

    /** Fine lines on a dark ground under readout noise: few photons, but no spikes. */
    @Test
    void readoutNoiseIsNoReasonToAverage() {
        final float[] lines = new float[SIZE * SIZE];
        for (int i = 0; i < lines.length; i++) lines[i] = i % SIZE % 5 == 2 ? 700 : 100;
        assertEquals(1, binning(lines, new NoiseModel.PoissonGaussian(40, 100, 20)));
    }

    @Test
    void anAveragedResultIsCloserToTheTruthAndSaysSo() {
        final NoiseModel noise = new NoiseModel.Gaussian(30);
        final Plane measured = Plane.of(noise.simulate(smooth(), 5), SIZE, SIZE);
        final Restoration measuredChoice = new Restoration(new Identity(), noise);
        final RestorationResult chosen = restorer.restore(measured, measuredChoice, Progress.NONE);
        final RestorationResult plain =
                restorer.restore(
                        measured,
                        new Restoration(new Identity(), noise, Sampling.DEFAULT.withBinning(1)),
                        Progress.NONE);
        assertTrue(error(chosen) < 0.5 * error(plain), error(chosen) + " " + error(plain));
        assertTrue(chosen.report().chain().contains("means over"), chosen.report().chain());
        assertEquals(1, chosen.report().chiSquare(), 0.3);
    }

    private static double error(RestorationResult result) {
        final float[] truth = smooth();
        double sum = 0;
        for (int i = 0; i < truth.length; i++)
            sum += Math.pow(result.restored().channels()[0][i] - truth[i], 2);
        return sum / truth.length;
    }

    @Test
    void theCostOfTheChoiceIsToldBefore() {
        final Restoration denoising = new Restoration(new Identity(), new NoiseModel.Gaussian(30));
        assertEquals(15, restorer.cost(256, 200, 1, denoising).evaluations());
        // five pairs of calls may follow each to smooth up to the noise that is stated
        assertEquals((14 + 13) * (1 + 10), restorer.cost(256, 200, 1, denoising).most());
        assertEquals(15, restorer.cost(2048, 2048, 1, denoising).evaluations());
        assertEquals(1, restorer.cost(40, 200, 1, denoising).evaluations());
        assertEquals(
                4,
                restorer.cost(
                                256,
                                256,
                                1,
                                new Restoration(
                                        new Identity(),
                                        new NoiseModel.Gaussian(30),
                                        Sampling.DEFAULT.withBinning(2)))
                        .evaluations());
    }

    @Test
    void samplesBelongToPixels() {
        final NoiseModel noise = new NoiseModel.Gaussian(30);
        final Plane measured = Plane.of(noise.simulate(smooth(), 5), SIZE, SIZE);
        final Sampling samples = Sampling.DEFAULT.withMode(Sampling.Mode.SAMPLE).withSamples(3);
        assertEquals(
                1,
                restorer.binning(
                        measured, new Restoration(new Identity(), noise, samples), Progress.NONE));
        final Restoration both = new Restoration(new Identity(), noise, samples.withBinning(2));
        final IllegalArgumentException problem =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> restorer.restore(measured, both, Progress.NONE));
        assertTrue(problem.getMessage().contains("binning = 2"), problem.getMessage());
        assertTrue(problem.getMessage().contains("samples = 3"), problem.getMessage());
    }
}
