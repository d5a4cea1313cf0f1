/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.volume;

import java.util.SplittableRandom;
import org.deqir.image.Volume;

/**
 * A made-up cell in three dimensions, slices twice as far apart as pixels: a nucleus with a shell,
 * filaments, bright points, one of them at a known place.
 */
public final class MadeUpVolume {

    /** A bright point, from the volume's middle: slices, rows and columns. */
    static final int[] POINT = {-6, -22, -18};

    /** Distance of slices in pixels. */
    private static final double STEP = 2;

    private final float[] samples;
    private final int depth;
    private final int height;
    private final int width;

    private MadeUpVolume(int depth, int height, int width) {
        this.depth = depth;
        this.height = height;
        this.width = width;
        samples = new float[depth * height * width];
    }

    /** Values from 0 to about 1. */
    public static Volume of(int depth, int height, int width, long seed) {
        final MadeUpVolume made = new MadeUpVolume(depth, height, width);
        final SplittableRandom random = new SplittableRandom(seed);
        made.nucleus();
        for (int i = 0; i < 9; i++) made.filament(random);
        for (int i = 0; i < 25; i++)
            made.spot(
                    random.nextDouble() * depth,
                    random.nextDouble() * height,
                    random.nextDouble() * width,
                    0.6 + 0.4 * random.nextDouble());
        made.spot(depth / 2 + POINT[0], height / 2 + POINT[1], width / 2 + POINT[2], 1);
        return new Volume(made.samples, width, height, depth);
    }

    private void nucleus() {
        for (int i = 0; i < samples.length; i++) {
            final double x = (i % width - width / 2.0 - 8) / 17;
            final double y = (i / width % height - height / 2.0 - 4) / 13;
            final double z = STEP * (i / width / height - depth / 2.0) / 20;
            final double radius = Math.sqrt(x * x + y * y + z * z);
            final double inside = 1 / (1 + Math.exp(20 * (radius - 1)));
            final double shell = Math.exp(-0.5 * Math.pow((radius - 1) / 0.07, 2));
            final double grain = 1 + 0.5 * Math.sin(9 * x + 2) * Math.sin(8 * y) * Math.sin(7 * z);
            samples[i] += (float) (0.22 * inside * grain + 0.3 * shell);
        }
    }

    private void filament(SplittableRandom random) {
        final double[] at = {
            depth * random.nextDouble(), height * random.nextDouble(), width * random.nextDouble()
        };
        double azimuth = 2 * Math.PI * random.nextDouble();
        double rise = 0.6 * (random.nextDouble() - 0.5);
        for (int step = 0; step < 220; step++) {
            azimuth += 0.12 * (random.nextDouble() - 0.5);
            rise += 0.06 * (random.nextDouble() - 0.5);
            at[0] += 0.5 * Math.sin(rise) / STEP;
            at[1] += 0.5 * Math.cos(rise) * Math.sin(azimuth);
            at[2] += 0.5 * Math.cos(rise) * Math.cos(azimuth);
            spot(at[0], at[1], at[2], 0.16);
        }
    }

    /** A spot of one pixel's standard deviation. */
    private void spot(double z, double y, double x, double peak) {
        for (int w = (int) z - 2; w <= (int) z + 3; w++)
            for (int v = (int) y - 4; v <= (int) y + 5; v++)
                for (int u = (int) x - 4; u <= (int) x + 5; u++) {
                    if (w < 0 || v < 0 || u < 0 || w >= depth || v >= height || u >= width)
                        continue;
                    final double square =
                            Math.pow(STEP * (w - z), 2) + Math.pow(v - y, 2) + Math.pow(u - x, 2);
                    samples[(w * height + v) * width + u] +=
                            (float) (peak * Math.exp(-0.5 * square));
                }
    }
}
