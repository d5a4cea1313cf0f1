/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.noise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.deqir.physics.degradation.Identity;
import org.deqir.physics.noise.NoiseModel.Gaussian;
import org.deqir.physics.noise.NoiseModel.None;
import org.deqir.physics.noise.NoiseModel.PoissonGaussian;
import org.deqir.physics.optics.GaussianPsf;
import org.deqir.physics.optics.PointSpreadFunction;
import org.deqir.testing.Bench;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class NoiseEstimatorTest {

    private static final int SIZE = 192;

    /** Blobs with sharp rims, filaments and a fine regular pattern, in 0..1. */
    private static float[] scene() {
        final float[] scene = new float[SIZE * SIZE];
        for (int y = 0; y < SIZE; y++)
            for (int x = 0; x < SIZE; x++) {
                final double blob = 1 / (1 + Math.exp(Math.hypot(x % 64 - 30, y % 64 - 33) - 18));
                final double filament =
                        Math.exp(-Math.pow((x + 9 * Math.sin(y / 11.0)) % 37 - 18, 2) / 5);
                final double grain = Math.sin(x * 1.1 + y * 0.3) * Math.sin(y * 0.9);
                scene[y * SIZE + x] =
                        (float) (0.05 + 0.6 * blob + 0.25 * filament + 0.03 * blob * grain);
            }
        return scene;
    }

    private static float[] scaled(float[] plane, double gain, double offset) {
        final float[] result = new float[plane.length];
        for (int i = 0; i < plane.length; i++) result[i] = (float) (gain * plane[i] + offset);
        return result;
    }

    private static NoiseEstimate estimate(float[] plane) {
        return NoiseEstimator.estimate(plane, SIZE, SIZE);
    }

    /** From 1/250 to 1/4 of the image's range; the pattern on the blobs is as strong as 1/50. */
    @ParameterizedTest
    @ValueSource(doubles = {1, 5, 25, 60})
    void findsTheStrengthOfGaussianNoise(double sigma) {
        final NoiseEstimate estimate =
                estimate(new Gaussian(sigma).simulate(scaled(scene(), 250, 1000), 3));
        assertInstanceOf(Gaussian.class, estimate.model(), estimate.finding());
        assertEquals(sigma, estimate.gaussian().sigma(), 0.1 * sigma);
        assertEquals(0, estimate.correlation().strongest(), 0.15);
        assertTrue(estimate.warnings().isEmpty(), estimate.warnings().toString());
        assertTrue(estimate.finding().contains("Gaussian noise, sigma"), estimate.finding());
    }

    /** Photons in the image's bright parts from 25 to 5000. */
    @ParameterizedTest
    @CsvSource({
        "1, 0, 1.5, 60",
        "0.5, 100, 1, 1000",
        "2.2, 100, 4, 500",
        "0.01, 0, 0.03, 1",
        "40, -500, 60, 1000"
    })
    void findsTheVarianceOfACamera(double gain, double offset, double readout, double range) {
        final PoissonGaussian camera = new PoissonGaussian(gain, offset, readout);
        final NoiseEstimate estimate = estimate(camera.simulate(scaled(scene(), range, offset), 3));
        assertInstanceOf(PoissonGaussian.class, estimate.model(), estimate.finding());
        assertEquals(gain, estimate.poissonGaussian().orElseThrow().gain(), 0.15 * gain);
        for (final double share : new double[] {0.06, 0.2, 0.5, 0.8}) {
            final double level = offset + share * range;
            assertEquals(
                    1,
                    Math.sqrt(estimate.model().variance(level) / camera.variance(level)),
                    0.1,
                    estimate.finding() + " at " + level);
        }
        assertTrue(estimate.finding().contains("Poisson-Gaussian noise"), estimate.finding());
    }

    /**
     * Few bright objects on a dark background, as fluorescence images are: of all patches, those on
     * the objects are a few percent, but they alone tell photon noise from readout noise.
     */
    @ParameterizedTest
    @CsvSource({"8, 12, 14", "2, 12, 14", "8, 12, 5", "3, 5, 8", "0.5, 2, 14"})
    void findsPhotonNoiseOfFewBrightObjects(double gain, double readout, int objects) {
        final int size = 256;
        final float[] dark = fewObjects(size, objects);
        final PoissonGaussian camera = new PoissonGaussian(gain, 100, readout);
        final NoiseEstimate estimate =
                NoiseEstimator.estimate(camera.simulate(dark, 3), size, size);
        assertInstanceOf(PoissonGaussian.class, estimate.model(), estimate.finding());
        for (final double level : new double[] {100, 500, 900})
            assertEquals(
                    1,
                    Math.sqrt(estimate.model().variance(level) / camera.variance(level)),
                    0.15,
                    estimate.finding() + " at " + level);
        final NoiseEstimate constant =
                NoiseEstimator.estimate(new Gaussian(readout).simulate(dark, 3), size, size);
        assertInstanceOf(Gaussian.class, constant.model(), constant.finding());
        assertEquals(readout, constant.gaussian().sigma(), 0.1 * readout);
    }

    /**
     * Few grey levels in whole numbers, as photon counters in 8 bits write them: the line of the
     * variance says that dark parts have no noise, and a restoration would take them for exact.
     */
    @ParameterizedTest
    @CsvSource({"1.2, 0.3", "1.4, 0.3", "1.2, 0.5", "1.4, 0.5"})
    void wholeNumbersHaveAtLeastTheNoiseOfRounding(double offset, double dark) {
        final int size = 150;
        final float[] stripes = new float[size * size];
        for (int i = 0; i < stripes.length; i++) {
            double level = dark;
            for (final int at : new int[] {40, 72, 84, 112})
                level += 2.3 * Math.exp(-0.5 * Math.pow((i % size - at) / 5.0, 2));
            stripes[i] = (float) (offset + level);
        }
        final double gain = 0.16;
        final float[] counted = new PoissonGaussian(gain, offset, 0).simulate(stripes, 5);
        for (int i = 0; i < counted.length; i++) counted[i] = Math.round(counted[i]);
        final NoiseEstimate estimate = NoiseEstimator.estimate(counted, size, size);
        final double variance = estimate.model().variance(offset + dark);
        final double expected = gain * dark + 1.0 / 12;
        assertTrue(
                variance > 1.0 / 12.1 && variance > 0.5 * expected && variance < 3 * expected,
                variance + " for " + expected + ": " + estimate.finding());
    }

    /** What is finer than the patches must not be taken for photon noise. */
    @ParameterizedTest
    @CsvSource({"0.7, 200", "0.7, 1000", "0.8, 500", "0.8, 3000", "1.0, 1000"})
    void fineBrightStructureIsNoPhotonNoise(double blur, double photons) {
        final PoissonGaussian camera = new PoissonGaussian(2, 100, 4);
        for (int seed = 1; seed <= 3; seed++) {
            final float[] fine = scaled(filaments(seed, blur), 2 * photons, 100);
            final NoiseEstimate estimate = estimate(camera.simulate(fine, seed));
            for (final double share : new double[] {0.02, 0.3, 0.8}) {
                final double level = 100 + 2 * photons * share;
                assertEquals(
                        0,
                        Math.log(estimate.model().variance(level) / camera.variance(level)),
                        Math.log(1.6),
                        estimate.finding() + " at " + level + ", seed " + seed);
            }
        }
    }

    /**
     * Membranes: whatever is bright is fine structure. The dark cells between them know the noise,
     * and a line that leaves them none is wrong.
     */
    @ParameterizedTest
    @CsvSource({"0.6, 100", "0.6, 500", "0.6, 3000", "1.0, 3000"})
    void brightStructureDoesNotOutvoteDarkGround(double blur, double photons) {
        final PoissonGaussian camera = new PoissonGaussian(2, 100, 2);
        for (int seed = 1; seed <= 3; seed++) {
            final float[] cells = scaled(smoothed(membranes(seed), blur), 2 * photons, 100);
            final NoiseEstimate estimate = estimate(camera.simulate(cells, seed));
            for (final double share : new double[] {0.1, 0.3, 0.8}) {
                final double level = 100 + 2 * photons * share;
                assertEquals(
                        1,
                        estimate.model().variance(level) / camera.variance(level),
                        0.25,
                        estimate.finding() + " at " + level + ", seed " + seed);
            }
        }
    }

    /** Walls two pixels wide between the nearest of random points; 0.1 to 1. */
    private static float[] membranes(int seed) {
        final Random random = new Random(seed);
        final double[][] points = new double[70][];
        for (int k = 0; k < points.length; k++)
            points[k] = new double[] {random.nextDouble() * SIZE, random.nextDouble() * SIZE};
        final float[] plane = new float[SIZE * SIZE];
        for (int i = 0; i < plane.length; i++) {
            double nearest = Double.POSITIVE_INFINITY;
            double second = Double.POSITIVE_INFINITY;
            for (final double[] point : points) {
                final double distance = Math.hypot(i % SIZE - point[0], i / SIZE - point[1]);
                second = Math.min(second, Math.max(nearest, distance));
                nearest = Math.min(nearest, distance);
            }
            plane[i] = (float) (0.1 + 0.9 * Math.exp(-Math.pow((second - nearest) / 2.2, 2)));
        }
        return plane;
    }

    /** Cells at a quarter to half of the range, lines across them, single points; 0.02 to 1. */
    private static float[] filaments(int seed, double blur) {
        final Random random = new Random(seed);
        final float[] plane = new float[SIZE * SIZE];
        for (int k = 0; k < 15; k++) {
            final double x = random.nextDouble() * SIZE;
            final double y = random.nextDouble() * SIZE;
            final double r = 6 + 8 * random.nextDouble();
            final float level = 0.25f + 0.25f * random.nextFloat();
            for (int i = 0; i < plane.length; i++)
                if (Math.hypot(i % SIZE - x, i / SIZE - y) < r)
                    plane[i] = Math.max(plane[i], level);
        }
        for (int k = 0; k < 30; k++) {
            double x = random.nextDouble() * SIZE;
            double y = random.nextDouble() * SIZE;
            double turn = 2 * Math.PI * random.nextDouble();
            for (int step = 0; step < 60; step++) {
                turn += 0.15 * random.nextGaussian();
                x += 0.7 * Math.cos(turn);
                y += 0.7 * Math.sin(turn);
                if (x >= 0 && y >= 0 && x < SIZE && y < SIZE)
                    plane[(int) y * SIZE + (int) x] = 0.9f;
            }
        }
        for (int k = 0; k < 60; k++) plane[random.nextInt(plane.length)] = 1.6f;
        final float[] blurred = smoothed(plane, blur);
        float most = 0;
        for (final float value : blurred) most = Math.max(most, value);
        return scaled(blurred, 0.98 / most, 0.02);
    }

    /** Blurred discs of 500 to 1000 grey levels, radius 6 to 14, on 100. */
    private static float[] fewObjects(int size, int objects) {
        final Random random = new Random(7);
        final double[][] discs = new double[objects][];
        for (int k = 0; k < objects; k++)
            discs[k] =
                    new double[] {
                        20 + random.nextDouble() * (size - 40),
                        20 + random.nextDouble() * (size - 40),
                        6 + random.nextDouble() * 8,
                        400 + random.nextDouble() * 500
                    };
        final float[] plane = new float[size * size];
        for (int y = 0; y < size; y++)
            for (int x = 0; x < size; x++) {
                double level = 100;
                for (final double[] disc : discs) {
                    final double rim = Math.hypot(x - disc[0], y - disc[1]) - disc[2];
                    level = Math.max(level, 100 + disc[3] / (1 + Math.exp(1.7 * rim)));
                }
                plane[y * size + x] = (float) level;
            }
        return plane;
    }

    @Test
    void doesNotDependOnTheUnitOfGreyLevels() {
        final float[] noisy = new PoissonGaussian(1, 0, 2).simulate(scaled(scene(), 100, 0), 3);
        final PoissonGaussian camera = (PoissonGaussian) estimate(noisy).model();
        final PoissonGaussian large = (PoissonGaussian) estimate(scaled(noisy, 300, 0)).model();
        assertEquals(300 * camera.gain(), large.gain(), 1e-3 * large.gain());
        assertEquals(300 * camera.readout(), large.readout(), 1e-2 * large.readout());
        final double shifted =
                estimate(scaled(new Gaussian(5).simulate(scene(), 3), 1, 4096)).gaussian().sigma();
        assertEquals(
                estimate(new Gaussian(5).simulate(scene(), 3)).gaussian().sigma(), shifted, 0.01);
    }

    @Test
    void theOffsetLiesBelowTheImage() {
        // Background was subtracted: the dark parts are negative.
        final float[] noisy = new PoissonGaussian(1, 0, 2).simulate(scaled(scene(), 200, 0), 3);
        final PoissonGaussian camera = (PoissonGaussian) estimate(scaled(noisy, 1, -30)).model();
        assertTrue(camera.offset() <= -18, "offset " + camera.offset());
        assertEquals(14, camera.variance(-20), 3);
    }

    @Test
    void clippedPixelsDoNotCount() {
        // Nearly half of the image is saturated or black.
        final float[] noisy = new Gaussian(10).simulate(scaled(scene(), 430, -20), 3);
        for (int i = 0; i < noisy.length; i++)
            noisy[i] = Math.max(0, Math.min(255, Math.round(noisy[i])));
        final NoiseEstimate estimate = estimate(noisy);
        assertEquals(10, estimate.gaussian().sigma(), 1);
        assertEquals(2, estimate.warnings().size(), estimate.warnings().toString());
        assertTrue(estimate.warnings().get(0).contains("clipped at 0"));
        assertTrue(estimate.warnings().get(1).contains("clipped at 255"));
    }

    /**
     * A dark ground of which up to four pixels in ten are cut off: patches without any are not
     * those of a typical noise.
     */
    @ParameterizedTest
    @CsvSource({"72, 80", "150, 80", "192, 1000"})
    void noiseThatIsCutOffIsFoundWhole(int size, double ground) {
        final float[] whole = scaled(scene(), 4000, -200 + ground);
        final float[] part = new float[size * size];
        for (int i = 0; i < part.length; i++) part[i] = whole[i / size * SIZE + i % size];
        for (final boolean above : new boolean[] {false, true}) {
            final float[] noisy = new Gaussian(203).simulate(part, 3);
            for (int i = 0; i < noisy.length; i++) {
                noisy[i] = Math.max(0, noisy[i]);
                if (above) noisy[i] = 4095 - noisy[i];
            }
            final NoiseEstimate estimate = NoiseEstimator.estimate(noisy, size, size);
            assertInstanceOf(Gaussian.class, estimate.model(), estimate.finding());
            assertEquals(203, estimate.gaussian().sigma(), 0.06 * 203, "above " + above);
        }
    }

    @Test
    void missingPixelsDoNotCount() {
        final float[] noisy = new Gaussian(10).simulate(scaled(scene(), 200, 0), 3);
        for (int i = 0; i < noisy.length; i += 57) noisy[i] = Float.NaN;
        noisy[5] = Float.NEGATIVE_INFINITY;
        assertEquals(10, estimate(noisy).gaussian().sigma(), 1);
    }

    /** Rounding adds a variance of 1/12; the noise is hardly wider than a grey level. */
    @Test
    void survivesRoundingToGreyLevels() {
        final float[] noisy = new Gaussian(0.7).simulate(scaled(scene(), 100, 20), 3);
        for (int i = 0; i < noisy.length; i++) noisy[i] = Math.round(noisy[i]);
        final double expected = Math.sqrt(0.7 * 0.7 + 1 / 12.0);
        assertEquals(expected, estimate(noisy).gaussian().sigma(), 0.1 * expected);
    }

    @ParameterizedTest
    @CsvSource({"0.5, 0.1, 0.25", "0.7, 0.3, 0.45", "1.0, 0.45, 0.65"})
    void correlatedNoiseIsNoticed(double blur, double least, double most) {
        final float[] noise = smoothed(new Gaussian(20).simulate(new float[SIZE * SIZE], 3), blur);
        final float[] noisy = scaled(scene(), 50, 0);
        for (int i = 0; i < noisy.length; i++) noisy[i] += noise[i];
        final NoiseEstimate estimate = estimate(noisy);
        assertTrue(
                estimate.correlation().strongest() > least
                        && estimate.correlation().strongest() < most,
                "correlation " + estimate.correlation().strongest());
        final boolean warns =
                estimate.warnings().stream().anyMatch(text -> text.contains("correlated"));
        assertEquals(estimate.correlation().strongest() > 0.15, warns);
    }

    /** A blur keeps the mean, and so the strength of noise over many pixels. */
    @ParameterizedTest
    @ValueSource(doubles = {0, 0.4, 0.45})
    void correlatedNoiseCountsAsWhatItIsOverManyPixels(double blur) {
        final float[] white = new Gaussian(20).simulate(new float[SIZE * SIZE], 3);
        final float[] noise = blur == 0 ? white : smoothed(white, blur);
        final float[] noisy = scaled(scene(), 50, 0);
        for (int i = 0; i < noisy.length; i++) noisy[i] += noise[i];
        final NoiseEstimate estimate = estimate(noisy);
        final double fine = estimate.model().variance(100);
        final double coarse = estimate.model(new Identity()).variance(100);
        assertEquals(1, coarse / 400, 0.25, estimate.toString());
        if (blur == 0) assertEquals(fine, coarse, 0);
        else assertTrue(fine < 0.7 * coarse, estimate.toString());
    }

    /** Chance correlates the noise of few pixels; that must not smooth them more. */
    @Test
    void whiteNoiseOfSmallImagesIsNotCorrelated() {
        final int side = 28;
        final float[] even = new float[side * side];
        Arrays.fill(even, 100);
        for (int seed = 1; seed <= 40; seed++) {
            final NoiseEstimate estimate =
                    NoiseEstimator.estimate(new Gaussian(5).simulate(even, seed), side, side);
            assertFalse(
                    estimate.correlation().isFound(),
                    "seed " + seed + ": " + estimate.correlation());
        }
    }

    /** Smooth structure beyond the noise is correlated along diagonals as well. */
    @Test
    void structureIsNoCorrelatedNoise() {
        final float[] noisy = new Gaussian(2).simulate(scaled(filaments(1, 1.0), 300, 0), 3);
        final NoiseEstimate estimate = estimate(noisy);
        assertEquals(estimate.model(), estimate.model(new Identity()), estimate.toString());
    }

    private static float[] smoothed(float[] plane, double sigma) {
        final PointSpreadFunction kernel = GaussianPsf.of(sigma, sigma);
        final int reach = kernel.width() / 2;
        final float[] result = new float[plane.length];
        for (int y = 0; y < SIZE; y++)
            for (int x = 0; x < SIZE; x++) {
                double sum = 0;
                for (int v = -reach; v <= reach; v++)
                    for (int u = -reach; u <= reach; u++)
                        sum +=
                                kernel.at(u, v)
                                        * plane[
                                                Math.floorMod(y + v, SIZE) * SIZE
                                                        + Math.floorMod(x + u, SIZE)];
                result[y * SIZE + x] = (float) sum;
            }
        return result;
    }

    @ParameterizedTest
    @CsvSource({"24, 24, 0.12", "30, 200, 0.05", "16, 16, 0.25", "3, 300, 0.25", "8, 8, 0.5"})
    void smallImagesGetARougherEstimate(int width, int height, double tolerance) {
        double sum = 0;
        final int repeats = 20;
        for (int seed = 0; seed < repeats; seed++) {
            final float[] ramp = new float[width * height];
            for (int i = 0; i < ramp.length; i++) ramp[i] = i % width + i / width;
            final NoiseEstimate estimate =
                    NoiseEstimator.estimate(new Gaussian(4).simulate(ramp, seed), width, height);
            assertEquals(4, estimate.gaussian().sigma(), 4 * 4 * tolerance, "seed " + seed);
            sum += estimate.gaussian().sigma();
        }
        assertEquals(4, sum / repeats, 4 * tolerance);
    }

    @Test
    void saysWhenThereIsNothingToMeasure() {
        final float[] constant = new float[SIZE * SIZE];
        Arrays.fill(constant, 7);
        assertNone("constant", estimate(constant));
        Arrays.fill(constant, Float.NaN);
        assertNone("no finite pixel", estimate(constant));
        assertNone("too small", NoiseEstimator.estimate(new float[] {1, 5, 2, 8, 3, 1}, 3, 2));
        final float[] ramp = new float[SIZE * SIZE];
        for (int i = 0; i < ramp.length; i++) ramp[i] = i % SIZE;
        assertNone("No noise was found", estimate(ramp));
        assertThrows(
                IllegalArgumentException.class, () -> NoiseEstimator.estimate(new float[5], 2, 3));
    }

    private static void assertNone(String part, NoiseEstimate estimate) {
        assertInstanceOf(None.class, estimate.model());
        assertEquals(0, estimate.gaussian().sigma());
        assertTrue(estimate.poissonGaussian().isEmpty());
        assertTrue(estimate.finding().contains(part), estimate.finding());
    }

    @ParameterizedTest
    @MethodSource("benchNames")
    void findsTheGaussianNoiseOfRealImages(String name) {
        final NoiseEstimate estimate =
                estimate(Bench.measured("denoise-gaussian-25", name).channels()[0]);
        assertEquals(0.098039, estimate.gaussian().sigma(), 0.05 * 0.098039);
    }

    @ParameterizedTest
    @MethodSource("benchNames")
    void findsThePhotonNoiseOfRealImages(String name) {
        final NoiseEstimate estimate =
                estimate(Bench.measured("denoise-poisson-40", name).channels()[0]);
        assertInstanceOf(PoissonGaussian.class, estimate.model(), estimate.finding());
        final PoissonGaussian truth = new PoissonGaussian(1, 0, 1.5);
        for (final double level : new double[] {8, 15, 25, 40})
            assertEquals(
                    1,
                    Math.sqrt(estimate.model().variance(level) / truth.variance(level)),
                    0.1,
                    estimate.finding() + " at " + level);
    }

    static Iterable<String> benchNames() {
        return Bench.images();
    }
}
