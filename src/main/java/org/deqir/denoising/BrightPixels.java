/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.denoising;

import java.util.Arrays;
import org.deqir.image.Plane;
import org.deqir.physics.noise.FineNoise;

/**
 * Whether the pixels that stand out of a noisy image stand alone, as where most pixels have no
 * photon and some have one, or are parts of something: optics spread real points over their
 * neighbours.
 */
final class BrightPixels {

    /** Half the width of the window of the median that bright pixels stand out of. */
    private static final int REACH = 2;

    /** Height of bright pixels over the median, in standard deviations of the fine noise. */
    private static final double BRIGHT = 5;

    /** Fewer bright pixels tell nothing. */
    private static final int LEAST = 20;

    private BrightPixels() {}

    /**
     * Mean height of the four neighbours of bright pixels, over that of the pixels themselves: 0
     * for lone ones, 0.36 for points of sd 0.7 pixels.
     *
     * @return NaN if there are too few bright pixels to tell
     */
    static double connection(Plane plane) {
        final double least = BRIGHT * FineNoise.of(plane);
        final int width = plane.width();
        int count = 0;
        double heights = 0;
        double around = 0;
        for (final float[] channel : plane.channels()) {
            final float[] heightsOver = overMedian(channel, width, plane.height());
            for (int y = 1; y + 1 < plane.height(); y++)
                for (int x = 1; x + 1 < width; x++) {
                    final int i = y * width + x;
                    if (!(heightsOver[i] > least)) continue;
                    count++;
                    heights += heightsOver[i];
                    around +=
                            0.25
                                    * ((double) heightsOver[i - 1]
                                            + heightsOver[i + 1]
                                            + heightsOver[i - width]
                                            + heightsOver[i + width]);
                }
        }
        return count >= LEAST ? around / heights : Double.NaN;
    }

    private static float[] overMedian(float[] samples, int width, int height) {
        final float[] over = new float[samples.length];
        final float[] window = new float[(2 * REACH + 1) * (2 * REACH + 1)];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                int count = 0;
                for (int v = Math.max(0, y - REACH); v <= Math.min(height - 1, y + REACH); v++)
                    for (int u = Math.max(0, x - REACH); u <= Math.min(width - 1, x + REACH); u++)
                        window[count++] = samples[v * width + u];
                Arrays.sort(window, 0, count);
                over[y * width + x] = samples[y * width + x] - window[count / 2];
            }
        return over;
    }
}
