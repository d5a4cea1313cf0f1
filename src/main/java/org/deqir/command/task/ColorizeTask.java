/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.task;

import java.awt.Rectangle;
import java.util.List;
import org.deqir.command.image.PlaneSource;
import org.deqir.command.image.ResultImage.Samples;
import org.deqir.command.key.NoiseKeys;
import org.deqir.image.Plane;
import org.deqir.physics.degradation.GreyProjection;

/** Finds colours whose mean is the given grey level, exactly, also after rounding to 8 bits. */
public final class ColorizeTask extends RestorationTask {

    private static final int CONTEXT = 32;
    private static final int MOST = 255;

    /** Colorizes the planes of a grey or RGB image. */
    public ColorizeTask(PlaneSource source) {
        super(source, "colorized", GreyProjection.MEAN, new NoiseKeys("none", 0, 0, 0, 0), CONTEXT);
        if (source.isRgb())
            throw new IllegalArgumentException(
                    "'%s' is in colour already: a grey image is expected."
                            .formatted(source.image().getTitle()));
    }

    @Override
    public List<Integer> priorChannels() {
        return List.of(3);
    }

    @Override
    Samples samples() {
        return Samples.RGB;
    }

    @Override
    public Plane measurement(int index, Rectangle part) {
        final Plane plane = super.measurement(index, part);
        for (final float level : plane.channels()[0])
            if (level < 0 || level > MOST)
                throw new IllegalArgumentException(
                        "There is a grey level of "
                                + level
                                + " in "
                                + source.nameOf(index)
                                + ", but RGB holds 0 to 255: convert the image to 8-bit first.");
        return plane;
    }

    @Override
    Plane corrected(int index, Rectangle part, Plane measured, Plane restored) {
        final float[][] channels = restored.channels();
        final float[] colour = new float[3];
        for (int i = 0; i < restored.size(); i++) {
            for (int c = 0; c < 3; c++) colour[c] = channels[c][i];
            final int sum = Math.round(3 * measured.channels()[0][i]);
            final int[] rounded = withSum(colour, sum);
            for (int c = 0; c < 3; c++) channels[c][i] = rounded[c];
        }
        return restored;
    }

    /**
     * The colour of whole numbers 0 to 255 with a given sum, 0 to 765, that is next to a given one.
     */
    static int[] withSum(float[] colour, int sum) {
        final double[] wanted = new double[3];
        double shift = 0;
        // Shifting all channels alike keeps the hue; what clipping takes is given to the others.
        for (int round = 0; round < 4; round++) {
            double missing = sum;
            int free = 0;
            for (int c = 0; c < 3; c++) {
                wanted[c] = Math.max(0, Math.min(MOST, colour[c] + shift));
                missing -= wanted[c];
            }
            for (int c = 0; c < 3; c++) if (missing > 0 ? wanted[c] < MOST : wanted[c] > 0) free++;
            if (free == 0 || Math.abs(missing) < 1e-6) break;
            shift += missing / free;
        }
        final int[] rounded = new int[3];
        int rest = sum;
        for (int c = 0; c < 3; c++) {
            rounded[c] = (int) Math.round(wanted[c]);
            rest -= rounded[c];
        }
        while (rest != 0) {
            final int step = Integer.signum(rest);
            int best = -1;
            for (int c = 0; c < 3; c++) {
                final int next = rounded[c] + step;
                if (next < 0 || next > MOST) continue;
                if (best < 0
                        || step * (wanted[c] - rounded[c]) > step * (wanted[best] - rounded[best]))
                    best = c;
            }
            rounded[best] += step;
            rest -= step;
        }
        return rounded;
    }
}
