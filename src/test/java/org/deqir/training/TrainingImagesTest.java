/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.deqir.image.Plane;
import org.deqir.training.TrainingImages.Area;
import org.junit.jupiter.api.Test;

class TrainingImagesTest {

    private static Plane plane(int width, int height, long seed) {
        final float[] samples = new float[width * height];
        final Random random = new Random(seed);
        for (int i = 0; i < samples.length; i++) samples[i] = 100 + 30 * random.nextFloat();
        return Plane.of(samples, width, height);
    }

    private static TrainingImages.Builder builder() {
        return new TrainingImages.Builder(1, 1, Long.MAX_VALUE);
    }

    @Test
    void ofManyImagesATenthIsHeldOut() {
        final TrainingImages.Builder builder = builder();
        for (int i = 0; i < 25; i++) builder.add("image " + i, plane(20, 20, i));
        final TrainingImages images = builder.build(16, 1);
        assertEquals(22, images.training().size());
        assertEquals(3, images.heldOut().size());
        final Set<Picture> pictures = new HashSet<>();
        for (final Area area : images.training()) pictures.add(area.picture());
        for (final Area area : images.heldOut())
            assertTrue(pictures.add(area.picture()), "held out and trained on");
        assertEquals("25 images of 10000 pixels in all", images.describe());
    }

    @Test
    void imagesSmallerThanAPatchAreLeftOutAndCounted() {
        final TrainingImages images =
                builder()
                        .add("large", plane(64, 40, 1))
                        .add("narrow", plane(64, 12, 2))
                        .add("small", plane(9, 9, 3))
                        .build(16, 1);
        assertEquals(
                "1 image of 2560 pixels in all (2 smaller than a patch left out)",
                images.describe());
    }

    @Test
    void ofFewImagesThePartsDoNotOverlap() {
        final TrainingImages images =
                builder().add("wide", plane(100, 30, 1)).add("high", plane(20, 60, 2)).build(16, 1);
        assertEquals(2, images.training().size());
        for (int i = 0; i < 2; i++) {
            final Area training = images.training().get(i);
            final Area heldOut = images.heldOut().get(i);
            final boolean beside = training.left() + training.width() <= heldOut.left();
            final boolean above = training.top() + training.height() <= heldOut.top();
            assertTrue(beside || above);
            assertTrue(heldOut.width() >= 16 && heldOut.height() >= 16);
            assertEquals(
                    training.picture().width() * training.picture().height(),
                    training.width() * training.height() + heldOut.width() * heldOut.height());
        }
    }

    @Test
    void imagesFillTheRangeOfThePrior() {
        final Picture picture =
                builder().add("a", plane(64, 64, 1)).build(16, 1).training().get(0).picture();
        float least = 9;
        float most = -9;
        for (int i = 0; i < 64; i++)
            for (int j = 0; j < 64; j++) {
                least = Math.min(least, picture.at(0, i, j));
                most = Math.max(most, picture.at(0, i, j));
            }
        assertEquals(-0.9, least, 0.03);
        assertEquals(0.9, most, 0.03);
    }

    @Test
    void shrinkingTakesMeansOfBlocks() {
        final Plane small = Picture.shrunk(Plane.of(new float[] {1, 3, 9, 5, 7, 9}, 3, 2), 2);
        assertEquals(1, small.width());
        assertEquals(1, small.height());
        assertEquals(4, small.channels()[0][0], 1e-6);
    }

    @Test
    void ofLargeImagesTheMiddleIsKept() {
        final float[] samples = new float[100];
        samples[55] = 1;
        final Picture picture =
                new TrainingImages.Builder(1, 1, 36)
                        .add("a", Plane.of(samples, 10, 10))
                        .build(3, 1)
                        .training()
                        .get(0)
                        .picture();
        assertEquals(6, picture.width());
        assertTrue(picture.at(0, 3, 3) > picture.at(0, 2, 3));
    }

    @Test
    void theFingerprintKnowsEverySampleAndTheSplit() {
        final String one = builder().add("a", plane(64, 64, 1)).build(16, 1).fingerprint();
        assertEquals(one, builder().add("b", plane(64, 64, 1)).build(16, 1).fingerprint());
        assertNotEquals(one, builder().add("a", plane(64, 64, 2)).build(16, 1).fingerprint());
        assertNotEquals(one, builder().add("a", plane(64, 64, 1)).build(16, 2).fingerprint());
        assertNotEquals(one, builder().add("a", plane(64, 64, 1)).build(32, 1).fingerprint());
    }

    @Test
    void whatCannotBeTrainedOnIsRefusedByName() {
        final Plane rgb = new Plane(new float[3][64], 8, 8);
        assertMessage("The RGB image x.png does not fit", () -> builder().add("x.png", rgb));
        final Plane broken = plane(8, 8, 1);
        broken.channels()[0][7] = Float.NaN;
        assertMessage("NaN or infinite pixels in y.tif", () -> builder().add("y.tif", broken));
        assertMessage(
                "patch = 64 needs an image of at least 128 × 64 pixels, or 8 of 64 × 64, but the"
                        + " only image has 100 × 90 pixels",
                () -> builder().add("z", plane(100, 90, 1)).build(64, 1));
        assertMessage("there is no image", () -> builder().build(64, 1));
    }

    private static void assertMessage(String part, Runnable action) {
        final String message =
                assertThrows(IllegalArgumentException.class, action::run).getMessage();
        assertTrue(message.contains(part), message);
        assertFalse(message.contains("\n"));
    }
}
