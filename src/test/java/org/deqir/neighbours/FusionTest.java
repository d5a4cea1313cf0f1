/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.neighbours;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.deqir.image.Plane;
import org.deqir.neighbours.Fusion.Fused;
import org.deqir.neighbours.Fusion.Neighbour;
import org.deqir.physics.noise.NoiseModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What enters an average, on drawn frames with camera noise. */
class FusionTest {

    private static final int SIZE = 128;
    private static final NoiseModel CAMERA = new NoiseModel.PoissonGaussian(8, 20, 6);

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void staticFramesAreAveragedLikeTheirMean(int neighbours) {
        final float[] scene = scene(1, 0, 0);
        final float[][] frames = new float[neighbours + 1][];
        for (int i = 0; i < frames.length; i++) frames[i] = CAMERA.simulate(scene, i);
        final Fused fused = fuse(frames);
        final float[] mean = new float[scene.length];
        for (final float[] frame : frames)
            for (int i = 0; i < mean.length; i++) mean[i] += frame[i] / frames.length;
        assertTrue(
                fused.meanExposures() > 0.95 * frames.length,
                () -> fused.meanExposures() + " of " + frames.length);
        final double decibel = 10 * Math.log10(error(fused, scene) / error(mean, scene));
        assertTrue(decibel < 0.2, () -> decibel + " dB worse than the mean");
    }

    @ParameterizedTest
    @CsvSource({"5, 0", "-4, 3", "31, -17"})
    void aShiftedFrameIsFound(int dx, int dy) {
        final float[] scene = scene(2, 0, 0);
        final Fused fused = fuse(CAMERA.simulate(scene, 1), CAMERA.simulate(scene(2, dx, dy), 2));
        final double view = (1 - Math.abs(dx) / (double) SIZE) * (1 - Math.abs(dy) / (double) SIZE);
        assertTrue(
                fused.meanExposures() > 1 + 0.85 * view,
                () -> fused.meanExposures() + " exposures of " + (1 + view));
        assertTrue(
                error(fused, scene) < (1 - 0.4 * view) * error(CAMERA.simulate(scene, 1), scene));
    }

    /** A bright disc of 12 pixels on a textured ground. */
    @ParameterizedTest
    @ValueSource(ints = {2, 5, 9})
    void aCellThatMovesLeavesNoGhost(int distance) {
        final float[] before = withDisc(scene(3, 0, 0), 60 - distance, 64);
        final float[] now = withDisc(scene(3, 0, 0), 60, 64);
        final float[] after = withDisc(scene(3, 0, 0), 60 + distance, 64);
        double[] bias = new double[SIZE * SIZE];
        double single = 0;
        double fusedError = 0;
        final int runs = 8;
        for (int run = 0; run < runs; run++) {
            final float[] own = CAMERA.simulate(now, 10 + run);
            final Fused fused =
                    fuse(own, CAMERA.simulate(before, 30 + run), CAMERA.simulate(after, 50 + run));
            for (int y = 44; y < 84; y++)
                for (int x = 30; x < 90; x++) {
                    final int i = y * SIZE + x;
                    final double e = fused.plane().channels()[0][i] - now[i];
                    bias[i] += e / runs;
                    fusedError += e * e;
                    single += Math.pow(own[i] - now[i], 2);
                }
        }
        double ghost = 0;
        for (int x = 60 - distance - 8; x < 60 + distance + 8; x++)
            ghost += Math.abs(mean(bias, x, 64)) / (2 * distance + 16);
        final double contrast = 160;
        final double worst = ghost / contrast;
        assertTrue(worst < 0.02, () -> "a ghost of " + worst + " of the cell");
        final double ratio = fusedError / single;
        assertTrue(ratio < 0.75, () -> "error " + ratio + " of that of the frame alone");
    }

    /** About a photon a pixel, and a shift that halved planes show as one between pixels. */
    @Test
    void theDriftOfFaintFramesIsFound() {
        final NoiseModel faint = new NoiseModel.PoissonGaussian(150, 20, 6);
        for (int seed = 1; seed <= 10; seed++) {
            final float[] own = faint.simulate(scene(seed, 0, 0), seed);
            final float[] other = faint.simulate(scene(seed, 3, 3), seed + 50);
            final Drift drift =
                    Drift.between(
                            Smoothed.of(Plane.of(own, SIZE, SIZE), faint),
                            Smoothed.of(Plane.of(other, SIZE, SIZE), faint));
            assertEquals(3, drift.dx(), 1, "seed " + seed + ": " + drift);
            assertEquals(3, drift.dy(), 1, "seed " + seed + ": " + drift);
        }
    }

