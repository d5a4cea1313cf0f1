/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.deqir.image.IntensityRange;
import org.deqir.image.Plane;
import org.deqir.training.TrainingImages.Area;
import org.junit.jupiter.api.Test;

class PatchSamplerTest {

    private static final IntensityRange AS_IT_IS = new IntensityRange(-1, 1);

    private static Picture picture(float[] samples, int width, int height) {
        return Picture.of(Plane.of(samples, width, height), AS_IT_IS, Long.MAX_VALUE);
    }

    private static PatchSampler sampler(Picture picture, int side, double enlarge) {
        return new PatchSampler(
                List.of(new Area(picture, 0, 0, picture.width(), picture.height())), side, enlarge);
    }

    @Test
    void allEightOrientationsAreDrawnEquallyOften() {
        // One bright pixel off every axis of symmetry: each orientation puts it elsewhere.
        final float[] samples = new float[16];
        Arrays.fill(samples, -1);
        samples[1] = 1;
        final PatchSampler sampler = sampler(picture(samples, 4, 4), 4, 1);
        final Map<Integer, Integer> places = new HashMap<>();
        for (int i = 0; i < 4000; i++) {
            final float[] patch = sampler.draw(StepRandom.at(1, 'b', i, 0));
            int brightest = 0;
            for (int p = 0; p < 16; p++) if (patch[p] > patch[brightest]) brightest = p;
            places.merge(brightest, 1, Integer::sum);
        }
        assertEquals(Set.of(1, 2, 4, 7, 8, 11, 13, 14), places.keySet());
        places.forEach((place, count) -> assertEquals(500, count, 80, "place " + place));
    }

    @Test
    void everyPixelIsReached() {
        final float[] samples = new float[11 * 9];
        for (int i = 0; i < samples.length; i++) samples[i] = i / 60f - 0.8f;
        final PatchSampler sampler = sampler(picture(samples, 11, 9), 8, 1);
        final Set<Integer> seen = new HashSet<>();
        for (int i = 0; i < 200; i++)
            for (final float value : sampler.plain(new Random(i)))
                seen.add(Math.round((value + 0.8f) * 60));
        assertEquals(samples.length, seen.size());
    }

    @Test
    void areasAreDrawnByTheRootOfTheirSize() {
        final float[] dark = new float[16 * 16];
        final float[] bright = new float[64 * 64];
        Arrays.fill(dark, -0.5f);
        Arrays.fill(bright, 0.5f);
        final PatchSampler sampler =
                new PatchSampler(
                        List.of(
                                new Area(picture(dark, 16, 16), 0, 0, 16, 16),
                                new Area(picture(bright, 64, 64), 0, 0, 64, 64)),
                        8,
                        1);
        int brights = 0;
        for (int i = 0; i < 5000; i++) if (sampler.plain(StepRandom.at(1, i))[0] > 0) brights++;
        assertEquals(4000, brights, 150);
    }

    @Test
    void contrastIsRaisedToAtMostTheWholeRange() {
        final float[] patch = {-0.5f, 0, 0.3f};
        PatchSampler.stretch(patch, 1);
        assertArrayEquals(new float[] {-0.5f, 0, 0.3f}, patch, 1e-6f);
        PatchSampler.stretch(patch, 0);
        assertArrayEquals(new float[] {-1, 0.25f, 1}, patch, 1e-6f);
    }

    @Test
    void enlargedPatchesAreSmootherAndKeepTheirLevels() {
        final Random random = new Random(3);
        final float[] samples = new float[64 * 64];
        for (int i = 0; i < samples.length; i++)
            samples[i] = (float) Math.max(-0.9, Math.min(0.9, 0.3 * random.nextGaussian()));
        final Picture picture = picture(samples, 64, 64);
        assertEquals(
                1, differences(sampler(picture, 16, 1)) / differences(sampler(picture, 16, 1)));
        assertTrue(
                differences(sampler(picture, 16, 3)) < 0.8 * differences(sampler(picture, 16, 1)));
        // An image that is a plane stays one, apart from the border.
        final float[] ramp = new float[8 * 8];
        for (int i = 0; i < ramp.length; i++) ramp[i] = i % 8;
        final float[] large = Enlargement.of(ramp, 1, 8, 16);
        for (int x = 3; x < 13; x++) assertEquals((x + 0.5) / 2 - 0.5, large[5 * 16 + x], 1e-5);
    }

    /** Mean absolute difference of neighbours over some patches. */
    private static double differences(PatchSampler sampler) {
        double sum = 0;
        for (int i = 0; i < 50; i++) {
            final float[] patch = sampler.plain(StepRandom.at(5, i));
            for (int p = 1; p < patch.length; p++)
                if (p % 16 > 0) sum += Math.abs(patch[p] - patch[p - 1]);
        }
        return sum;
    }
}
