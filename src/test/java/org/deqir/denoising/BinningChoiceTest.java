/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.denoising;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.deqir.Restoration;
import org.deqir.RestorationResult;
import org.deqir.Restorer;
import org.deqir.Sampling;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.Plane;
import org.deqir.image.Smoothing;
import org.deqir.model.store.ModelStore;
import org.deqir.network.layout.Precision;
import org.deqir.physics.degradation.Identity;
import org.deqir.physics.noise.NoiseEstimate;
import org.deqir.physics.noise.NoiseEstimator;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;
import org.deqir.testing.BinningErrors;
import org.deqir.testing.WhitePrior;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
        final double error = BinningErrors.of(chosen, smooth());
        final double ofSingle = BinningErrors.of(plain, smooth());
        assertTrue(error < 0.5 * ofSingle, error + " " + ofSingle);
        assertTrue(chosen.report().chain().contains("means over"), chosen.report().chain());
        assertEquals(1, chosen.report().chiSquare(), 0.3);
    }

    /** Photons that were not recognised as such must not look like points of one pixel. */
    @Test
    void lonePixelsAreToldFromPoints() {
        final float[] photons = lines(10, 1.4, 0.3, 0.05);
        final float[] points = lines(10, 0.7, 1, 0.05);
        for (int i = 0; i < photons.length; i++) points[i] *= 100;
        final Plane few =
                Plane.of(
                        new NoiseModel.PoissonGaussian(1, 0, 0.1).simulate(photons, 3), SIZE, SIZE);
        assertTrue(BrightPixels.connection(few) < 0.1, "" + BrightPixels.connection(few));
        final Plane many =
                Plane.of(new NoiseModel.PoissonGaussian(1, 0, 0.1).simulate(points, 3), SIZE, SIZE);
        assertTrue(BrightPixels.connection(many) > 0.2, "" + BrightPixels.connection(many));
        final float[] flat = new NoiseModel.Gaussian(30).simulate(smooth(), 3);
        assertTrue(Double.isNaN(BrightPixels.connection(Plane.of(flat, SIZE, SIZE))));
    }

    /**
     * Few photons, which the shipped prior takes for points if they are not averaged: the choice
     * loses at most 0.3 dB to the best of all.
     */
    @ParameterizedTest
    @CsvSource({
        "0.3, 2.4, 14",
        "0.3, 1.4, 5",
        "1, 2.4, 14",
        "3, 1.4, 5",
        "3, 0.7, 14",
        "50, 0.7, 14"
    })
    void isAboutTheBestWithFewPhotons(double photons, double blur, int lines) throws IOException {
        final float[] truth = lines(lines, blur, 5 * photons, 20 + 0.5 * photons);
        assertLoss(0.3, truth, new NoiseModel.PoissonGaussian(5, 20, 1.5));
    }

    /**
     * A bright object with fine texture on a dark ground: the noise of its photons stands out pixel
     * by pixel, but they are not few. They were taken for few, which lost 2.1 dB.
     */
    @Test
    void aBrightObjectHasNoLonePhotons() throws IOException {
        final float[] truth = new float[SIZE * SIZE];
        for (int i = 0; i < truth.length; i++) {
            final double x = i % SIZE - SIZE / 2;
            final double y = i / SIZE - SIZE / 2;
            final double inside = 1 / (1 + Math.exp((Math.hypot(x, y) - SIZE / 4) / 1.5));
            final double texture = Math.sin(Math.PI / 2 * x) * Math.sin(Math.PI / 2 * y);
            truth[i] = (float) (2 + 60 * inside * (0.75 + 0.25 * texture));
        }
        final NoiseModel camera = new NoiseModel.PoissonGaussian(1, 0, 1);
        final Plane measured = Plane.of(camera.simulate(truth, 7), SIZE, SIZE);
        assertTrue(BrightPixels.connection(measured) < 0.1);
        assertLoss(0.9, truth, camera);
    }

    /**
     * A confocal image whose neighbours have a correlation of about 0.15: denoised with the noise
     * of its finest differences, what is coarser stays.
     */
    @ParameterizedTest
    @CsvSource({"1, 2.4, 14", "20, 1.4, 5"})
    void correlatedNoiseIsAveragedAsWellAsOther(double photons, double blur, int lines)
            throws IOException {
        final float[] truth = lines(lines, blur, 5 * photons, 20 + 0.5 * photons);
        final NoiseModel camera = new NoiseModel.PoissonGaussian(5, 20, 1.5);
        final float[] noisy = BinningErrors.correlated(camera, truth, SIZE, 7);
        final NoiseEstimate found = NoiseEstimator.estimate(noisy, SIZE, SIZE);
        final double fine = assertLoss(9, truth, noisy, found.model());
        final double coarse = assertLoss(0.3, truth, noisy, found.model(new Identity()));
        assertTrue(coarse < 0.9 * fine, fine + " " + coarse);
    }

    private static void assertLoss(double most, float[] truth, NoiseModel camera)
            throws IOException {
        assertLoss(most, truth, camera.simulate(truth, 7), camera);
    }

    /**
     * What the choice may lose to the best of 1, 2 and 3 with the shipped prior.
     *
     * @return squared error of that best
     */
    private static double assertLoss(double most, float[] truth, float[] noisy, NoiseModel camera)
            throws IOException {
        final Plane measured = Plane.of(noisy, SIZE, SIZE);
        try (DiffusionPrior prior =
                new ModelStore(List.of()).find("microscopy-gray").load(Precision.FLOAT32)) {
            final Restorer shipped = new Restorer(prior);
            final double best = BinningErrors.least(shipped, measured, camera, truth);
            final double loss =
                    BinningErrors.decibels(
                            BinningErrors.of(shipped, measured, camera, 0, truth), best);
            assertTrue(loss <= most, "the choice loses " + loss + " dB");
            return best;
        }
    }

    /** Winding lines and points, blurred. */
    private static float[] lines(int count, double blur, double peak, double ground) {
        final SplittableRandom random = new SplittableRandom(3);
        final float[] plane = new float[SIZE * SIZE];
        for (int k = 0; k < count; k++) {
            double x = SIZE * random.nextDouble();
            double y = SIZE * random.nextDouble();
            double turn = 2 * Math.PI * random.nextDouble();
            for (int step = 0; step < 120; step++) {
                turn += 0.12 * random.nextGaussian();
                x += 0.5 * Math.cos(turn);
                y += 0.5 * Math.sin(turn);
                if (x >= 0 && y >= 0 && x < SIZE && y < SIZE) plane[(int) y * SIZE + (int) x] = 1;
            }
            plane[random.nextInt(plane.length)] += 2;
        }
        final float[] blurred = Smoothing.gaussian(plane, SIZE, SIZE, null, blur);
        final float[] sorted = blurred.clone();
        Arrays.sort(sorted);
        final double most = sorted[(int) (0.995 * sorted.length)];
        for (int i = 0; i < blurred.length; i++)
            blurred[i] = (float) (ground + peak * blurred[i] / most);
        return blurred;
    }

    @Test
    void theCostOfTheChoiceIsToldBefore() {
        final Restoration denoising = new Restoration(new Identity(), new NoiseModel.Gaussian(30));
        assertEquals(29, restorer.cost(256, 200, 1, denoising).evaluations());
        // five pairs of calls may follow each to smooth up to the noise that is stated
        assertEquals((28 + 13) * (1 + 10), restorer.cost(256, 200, 1, denoising).most());
        assertEquals(29, restorer.cost(2048, 2048, 1, denoising).evaluations());
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
        assertTrue(problem.getMessage().contains("mode = sample"), problem.getMessage());
    }
}