    /** Of a photon in ten pixels, or some. */
    @ParameterizedTest
    @ValueSource(doubles = {400, 1500})
    void aShiftOfAFaintFrameIsFound(double gain) {
        final NoiseModel faint = new NoiseModel.PoissonGaussian(gain, 20, 6);
        final float[] scene = scene(2, 0, 0);
        final float[] own = faint.simulate(scene, 1);
        final Fused fused =
                Fusion.of(
                        Plane.of(own, SIZE, SIZE),
                        List.of(
                                new Neighbour(
                                        Plane.of(faint.simulate(scene(2, 4, 3), 2), SIZE, SIZE),
                                        1)),
                        faint);
        final double ratio =
                error(smooth(fused.plane().channels()[0]), smooth(scene))
                        / error(smooth(own), smooth(scene));
        assertTrue(ratio < 0.8, () -> "error " + ratio + " of that of the frame alone");
    }

    private static double mean(double[] plane, int x, int y) {
        double sum = 0;
        for (int v = y - 2; v <= y + 2; v++)
            for (int u = x - 2; u <= x + 2; u++) sum += plane[v * SIZE + u] / 25;
        return sum;
    }

    /** What enters from there is ground, or looks the same: local means get no worse. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void anotherFieldDoesNoHarm(int neighbours) {
        final float[] scene = scene(4, 0, 0);
        final float[][] frames = new float[neighbours + 1][];
        frames[0] = CAMERA.simulate(scene, 1);
        for (int i = 1; i <= neighbours; i++) frames[i] = CAMERA.simulate(scene(50 + i, 0, 0), i);
        final Fused fused = fuse(frames);
        final double own = error(smooth(frames[0]), smooth(scene));
        final double averaged = error(smooth(fused.plane().channels()[0]), smooth(scene));
        assertTrue(averaged < 1.02 * own, () -> averaged / own + " of the frame's own error");
    }

    private static float[] smooth(float[] plane) {
        return Window.mean(plane, SIZE, SIZE);
    }

    /** The left half of the neighbours is bright with light that the plane does not have. */
    @Test
    void whatNoNeighbourSharesIsThePlaneItselfWithItsNoise() {
        final float[] scene = scene(5, 0, 0);
        final float[] changed = scene.clone();
        for (int i = 0; i < changed.length; i++) if (i % SIZE < SIZE / 2) changed[i] += 150;
        final float[] own = CAMERA.simulate(scene, 1);
        final Fused fused = fuse(own, CAMERA.simulate(changed, 2), CAMERA.simulate(changed, 3));
        final Blend blend = new Blend(Plane.of(own, SIZE, SIZE), fused);
        assertEquals(3, Blend.exposures(fused), 0.2);
        assertTrue(blend.isUneven());
        for (int y = 0; y < SIZE; y += 8) {
            final int left = y * SIZE + SIZE / 4;
            assertEquals(own[left], blend.plane().channels()[0][left]);
            assertEquals(Blend.exposures(fused), blend.variances().channels()[0][left], 1e-3);
        }
        double right = 0;
        for (int y = 0; y < SIZE; y++)
            for (int x = SIZE * 5 / 8; x < SIZE * 7 / 8; x++)
                right += blend.variances().channels()[0][y * SIZE + x] / (SIZE * SIZE / 4.0);
        assertEquals(1, right, 0.15);
    }

    @Test
    void aBleachedFrameEntersAtTheBrightnessOfTheOwn() {
        final float[] scene = scene(6, 0, 0);
        final float[] bleached = new float[scene.length];
        for (int i = 0; i < scene.length; i++) bleached[i] = 20 + 0.7f * (scene[i] - 20);
        final float[] own = CAMERA.simulate(scene, 1);
        final Fused fused = fuse(own, CAMERA.simulate(bleached, 2));
        assertTrue(fused.meanExposures() > 1.55, () -> fused.meanExposures() + " exposures");
        assertEquals(mean(scene), mean(fused.plane().channels()[0]), 0.01 * mean(scene));
        assertTrue(error(fused, scene) < 0.75 * error(own, scene));
    }

