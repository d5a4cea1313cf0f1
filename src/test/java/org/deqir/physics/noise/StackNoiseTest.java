/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.noise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.deqir.image.IntensityLimits;
import org.deqir.image.Plane;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Noise of frames that show the same texture, and of slices that do not. */
class StackNoiseTest {

    private static final int SIZE = 160;

    /** Texture as fine as the noise, of any strength. */
    @ParameterizedTest
    @CsvSource({"2, 100, 5, 3", "2, 100, 5, 60", "0.5, 100, 1, 300", "12, 5, 3, 20"})
    void structureIsNoNoise(double gain, double offset, double readout, double texture) {
        final NoiseModel.PoissonGaussian camera =
                new NoiseModel.PoissonGaussian(gain, offset, readout);
        final StackNoise found =
                StackNoise.estimate(
                        pairs(camera, texture(offset + 10 * texture, texture, 1)),
                        IntensityLimits.NONE);
        final NoiseModel model = found.model();
        for (final double level : new double[] {offset + 5 * texture, offset + 15 * texture})
            assertEquals(
                    1,
                    model.variance(level) / camera.variance(level),
                    0.12,
                    () -> found.finding() + " at " + level);
        assertTrue(found.finding().contains("3 pairs of neighbours"), found.finding());
    }

    @Test
    void noiseThatDoesNotGrowIsGaussian() {
        final StackNoise found =
                StackNoise.estimate(
                        pairs(new NoiseModel.Gaussian(7), texture(500, 40, 2)),
                        IntensityLimits.NONE);
        assertEquals(7, assertInstanceOf(NoiseModel.Gaussian.class, found.model()).sigma(), 0.3);
    }

    @Test
    void whatMovesInAFewPlacesDoesNotCount() {
        final NoiseModel noise = new NoiseModel.Gaussian(7);
        final List<Plane[]> pairs = pairs(noise, texture(500, 40, 3));
        final Random random = new Random(4);
        for (final Plane[] pair : pairs)
            for (int y = 20; y < 70; y++)
                for (int x = 20; x < 70; x++)
                    pair[1].channels()[0][y * SIZE + x] += 100 * random.nextFloat();
        final StackNoise found = StackNoise.estimate(pairs, IntensityLimits.NONE);
        assertEquals(7, Math.sqrt(found.model().variance(500)), 0.5);
    }

    /** Slices that share nothing: single planes tell more. */
    @Test
    void slicesThatDifferEverywhereAreMeasuredOneByOne() {
        final NoiseModel noise = new NoiseModel.Gaussian(7);
        final List<Plane[]> pairs = new ArrayList<>();
        for (int i = 0; i < 3; i++)
            pairs.add(
                    new Plane[] {
                        plane(noise.simulate(smoothTexture(10 + i), i)),
                        plane(noise.simulate(texture(500, 200, 20 + i), 10 + i))
                    });
        final StackNoise found = StackNoise.estimate(pairs, IntensityLimits.NONE);
        assertEquals(7, Math.sqrt(found.model().variance(500)), 1, found.finding());
        assertTrue(found.finding().contains("the median of 3 planes"), found.finding());
    }

    @Test
    void clippedSamplesAreLeftOut() {
        final NoiseModel.PoissonGaussian camera = new NoiseModel.PoissonGaussian(8, 10, 4);
        final List<Plane[]> pairs = pairs(camera, texture(120, 40, 5));
        for (final Plane[] pair : pairs)
            for (final Plane plane : pair)
                for (int i = 0; i < plane.size(); i++)
                    plane.channels()[0][i] = Math.min(240, plane.channels()[0][i]);
        final StackNoise found = StackNoise.estimate(pairs, new IntensityLimits(0, 240));
        assertEquals(1, found.model().variance(100) / camera.variance(100), 0.15);
    }

    @Test
    void planesWithoutNoiseHaveNone() {
        final StackNoise found =
                StackNoise.estimate(
                        pairs(new NoiseModel.None(), new float[SIZE * SIZE]), IntensityLimits.NONE);
        assertEquals(new NoiseModel.None(), found.model());
    }

    /**
     * Photons that are counted have no other noise than theirs. Where levels are whole numbers,
     * they are not known better than that: without a readout noise, dark parts would be exact.
     */
    @ParameterizedTest
    @CsvSource({"1, true", "0.75, false"})
    void wholeNumbersAreNotKnownBetterThanTheirRounding(float gain, boolean isWhole) {
        final float[] scene = new float[SIZE * SIZE];
        for (int i = 0; i < scene.length; i++) scene[i] = 0.02f + 8f * (i % SIZE) / SIZE;
        final List<Plane[]> pairs = pairs(new NoiseModel.PoissonGaussian(1, 0, 0), scene);
        for (final Plane[] pair : pairs)
            for (final Plane plane : pair)
                for (int i = 0; i < plane.size(); i++) plane.channels()[0][i] *= gain;
        final StackNoise found = StackNoise.estimate(pairs, IntensityLimits.NONE);
        assertTrue(found.finding().contains("in the differences"), found.finding());
        final double readout =
                assertInstanceOf(NoiseModel.PoissonGaussian.class, found.model()).readout();
        final double rounding = 1 / Math.sqrt(12);
        if (isWhole) assertEquals(rounding, readout, 1e-12);
        else assertTrue(readout < 0.5 * rounding, "readout noise " + readout);
    }

    private static List<Plane[]> pairs(NoiseModel noise, float[] scene) {
        final List<Plane[]> pairs = new ArrayList<>();
        for (int i = 0; i < 3; i++)
            pairs.add(
                    new Plane[] {
                        plane(noise.simulate(scene, 2 * i)), plane(noise.simulate(scene, 2 * i + 1))
                    });
        return pairs;
    }

    private static Plane plane(float[] samples) {
        return Plane.of(samples, SIZE, SIZE);
    }

    /** A ramp with a texture of single pixels. */
    private static float[] texture(double level, double strength, int seed) {
        final Random random = new Random(seed);
        final float[] texture = new float[SIZE * SIZE];
        for (int i = 0; i < texture.length; i++)
            texture[i] =
                    (float)
                            Math.max(
                                    level * 0.2,
                                    level * (0.5 + (double) (i % SIZE) / SIZE)
                                            + strength * random.nextGaussian());
        return texture;
    }

    private static float[] smoothTexture(int phase) {
        final float[] texture = new float[SIZE * SIZE];
        for (int i = 0; i < texture.length; i++)
            texture[i] = (float) (500 + 100 * Math.sin(i % SIZE * 0.1 + phase));
        return texture;
    }
}
