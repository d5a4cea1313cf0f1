/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.denoising;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.deqir.Restoration;
import org.deqir.RestorationResult;
import org.deqir.Restorer;
import org.deqir.Sampling;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.Plane;
import org.deqir.model.store.ModelStore;
import org.deqir.network.layout.Precision;
import org.deqir.physics.degradation.Identity;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.physics.noise.NoiseModel.Gaussian;
import org.deqir.physics.noise.NoiseModel.PoissonGaussian;
import org.deqir.progress.Progress;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Denoising with the shipped grey prior where the stated noise is not that of the image. */
class MatchedDenoisingTest {

    private static final int SIZE = 72;
    private static final int RIM = 8;
    private static final double LEVEL = 1000;
    private static final double SIGMA = 40;

    /** Gain, offset and readout that give {@link #SIGMA} at {@link #LEVEL}, nearly. */
    private static final PoissonGaussian CAMERA = new PoissonGaussian(1.76, 100, 4);

    private static final Sampling SINGLE = Sampling.DEFAULT.withBinning(1);

    private static DiffusionPrior prior;
    private static Restorer restorer;

    @BeforeAll
    static void load() throws IOException {
        prior = new ModelStore(List.of()).find("microscopy-gray").load(Precision.FLOAT32);
        restorer = new Restorer(prior);
    }

    @AfterAll
    static void close() {
        prior.close();
    }

    private static RestorationResult denoised(
            float[] measured, NoiseModel stated, Sampling sampling) {
        return restorer.restore(
                Plane.of(measured, SIZE, SIZE),
                new Restoration(new Identity(), stated, sampling),
                Progress.NONE);
    }

    private static float[] constant() {
        final float[] plane = new float[SIZE * SIZE];
        Arrays.fill(plane, (float) LEVEL);
        return plane;
    }

    /** Smooth cells on a dark ground, 1000 to 2000. */
    private static float[] cells() {
        final float[] plane = constant();
        for (int y = 0; y < SIZE; y++)
            for (int x = 0; x < SIZE; x++)
                plane[y * SIZE + x] +=
                        (float)
                                (600 / (1 + Math.exp(Math.hypot(x % 36 - 17, y % 36 - 19) - 10))
                                        + 400
                                                * Math.exp(
                                                        -Math.pow(
                                                                        x % 24
                                                                                - 12
                                                                                + 4
                                                                                        * Math.sin(
                                                                                                y
                                                                                                        / 9.0),
                                                                        2)
                                                                / 6));
        return plane;
    }

    /** Standard deviation away from the border. */
    private static double left(Plane plane) {
        double sum = 0;
        double squares = 0;
        int count = 0;
        for (int y = RIM; y < SIZE - RIM; y++)
            for (int x = RIM; x < SIZE - RIM; x++) {
                final double difference = plane.channels()[0][y * SIZE + x] - LEVEL;
                sum += difference;
                squares += difference * difference;
                count++;
            }
        return Math.sqrt(Math.max(0, squares / count - Math.pow(sum / count, 2)));
    }

    private static double meanSquare(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += Math.pow(a[i] - b[i], 2);
        return sum / a.length;
    }