    /** Of a peak of 5 standard deviations of the noise, and a width of 1.5 pixels. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void aBlinkingPointKeepsItsFluxAndStaysInItsFrame(int neighbours) {
        final float[] ground = new float[SIZE * SIZE];
        Arrays.fill(ground, 100);
        final float[] points = ground.clone();
        final double peak = 5 * Math.sqrt(CAMERA.variance(100));
        for (int i = 0; i < points.length; i++) {
            final double x = i % SIZE % 32 - 16;
            final double y = i / SIZE % 32 - 16;
            points[i] += (float) (peak * Math.exp(-(x * x + y * y) / (2 * 1.5 * 1.5)));
        }
        final float[][] frames = new float[neighbours + 1][];
        for (int i = 0; i < frames.length; i++) frames[i] = CAMERA.simulate(ground, i);
        final float[][] blinking = frames.clone();
        blinking[0] = frames[0].clone();
        for (int i = 0; i < points.length; i++) blinking[0][i] += points[i] - ground[i];
        final double flux = flux(points, ground);
        final double kept = flux(fuse(blinking).plane().channels()[0], blinking[0]) / flux;
        assertEquals(0, kept, 0.05, "what the average adds to the frame's own points");
        final float[][] turned = blinking.clone();
        turned[0] = blinking[1];
        turned[1] = blinking[0];
        final float[][] without = turned.clone();
        without[1] = frames[0];
        final double ghost =
                flux(fuse(turned).plane().channels()[0], fuse(without).plane().channels()[0])
                        / flux;
        assertEquals(0, ghost, 0.05, "what a neighbour sees of the points");
    }

    /** Mean of what a plane has more than another within 6 pixels of the points. */
    private static double flux(float[] plane, float[] other) {
        double sum = 0;
        for (int i = 0; i < plane.length; i++)
            if (Math.hypot(i % SIZE % 32 - 16, i / SIZE % 32 - 16) <= 6)
                sum += (plane[i] - other[i]) / 16;
        return sum;
    }

    @Test
    void channelsShareWhatEnters() {
        final float[] scene = scene(7, 0, 0);
        final NoiseModel noise = new NoiseModel.Gaussian(10);
        final float[][] own = new float[3][];
        final float[][] other = new float[3][];
        for (int c = 0; c < 3; c++) {
            own[c] = noise.simulate(scene, c);
            other[c] = noise.simulate(c == 2 ? scene(8, 0, 0) : scene, 10 + c);
        }
        final Plane plane = new Plane(own, SIZE, SIZE);
        final Fused fused =
                Fusion.of(plane, List.of(new Neighbour(new Plane(other, SIZE, SIZE), 1)), noise);
        assertTrue(fused.meanExposures() < 1.25, () -> fused.meanExposures() + " exposures");
    }

    @Test
    void inputsStayAsTheyWereAndMustFit() {
        final float[] own = CAMERA.simulate(scene(9, 0, 0), 1);
        final float[] other = CAMERA.simulate(scene(9, 3, 0), 2);
        final float[] copy = own.clone();
        final float[] otherCopy = other.clone();
        fuse(own, other);
        assertArrayEquals(copy, own);
        assertArrayEquals(otherCopy, other);
        final IllegalArgumentException problem =
                assertThrows(
                        IllegalArgumentException.class,
                        () ->
                                Fusion.of(
                                        Plane.of(own, SIZE, SIZE),
                                        List.of(new Neighbour(Plane.of(new float[6], 3, 2), 1)),
                                        CAMERA));
        assertTrue(problem.getMessage().contains("3 × 2"), problem.getMessage());
    }

