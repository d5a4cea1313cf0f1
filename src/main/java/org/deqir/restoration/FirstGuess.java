/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.restoration;

import org.deqir.image.Plane;
import org.deqir.physics.Degradation;
import org.deqir.physics.fill.BiharmonicFill;
import org.deqir.physics.operator.BicubicUpsampling;

/**
 * A classical restoration to start a chain from: the closer it is to the truth, the fewer noise
 * levels the chain needs.
 */
public final class FirstGuess {

    private FirstGuess() {}

    /**
     * The guess for a measured plane, of the size of the restored image, in the plane's units.
     *
     * @param measured a measurement that is an image; missing pixels have any value
     * @param channels channels of the restored image
     */
    static Plane of(Plane measured, Degradation degradation, int channels) {
        final float[][] guess = new float[channels][];
        for (int c = 0; c < channels; c++) {
            final float[] known = measured.channels()[Math.min(c, measured.channels().length - 1)];
            guess[c] = channel(known, measured.width(), measured.height(), degradation);
        }
        final int scale = degradation.scale();
        return new Plane(guess, measured.width() * scale, measured.height() * scale);
    }

    private static float[] channel(float[] known, int width, int height, Degradation degradation) {
        if (degradation instanceof Degradation.Downsampling downsampling)
            return downsampling.kernel() == Degradation.Downsampling.Kernel.AVERAGE
                    ? BicubicUpsampling.invertBlockAverage(
                            known, width, height, downsampling.factor())
                    : BicubicUpsampling.enlarge(known, width, height, downsampling.factor());
        if (degradation instanceof Degradation.MissingPixels mask)
            return new BiharmonicFill(missing(mask), width, height).fill(known);
        if (degradation instanceof Degradation.Sequence sequence)
            return channel(
                    channel(known, width, height, sequence.second()),
                    width,
                    height,
                    sequence.first());
        return known.clone();
    }

    /** The pixels a degradation leaves unknown, or null if it leaves none. */
    public static boolean[] missing(Degradation degradation) {
        if (degradation instanceof Degradation.Sequence sequence) return missing(sequence.second());
        if (!(degradation instanceof Degradation.MissingPixels mask)) return null;
        final boolean[] missing = mask.known();
        for (int i = 0; i < missing.length; i++) missing[i] = !missing[i];
        return missing;
    }
}
