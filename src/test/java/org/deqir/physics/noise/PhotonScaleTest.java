/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.noise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Images of known photons, gain, excess factor, offset and readout noise. */
class PhotonScaleTest {

    private static final int SIZE = 640;
    private static final double OFFSET = 100;

    /** What one photon adds to its pixel, for a mean of 1. */
    private enum Detector {
        EQUAL_PULSES(1),
        EXPONENTIAL_PULSES(2);

        private final double excess;

        Detector(double excess) {
            this.excess = excess;
        }

        double pulse(Random random) {
            return this == EQUAL_PULSES ? 1 : -Math.log(1 - random.nextDouble());
        }
    }

    /** Discs with rims as soft as a microscope's, and filaments, in 0.03..1. */
    private static double scene(int x, int y) {
        final double disc = 1 / (1 + Math.exp((Math.hypot(x % 96 - 46, y % 96 - 50) - 25) / 3));
        final double filament = Math.exp(-Math.pow((x + 13 * Math.sin(y / 17.0)) % 61 - 30, 2) / 9);
        return 0.03 + 0.67 * disc + 0.3 * filament;
    }

    private static float[] exposure(
            Detector detector, double photons, double gain, double readout, long seed) {
        final Random random = new Random(seed);
        final PixelRandom counts = new PixelRandom(seed);
        final float[] plane = new float[SIZE * SIZE];
        for (int i = 0; i < plane.length; i++) {
            counts.startPixel(i);
            final double n = counts.nextPoisson(photons * scene(i % SIZE, i / SIZE));
            double sum = 0;
            for (int photon = 0; photon < n; photon++) sum += detector.pulse(random);
            plane[i] = (float) (OFFSET + gain * sum + readout * random.nextGaussian());
        }
        return plane;
    }

    private static float[] mapped(float[] plane, DoubleUnaryOperator map) {
        final float[] mapped = new float[plane.length];
        for (int i = 0; i < plane.length; i++) mapped[i] = (float) map.applyAsDouble(plane[i]);
        return mapped;
    }

    /** Grey levels between two quantiles, stretched to 8 bits and clipped. */
    private static float[] stretched(float[] plane, double clipped) {
        final float[] sorted = plane.clone();
        Arrays.sort(sorted);
        final float low = sorted[(int) (clipped * sorted.length)];
        final float high = sorted[(int) ((1 - clipped) * (sorted.length - 1))];
        return mapped(
                plane,
                level -> Math.rint(255 * Math.max(0, Math.min(1, (level - low) / (high - low)))));
    }

    private static NoiseEstimate estimate(float[] plane) {
        return NoiseEstimator.estimate(plane, SIZE, plane.length / SIZE);
    }

    private static void assertScale(
            double excess, double gain, NoiseEstimate estimate, double mostError) {
        final PhotonScale scale =
                estimate.photonScale().orElseThrow(() -> new AssertionError(estimate.finding()));
        assertEquals(
                excess, scale.excessFactor(), 2.5 * scale.excessFactorError(), estimate.finding());
        assertEquals(gain, scale.gain(), 2.5 * scale.gainError(), estimate.finding());
        assertTrue(scale.excessFactorError() < mostError, estimate.finding());
        assertTrue(estimate.finding().contains(scale.describe()), estimate.finding());
    }

    /** From less than one photon to 40 in the brightest pixels, with and without readout noise. */
    @ParameterizedTest
    @CsvSource({
        "EQUAL_PULSES, 4, 0.3",
        "EQUAL_PULSES, 40, 0.3",
        "EQUAL_PULSES, 40, 1.5",
        "EXPONENTIAL_PULSES, 3, 0.3",
        "EXPONENTIAL_PULSES, 10, 0.5",
        "EXPONENTIAL_PULSES, 40, 0.5"
    })
    void tellsMultipliedPhotonsFromCounted(Detector detector, double photons, double readout) {
        final double gain = 10;
        final NoiseEstimate estimate =
                estimate(exposure(detector, photons, gain, readout * gain, 1));
        assertScale(detector.excess, gain, estimate, 0.6);
        final PhotonScale scale = estimate.photonScale().orElseThrow();
        assertEquals(OFFSET, scale.offset(), 2.5 * scale.offsetError(), estimate.finding());
        assertTrue(scale.offsetError() < 0.02 * photons * gain, estimate.finding());
        assertTrue(scale.readoutLimit() > 0.9 * readout * gain, estimate.finding());
    }

    @ParameterizedTest
    @ValueSource(strings = {"EQUAL_PULSES", "EXPONENTIAL_PULSES"})
    void survivesClippingAtBothEndsOfEightBits(Detector detector) {
        final float[] plane = exposure(detector, 20, 10, 4, 2);
        final float[] eightBits = stretched(plane, 0.002);
        final NoiseEstimate estimate = estimate(eightBits);
        final PhotonScale scale =
                estimate.photonScale().orElseThrow(() -> new AssertionError(estimate.finding()));
        assertEquals(
                detector.excess,
                scale.excessFactor(),
                2.5 * scale.excessFactorError(),
                estimate.finding());
    }