    /**
     * A third of the own pixels are NaN, and of the neighbour's a square larger than motion within
     * it can reach out of.
     */
    @Test
    void unknownPixelsEnterNoAverage() {
        final float[] scene = scene(5, 0, 0);
        final float[] own = CAMERA.simulate(scene, 1);
        final float[] other = CAMERA.simulate(scene, 2);
        final float[] both = own.clone();
        for (int i = 0; i < own.length; i++) {
            if (i % 3 == 0) own[i] = Float.NaN;
            if (isWithin(i, 40)) other[i] = Float.NaN;
        }
        final Fused fused = fuse(own, other);
        double alone = 0;
        double shared = 0;
        for (int i = 0; i < own.length; i++) {
            assertTrue(Float.isFinite(fused.plane().channels()[0][i]));
            if (i % 3 == 0) continue;
            if (isWithin(i, 20)) {
                assertEquals(both[i], fused.plane().channels()[0][i], "nothing was added");
                assertEquals(1, fused.exposures()[i], 1e-6);
            } else if (!isWithin(i, 56)) {
                alone += Math.pow(both[i] - scene[i], 2);
                shared += Math.pow(fused.plane().channels()[0][i] - scene[i], 2);
            }
        }
        final double ratio = shared / alone;
        assertTrue(ratio < 0.55, () -> "share of the noise's variance that is left: " + ratio);
        assertTrue(fused.meanExposures() > 1.75, () -> fused.meanExposures() + " exposures");
    }

    /** Whether a pixel is in a square in the middle. */
    private static boolean isWithin(int pixel, int edge) {
        return Math.abs(2 * (pixel % SIZE) - SIZE) < edge
                && Math.abs(2 * (pixel / SIZE) - SIZE) < edge;
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "7, 5", "33, 20"})
    void planesOfAnySizeAreAveraged(int width, int height) {
        final float[] flat = new float[width * height];
        Arrays.fill(flat, 50);
        final NoiseModel noise = new NoiseModel.Gaussian(3);
        final Fused fused =
                Fusion.of(
                        Plane.of(noise.simulate(flat, 1), width, height),
                        List.of(new Neighbour(Plane.of(noise.simulate(flat, 2), width, height), 1)),
                        noise);
        final double least = width * height > 100 ? 1.6 : 1; // few pixels may differ by chance
        assertTrue(fused.meanExposures() >= least, () -> fused.meanExposures() + " exposures");
    }

    private static Fused fuse(float[]... frames) {
        final List<Neighbour> neighbours = new ArrayList<>();
        IntStream.range(1, frames.length)
                .forEach(
                        i ->
                                neighbours.add(
                                        new Neighbour(
                                                Plane.of(frames[i], SIZE, SIZE), (i + 1) / 2)));
        return Fusion.of(Plane.of(frames[0], SIZE, SIZE), neighbours, CAMERA);
    }

    private static double error(Fused fused, float[] truth) {
        return error(fused.plane().channels()[0], truth);
    }

    private static double error(float[] plane, float[] truth) {
        double sum = 0;
        for (int i = 0; i < plane.length; i++) sum += Math.pow(plane[i] - truth[i], 2);
        return sum;
    }

    private static double mean(float[] plane) {
        double sum = 0;
        for (final float value : plane) sum += value / plane.length;
        return sum;
    }

    /** Spots of 2 to 6 pixels on a ground, all moved. */
    private static float[] scene(int seed, int dx, int dy) {
        final Random random = new Random(seed);
        final float[] scene = new float[SIZE * SIZE];
        Arrays.fill(scene, 50);
        for (int n = 0; n < 150; n++) {
            final double x = (random.nextDouble() * 3 - 1) * SIZE + dx;
            final double y = (random.nextDouble() * 3 - 1) * SIZE + dy;
            final double width = 2 + 4 * random.nextDouble();
            final double peak = 40 + 160 * random.nextDouble();
            for (int v = (int) Math.max(0, y - 4 * width); v < Math.min(SIZE, y + 4 * width); v++)
                for (int u = (int) Math.max(0, x - 4 * width);
                        u < Math.min(SIZE, x + 4 * width);
                        u++)
                    scene[v * SIZE + u] +=
                            (float)
                                    (peak
                                            * Math.exp(
                                                    -((u - x) * (u - x) + (v - y) * (v - y))
                                                            / (2 * width * width)));
        }
        return scene;
    }

    private static float[] withDisc(float[] scene, int x, int y) {
        for (int i = 0; i < scene.length; i++) {
            final double distance = Math.hypot(i % SIZE - x, i / SIZE - y);
            scene[i] += (float) (160 / (1 + Math.exp(1.5 * (distance - 6))));
        }
        return scene;
    }
}
