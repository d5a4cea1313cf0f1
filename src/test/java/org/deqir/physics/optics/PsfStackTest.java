/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.optics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.deqir.physics.optics.StackOptics.Modality;
import org.junit.jupiter.api.Test;

class PsfStackTest {

    private static StackOptics widefield() {
        return new StackOptics(Modality.WIDEFIELD, 1.2, 1.33, 1.33, 0, 0, 520, 520, 1, 0);
    }

    private static float[] samples(PsfStack psf, double gain, double background) {
        final float[] samples = psf.values();
        for (int i = 0; i < samples.length; i++)
            samples[i] = (float) (gain * samples[i] + background);
        return samples;
    }

    /** The corners of slices out of focus hold light, which is no background. */
    @Test
    void aComputedWidefieldPsfStaysAsItIs() {
        final PsfStack psf = widefield().psf(0.1, 0.1, 0.2, 25, 33);
        final PsfStack measured = PsfStack.ofMeasured(samples(psf, 1, 0), 33, 33, 25);
        assertEquals(psf.at(0, 0, 0), measured.at(0, 0, 0), 1e-6);
        assertEquals(psf.at(16, 16, 12), measured.at(16, 16, 12), 1e-7);
    }

    @Test
    void aBackgroundIsTakenAway() {
        final PsfStack psf = widefield().psf(0.1, 0.1, 0.2, 25, 33);
        final PsfStack measured = PsfStack.ofMeasured(samples(psf, 1e6, 300), 33, 33, 25);
        assertEquals(psf.at(0, 0, 0), measured.at(0, 0, 0), 0.05 * psf.at(0, 0, 0));
        assertEquals(psf.at(5, 0, 4), measured.at(5, 0, 4), 0.1 * psf.at(5, 0, 4));
    }

    @Test
    void theBrightestVoxelBecomesTheMiddle() {
        final float[] image = new float[8 * 7 * 6];
        image[(3 * 7 + 2) * 8 + 5] = 9;
        image[(3 * 7 + 2) * 8 + 4] = 1;
        final PsfStack psf = PsfStack.ofMeasured(image, 8, 7, 6);
        assertEquals(0.9, psf.at(0, 0, 0), 1e-6);
        assertEquals(0.1, psf.at(-1, 0, 0), 1e-6);
        assertEquals(11, psf.width());
        assertEquals(9, psf.height());
        assertEquals(7, psf.slices());
    }

    @Test
    void anotherGridHasTheSameLight() {
        final PsfStack fine = widefield().psf(0.1, 0.1, 0.1, 25, 33);
        final PsfStack coarse = fine.resampled(1, 1, 2);
        assertEquals(13, coarse.slices());
        assertEquals(
                fine.at(3, 0, 4) / fine.at(0, 0, 0), coarse.at(3, 0, 2) / coarse.at(0, 0, 0), 1e-5);
        final PsfStack same = coarse.resampled(0.5, 0.5, 0.5).resampled(2, 2, 2);
        assertEquals(coarse.at(1, 2, 3), same.at(1, 2, 3), 1e-7);
    }

    @Test
    void theMiddleIsNormalisedAgain() {
        final PsfStack psf = widefield().psf(0.1, 0.1, 0.2, 25, 33);
        final PsfStack middle = psf.cropped(10, 33, 7);
        assertEquals(9, middle.width());
        assertEquals(33, middle.height());
        assertEquals(7, middle.slices());
        assertEquals(1, middle.shareWithin(9, 33, 7), 1e-5);
        assertEquals(psf.at(0, 0, 0) / psf.shareWithin(9, 33, 7), middle.at(0, 0, 0), 1e-6);
    }

    @Test
    void whatIsNoPointIsRefused() {
        refused("corners", new float[27], 3, 3, 3);
        final float[] bright = new float[5 * 5 * 5];
        bright[0] = 1;
        refused("border", bright, 5, 5, 5);
        bright[7] = Float.NaN;
        refused("NaN", bright, 5, 5, 5);
    }

    private static void refused(String word, float[] image, int width, int height, int slices) {
        final String message =
                assertThrows(
                                IllegalArgumentException.class,
                                () -> PsfStack.ofMeasured(image, width, height, slices))
                        .getMessage();
        assertTrue(message.contains(word), message);
    }
}