    private static double decibels(float[] truth, RestorationResult a, RestorationResult b) {
        return 10
                * Math.log10(
                        meanSquare(a.restored().channels()[0], truth)
                                / meanSquare(b.restored().channels()[0], truth));
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "1, 2", "1, 5", "1.3, 1", "2, 1", "5, 1", "5, 5"})
    void littleOfTheNoiseIsLeftHoweverMuchIsStated(double factor, double strength) {
        final float[] noisy = new Gaussian(SIGMA).simulate(constant(), 3);
        final RestorationResult result =
                denoised(noisy, new Gaussian(factor * SIGMA), SINGLE.withStrength(strength));
        assertTrue(left(result.restored()) < 0.1 * SIGMA, "left " + left(result.restored()));
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 1", "5, 1", "1, 5"})
    void theSameOfACamera(double factor, double strength) {
        final float[] noisy = CAMERA.simulate(constant(), 3);
        final RestorationResult result =
                denoised(noisy, CAMERA.amplified(factor * factor), SINGLE.withStrength(strength));
        assertTrue(left(result.restored()) < 0.1 * SIGMA, "left " + left(result.restored()));
    }

    /**
     * One image with two strengths of noise, against each half in an image of its own strength. The
     * noisier half loses nothing with few photons. Where there is much more signal than noise, the
     * network is worse at smaller contrast.
     */
    @ParameterizedTest
    @CsvSource({"250, 2, 2, 0.1", "250, 4, 2, 0.1", "0, 2, 1, 0.3", "0, 4, 1, 0.8"})
    void noiseThatDiffersWithinAnImageIsTakenAwayAtOnce(
            double gain, double factor, int binning, double most) {
        final float[] truth = cells();
        final NoiseModel weak = gain == 0 ? new Gaussian(SIGMA) : new PoissonGaussian(gain, 100, 4);
        final NoiseModel strong = weak.amplified(factor);
        final float[] calm = weak.simulate(truth, 3);
        final float[] rough = strong.simulate(truth, 4);
        final float[] mixed = calm.clone();
        final float[] factors = constant();
        Arrays.fill(factors, 1);
        for (int i = 0; i < mixed.length; i++)
            if (i % SIZE < SIZE / 2) {
                mixed[i] = rough[i];
                factors[i] = (float) factor;
            }
        final Sampling sampling = Sampling.DEFAULT.withBinning(binning);
        final RestorationResult both =
                restorer.restore(
                        Plane.of(mixed, SIZE, SIZE),
                        new Restoration(new Identity(), weak, sampling)
                                .withVariances(Plane.of(factors, SIZE, SIZE)),
                        Progress.NONE);
        final RestorationResult ofCalm = denoised(calm, weak, sampling);
        final RestorationResult ofRough = denoised(rough, strong, sampling);
        assertEquals(ofCalm.report().evaluations(), both.report().evaluations());
        final double[] loss = new double[2];
        for (int half = 0; half < 2; half++) {
            final RestorationResult alone = half == 0 ? ofRough : ofCalm;
            loss[half] =
                    10
                            * Math.log10(
                                    ofHalf(both.restored(), truth, half)
                                            / ofHalf(alone.restored(), truth, half));
        }
        assertTrue(loss[0] < most && loss[1] < 0.4, () -> Arrays.toString(loss) + " dB");
    }

    private static double ofHalf(Plane plane, float[] truth, int half) {
        double sum = 0;
        for (int i = 0; i < truth.length; i++)
            if (i % SIZE / (SIZE / 2) == half && Math.abs(i % SIZE - SIZE / 2) > RIM)
                sum += Math.pow(plane.channels()[0][i] - truth[i], 2);
        return sum;
    }

    @Test
    void theSameOfTheMeanOfSamples() {
        final float[] noisy = new Gaussian(SIGMA).simulate(constant(), 3);
        final Sampling samples = SINGLE.withMode(Sampling.Mode.SAMPLE).withSamples(2).withSteps(6);
        final double right = left(denoised(noisy, new Gaussian(SIGMA), samples).restored());
        final double large = left(denoised(noisy, new Gaussian(4 * SIGMA), samples).restored());
        assertTrue(large < 1.1 * right && large < 0.3 * SIGMA, right + " and " + large);
    }

    /** 68 and 95 % of a normal distribution; and the deviation says where the errors are. */
    @ParameterizedTest
    @CsvSource({"gaussian, 1", "gaussian, 2", "camera, 1"})
    void theTruthLiesWithinTheDeviationThatIsStated(String noise, int binning) {
        final NoiseModel model = noise.equals("camera") ? CAMERA : new Gaussian(SIGMA);
        final float[] noisy = model.simulate(cells(), 3);
        final Sampling plain = SINGLE.withBinning(binning);
        final RestorationResult result = denoised(noisy, model, plain.withSamples(4));
        final float[] restored = result.restored().channels()[0];
        assertArrayEquals(denoised(noisy, model, plain).restored().channels()[0], restored);
        final float[] deviation = result.standardDeviation().channels()[0];
        final float[] truth = cells();
        int one = 0;
        int two = 0;
        for (int i = 0; i < restored.length; i++) {
            final double error = Math.abs(restored[i] - truth[i]);
            if (error <= deviation[i]) one++;
            if (error <= 2 * deviation[i]) two++;
        }
        final String found = one + " and " + two + " of " + restored.length;
        assertEquals(0.68, (double) one / restored.length, 0.12, found);
        assertEquals(0.95, (double) two / restored.length, 0.05, found);
    }

    @Test
    void moreStrengthOnlyEverSmooths() {
        final float[] noisy = new Gaussian(SIGMA).simulate(cells(), 3);
        double before = Double.POSITIVE_INFINITY;
        for (final double strength : new double[] {0.5, 1, 1.2, 1.5, 2, 3, 5}) {
            final Plane result =
                    denoised(noisy, new Gaussian(SIGMA), SINGLE.withStrength(strength)).restored();
            double roughness = 0;
            for (int i = 0; i + SIZE + 1 < result.size(); i++)
                roughness +=
                        Math.pow(result.channels()[0][i] - result.channels()[0][i + 1], 2)
                                + Math.pow(
                                        result.channels()[0][i] - result.channels()[0][i + SIZE],
                                        2);
            assertTrue(roughness <= 1.001 * before, strength + ": " + roughness + " " + before);
            before = roughness;
        }
    }

    @Test
    void cellsAtTwiceTheNoiseLoseLittle() {
        final float[] noisy = new Gaussian(SIGMA).simulate(cells(), 3);
        final RestorationResult right = denoised(noisy, new Gaussian(SIGMA), SINGLE);
        assertEquals(1, right.report().evaluations());
        for (final RestorationResult large :
                List.of(
                        denoised(noisy, new Gaussian(2 * SIGMA), SINGLE),
                        denoised(noisy, new Gaussian(SIGMA), SINGLE.withStrength(2)))) {
            final double lost = decibels(cells(), large, right);
            assertTrue(lost < 1.5, "lost " + lost + " dB");
            assertTrue(large.report().chain().contains("then smoothed"), large.report().chain());
        }
    }

    @Test
    void whatIsConstantStaysConstant() {
        for (final Sampling sampling :
                List.of(SINGLE, SINGLE.withMode(Sampling.Mode.SAMPLE).withSteps(6))) {
            assertArrayEquals(
                    constant(),
                    denoised(constant(), new Gaussian(SIGMA), sampling).restored().channels()[0],
                    (float) (0.01 * SIGMA));
            assertArrayEquals(
                    constant(),
                    denoised(constant(), CAMERA, sampling).restored().channels()[0],
                    (float) (0.01 * SIGMA));
        }
    }

    @Test
    void paddingStaysAsItIs() {
        final float[] noisy = new Gaussian(SIGMA).simulate(cells(), 3);
        for (int y = 0; y < SIZE; y++) Arrays.fill(noisy, y * SIZE + 40, (y + 1) * SIZE, 1000);
        final float[] result =
                denoised(noisy, new Gaussian(SIGMA), SINGLE).restored().channels()[0];
        for (int y = 0; y < SIZE; y++)
            for (int x = 56; x < SIZE; x++) assertEquals(1000, result[y * SIZE + x], 0.01 * SIGMA);
    }

    /** Noise as a share of the range, down to far below the weakest level of the network. */
    @ParameterizedTest
    @ValueSource(doubles = {1e-5, 2e-4, 5e-4, 1e-3, 2e-3, 4e-3, 8e-3})
    void anImageThatIsNearlyCleanGetsNoWorse(double share) {
        final double sigma = 1000 * share;
        final float[] noisy = new Gaussian(sigma).simulate(cells(), 3);
        final RestorationResult result = denoised(noisy, new Gaussian(sigma), SINGLE);
        final double before = Math.sqrt(meanSquare(noisy, cells()));
        final double after = Math.sqrt(meanSquare(result.restored().channels()[0], cells()));
        assertTrue(after <= 1.05 * before, after + " of " + before);
    }
}
