/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.denoising;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.SplittableRandom;
import org.deqir.image.IntensityLimits;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
class ClippedDenoisingTest {

    private static final double SIGMA = 25;

    /** With the true mean as estimate, replacing what was clipped makes the samples unbiased. */
    @ParameterizedTest
    @ValueSource(doubles = {0, 5, 30, 80, 127, 200, 240, 255})
    void theMeanIsThatOfTheNoiseBeforeItWasClipped(double truth) {
        final IntensityLimits limits = new IntensityLimits(0, 255);
        final SplittableRandom random = new SplittableRandom(11);
        final int count = 200_000;
        double sum = 0;
        for (int i = 0; i < count; i++) {
            final double noisy = truth + SIGMA * random.nextGaussian();
            final double recorded = Math.max(0, Math.min(255, noisy));
            sum +=
                    limits.clips(recorded)
                            ? ClippedDenoising.expected(recorded, truth, SIGMA, limits)
                            : recorded;
        }
        assertEquals(truth, sum / count, 4 * SIGMA / Math.sqrt(count));
    }
}
