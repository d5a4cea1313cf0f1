/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.noise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.deqir.image.Plane;
import org.deqir.physics.noise.NoiseModel.Gaussian;
import org.deqir.physics.noise.NoiseModel.None;
import org.deqir.physics.noise.NoiseModel.PoissonGaussian;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class NoiseModelTest {

    private static final int SAMPLES = 200_000;

    static Stream<NoiseModel> models() {
        return Stream.of(
                new None(),
                new Gaussian(0),
                new Gaussian(25),
                new PoissonGaussian(1, 0, 1.5),
                new PoissonGaussian(2.2, 100, 4),
                new PoissonGaussian(0.3, -7, 0));
    }

    @ParameterizedTest
    @MethodSource("models")
    void samplesHaveTheMeanAndVarianceOfTheModel(NoiseModel model) {
        for (final float expected : new float[] {101, 104.5f, 140, 2000}) {
            final float[] plane = new float[SAMPLES];
            Arrays.fill(plane, expected);
            double sum = 0;
            double squares = 0;
            for (final float value : model.simulate(plane, 42)) {
                sum += value - expected;
                squares += (value - expected) * (value - expected);
            }
            final double variance = model.variance(expected);
            final double bias = sum / SAMPLES;
            assertEquals(0, bias, 4.5 * Math.sqrt(variance / SAMPLES), "mean at " + expected);
            // A Poisson variable of few photons has a kurtosis of up to 3 + 1/mean.
            assertEquals(
                    variance,
                    squares / SAMPLES - bias * bias,
                    4.5 * variance * Math.sqrt(4.0 / SAMPLES) + 1e-9,
                    "variance at " + expected);
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void aSeedGivesOneImage(NoiseModel model) {
        final float[] expected = new float[1000];
        for (int i = 0; i < expected.length; i++) expected[i] = 110 + i % 50;
        final float[] before = expected.clone();
        final float[] noisy = model.simulate(expected, 1);
        assertArrayEquals(before, expected, "the argument was changed");
        assertArrayEquals(noisy, model.simulate(expected, 1));
        final boolean isRandom = model.variance(120) > 0;
        assertEquals(isRandom, !Arrays.equals(noisy, model.simulate(expected, 2)));
        // A pixel's noise depends on nothing but the seed and its position.
        assertArrayEquals(
                Arrays.copyOf(noisy, 300), model.simulate(Arrays.copyOf(expected, 300), 1));
    }

    @Test
    void noiseIsTheSameOnEveryPlatform() {
        final float[] expected = new float[4096];
        for (int i = 0; i < expected.length; i++) expected[i] = i / 10f;
        final float[] noisy = new PoissonGaussian(1.7, 3, 1.1).simulate(expected, 2026);
        assertEquals(1245509915, Arrays.hashCode(noisy));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.05, 1, 9.99, 10, 35, 400})
    void countsArePoissonDistributed(double mean) {
        final int[] histogram = new int[1000];
        final PixelRandom random = new PixelRandom(8);
        for (int i = 0; i < SAMPLES; i++) {
            random.startPixel(i);
            histogram[(int) random.nextPoisson(mean)]++;
        }
        double chiSquare = 0;
        int cells = 0;
        double probability = Math.exp(-mean);
        for (int k = 0; k < histogram.length; k++) {
            if (k > 0) probability *= mean / k;
            if (probability * SAMPLES < 10) continue;
            final double expected = probability * SAMPLES;
            chiSquare += (histogram[k] - expected) * (histogram[k] - expected) / expected;
            cells++;
        }
        assertTrue(cells >= 2);
        assertTrue(
                chiSquare < cells + 4.5 * Math.sqrt(2 * cells),
                "χ² " + chiSquare + " in " + cells + " cells");
    }

    @Test
    void neighbouringPixelsAndSeedsAreIndependent() {
        final float[] first = new Gaussian(1).simulate(new float[SAMPLES], 5);
        final float[] second = new Gaussian(1).simulate(new float[SAMPLES], 6);
        double neighbours = 0;
        double seeds = 0;
        for (int i = 1; i < SAMPLES; i++) {
            neighbours += first[i] * first[i - 1];
            seeds += first[i] * second[i];
        }
        assertEquals(0, neighbours / SAMPLES, 4.5 / Math.sqrt(SAMPLES));
        assertEquals(0, seeds / SAMPLES, 4.5 / Math.sqrt(SAMPLES));
    }

    @Test
    void belowTheOffsetThereIsNoLight() {
        final PoissonGaussian camera = new PoissonGaussian(2, 100, 3);
        assertEquals(0, camera.photons(90));
        assertEquals(9, camera.variance(90));
        assertEquals(9 + 2 * 50, camera.variance(150));
        assertArrayEquals(
                new float[] {100}, new PoissonGaussian(2, 100, 0).simulate(new float[] {90}, 1));
    }

    @ParameterizedTest
    @MethodSource("models")
    void refusesWhatIsNoNumber(NoiseModel model) {
        final String message =
                assertThrows(
                                IllegalArgumentException.class,
                                () -> model.simulate(new float[] {1, Float.NaN}, 1))
                        .getMessage();
        assertTrue(message.contains("Pixel 1") && message.contains("NaN"), message);
    }

    @ParameterizedTest
    @CsvSource({"0, 0, 1", "-1, 0, 1", "NaN, 0, 1", "1, Infinity, 1", "1, 0, -0.1", "1, 0, NaN"})
    void refusesImpossibleCameras(double gain, double offset, double readout) {
        assertThrows(
                IllegalArgumentException.class, () -> new PoissonGaussian(gain, offset, readout));
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1, Double.NaN, Double.POSITIVE_INFINITY})
    void refusesImpossibleSigma(double sigma) {
        final String message =
                assertThrows(IllegalArgumentException.class, () -> new Gaussian(sigma))
                        .getMessage();
        assertTrue(message.contains("sigma"), message);
    }

    @Test
    void describesItselfInShortNumbers() {
        assertEquals("no noise", new None().describe());
        assertEquals("Gaussian noise, sigma 24.988", new Gaussian(24.98765).describe());
        assertEquals(
                "Poisson-Gaussian noise, gain 0.5, offset 100, readout 0",
                new PoissonGaussian(0.5, 100, 0).describe());
        assertFalse(new Gaussian(1e-9).describe().contains("E"));
    }

    @Test
    void aCameraThatNoPixelAgreesWithIsRefused() {
        final Plane plane = Plane.of(new PoissonGaussian(2, 100, 3).simulate(flat(300), 7), 64, 64);
        final String message =
                assertThrows(
                                IllegalArgumentException.class,
                                () ->
                                        StatedNoise.objections(
                                                new PoissonGaussian(2, 1000, 3), plane))
                        .getMessage();
        assertTrue(message.contains("offset 1000") && message.contains("994"), message);
    }

    @ParameterizedTest
    @CsvSource({
        "100, 3, ''",
        "280, 3, ''",
        "305, 2, below",
        "100, 300, times as strong",
    })
    void whatSpeaksAgainstStatedNoiseIsSaid(double offset, double readout, String word) {
        final Plane plane = Plane.of(new PoissonGaussian(2, 100, 3).simulate(flat(300), 7), 64, 64);
        final List<String> objections =
                StatedNoise.objections(new PoissonGaussian(2, offset, readout), plane);
        if (word.isEmpty()) assertTrue(objections.isEmpty(), objections.toString());
        else assertTrue(objections.toString().contains(word), objections.toString());
    }

    @ParameterizedTest
    @CsvSource({"0, 30, true", "-1000, 30, true", "0, 60, true", "-1000, 60, false"})
    void noiseThatIsCutOffSpeaksAgainstNoStatement(float limit, double stated, boolean silent) {
        final float[] noisy = new Gaussian(30).simulate(flat(15), 7);
        for (int i = 0; i < noisy.length; i++) noisy[i] = Math.max(limit, noisy[i]);
        final List<String> objections =
                StatedNoise.objections(new Gaussian(stated), Plane.of(noisy, 64, 64));
        assertEquals(silent, objections.isEmpty(), objections.toString());
    }

    /** An image of visible noise is not exact. */
    @ParameterizedTest
    @CsvSource({"0, true", "3, true", "50, false"})
    void visibleNoiseContradictsNone(double sigma, boolean silent) {
        final float[] ramp = new float[64 * 64];
        for (int i = 0; i < ramp.length; i++) ramp[i] = 100 + 10 * (i % 64);
        final float[] noisy = new Gaussian(sigma).simulate(ramp, 3);
        final List<String> objections =
                StatedNoise.objections(new NoiseModel.None(), Plane.of(noisy, 64, 64));
        assertEquals(silent, objections.isEmpty(), objections.toString());
    }

    private static float[] flat(float level) {
        final float[] plane = new float[64 * 64];
        Arrays.fill(plane, level);
        return plane;
    }

    @Test
    void noiseBetweenNeighboursIsMeasuredWithoutPadding() {
        final float[] noisy = new Gaussian(25).simulate(flat(300), 7);
        assertEquals(25, FineNoise.of(Plane.of(noisy, 64, 64)), 2);
        for (int y = 0; y < 64; y++) Arrays.fill(noisy, y * 64 + 16, (y + 1) * 64, 300);
        noisy[5] = Float.NaN;
        assertEquals(25, FineNoise.of(Plane.of(noisy, 64, 64)), 3);
        assertEquals(0, FineNoise.of(Plane.of(flat(300), 64, 64)));
    }
}