    /** The mean of many exposures is nearly Gaussian, and its noise still grows with the light. */
    @Test
    void noiseThatIsNotSkewedLikePhotonsHasNoScale() {
        final Random random = new Random(3);
        final float[] plane = new float[SIZE * SIZE];
        for (int i = 0; i < plane.length; i++) {
            final double mean = 200 * scene(i % SIZE, i / SIZE);
            plane[i] = (float) (OFFSET + mean + Math.sqrt(10 * mean) * random.nextGaussian());
        }
        assertUnknown("not that of photons", estimate(plane));
    }

    /** 10,000 photons are as good as Gaussian, and 64 × 64 pixels too few to see the difference. */
    @Test
    void saysWhereOneCannotBeToldFromTwo() {
        assertUnknown(
                "Excess factor unknown",
                estimate(exposure(Detector.EQUAL_PULSES, 10_000, 1, 1, 4)));
        final float[] plane = exposure(Detector.EQUAL_PULSES, 40, 1, 1, 5);
        final float[] part = new float[64 * 64];
        for (int i = 0; i < part.length; i++) part[i] = plane[i / 64 * SIZE + i % 64];
        assertUnknown("Excess factor unknown", NoiseEstimator.estimate(part, 64, 64));
    }

    @Test
    void correlatedNoiseHasNoScale() {
        final float[] plane = exposure(Detector.EQUAL_PULSES, 20, 10, 1, 6);
        final float[] smoothed = new float[plane.length - 1];
        for (int i = 0; i < smoothed.length; i++) smoothed[i] = (plane[i] + plane[i + 1]) / 2;
        assertUnknown("correlated", estimate(Arrays.copyOf(smoothed, SIZE * (SIZE - 1))));
    }

    @Test
    void missingPixelsDoNotCount() {
        final float[] plane = exposure(Detector.EXPONENTIAL_PULSES, 10, 10, 3, 7);
        for (int i = 0; i < plane.length / 4; i++) plane[i] = Float.NaN;
        plane[plane.length - 1] = Float.POSITIVE_INFINITY;
        assertScale(2, 10, estimate(plane), 0.6);
    }

    @Test
    void doesNotDependOnTheUnitOfGreyLevels() {
        final float[] plane = exposure(Detector.EXPONENTIAL_PULSES, 10, 10, 3, 8);
        final PhotonScale scale = estimate(plane).photonScale().orElseThrow();
        final PhotonScale scaled =
                estimate(mapped(plane, level -> 0.001 * level - 1)).photonScale().orElseThrow();
        assertEquals(scale.excessFactor(), scaled.excessFactor(), 1e-3);
        assertEquals(0.001 * scale.gain(), scaled.gain(), 1e-5);
        assertEquals(0.001 * scale.offset() - 1, scaled.offset(), 1e-4);
        assertEquals(0.001 * scale.readoutLimit(), scaled.readoutLimit(), 1e-5);
    }

    @Test
    void gaussianNoiseIsNotAskedForPhotons() {
        final Random random = new Random(9);
        final float[] plane = new float[SIZE * SIZE];
        for (int i = 0; i < plane.length; i++)
            plane[i] = (float) (100 * scene(i % SIZE, i / SIZE) + 5 * random.nextGaussian());
        final NoiseEstimate estimate = estimate(plane);
        assertEquals(Optional.empty(), estimate.photonScale());
        assertFalse(estimate.finding().contains("xcess"), estimate.finding());
    }

    /** A camera with electron multiplication, against the offset by the mean of 400 exposures. */
    @Test
    void findsElectronMultiplicationInRealExposures() throws IOException {
        final Path noisy = Path.of("..", "shared", "data", "pairs", "noisy");
        assumeTrue(Files.isDirectory(noisy), "the real exposures are not there");
        final double[] offsets = {4.66, 6.37, 3.42, 6.38, 4.58, 3.53, 8.79, 2.88, 4.10};
        final List<Path> files;
        try (Stream<Path> all = Files.list(noisy)) {
            files = all.sorted().toList();
        }
        final List<Double> factors = new ArrayList<>();
        for (int f = 0; f < files.size(); f++) {
            final BufferedImage image = ImageIO.read(files.get(f).toFile());
            final float[] plane =
                    image.getRaster()
                            .getSamples(
                                    0, 0, image.getWidth(), image.getHeight(), 0, (float[]) null);
            final NoiseEstimate estimate =
                    NoiseEstimator.estimate(plane, image.getWidth(), image.getHeight());
            System.out.println(files.get(f).getFileName() + " " + estimate.finding());
            if (estimate.photonScale().isEmpty()) continue;
            final PhotonScale scale = estimate.photonScale().get();
            factors.add(scale.excessFactor());
            assertEquals(1.9, scale.excessFactor(), 2.5 * scale.excessFactorError());
            assertEquals(offsets[f], scale.offset(), 2.5 * scale.offsetError());
        }
        assertTrue(factors.size() >= 5, factors.toString());
        assertEquals(2, factors.stream().mapToDouble(v -> v).average().orElseThrow(), 0.25, "mean");
    }

    private static void assertUnknown(String part, NoiseEstimate estimate) {
        assertEquals(Optional.empty(), estimate.photonScale(), estimate.finding());
        assertTrue(estimate.finding().contains(part), estimate.finding());
    }
}
