/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.benchmark;

import java.util.SplittableRandom;
import org.deqir.image.Plane;

/**
 * A made-up cell culture in three dimensions, as a light microscope sees it: nuclei with texture,
 * filaments that wind through all slices, bright grains. Along z everything is several slices deep,
 * as the microscope's depth of focus makes it.
 */
final class SyntheticVolume {

    private static final double DEPTH_OF_FOCUS = 2.5;

    private final int size;
    private final int slices;
    private final float[][] samples;

    /**
     * @param size width and height
     */
    SyntheticVolume(int size, int slices, long seed) {
        this.size = size;
        this.slices = slices;
        this.samples = new float[slices][size * size];
        final SplittableRandom random = new SplittableRandom(seed);
        final double scale = size * size / (128.0 * 128);
        for (int i = 0; i < Math.max(2, 7 * scale); i++) nucleus(random);
        for (int i = 0; i < Math.max(2, 9 * scale); i++) filament(random);
        for (int i = 0; i < Math.max(4, 30 * scale); i++)
            spot(
                    size * random.nextDouble(),
                    size * random.nextDouble(),
                    slices * random.nextDouble(),
                    1 + 0.7 * random.nextDouble(),
                    600 + 900 * random.nextDouble());
    }

    /** One slice, grey levels of about 200 to 3000. */
    Plane slice(int z) {
        final float[] levels = samples[z].clone();
        for (int i = 0; i < levels.length; i++) levels[i] += 200;
        return Plane.of(levels, size, size);
    }

    private void nucleus(SplittableRandom random) {
        final double x = size * random.nextDouble();
        final double y = size * random.nextDouble();
        final double z = slices * random.nextDouble();
        final double a = 9 + 5 * random.nextDouble();
        final double b = 7 + 4 * random.nextDouble();
        final double turn = Math.PI * random.nextDouble();
        final double level = 500 + 500 * random.nextDouble();
        final double texture = 0.5 + 0.3 * random.nextDouble();
        for (int k = 0; k < slices; k++) {
            // A wide ellipsoid, a bit longer along z than deep
            final double height = (k - z) / (a * 0.8);
            if (Math.abs(height) >= 1) continue;
            final double width = Math.sqrt(1 - height * height);
            for (int v = 0; v < size; v++)
                for (int u = 0; u < size; u++) {
                    final double dx = (u - x) * Math.cos(turn) + (v - y) * Math.sin(turn);
                    final double dy = (v - y) * Math.cos(turn) - (u - x) * Math.sin(turn);
                    final double r = Math.hypot(dx / a, dy / b) / width;
                    if (r > 1.3) continue;
                    final double edge = 1 / (1 + Math.exp(12 * (r - 1)));
                    final double grain =
                            1
                                    + 0.35
                                            * Math.sin(texture * dx + 0.15 * k)
                                            * Math.sin(texture * dy * 1.3 - 0.1 * k);
                    samples[k][v * size + u] += (float) (level * edge * grain);
                }
        }
    }

    private void filament(SplittableRandom random) {
        double x = size * random.nextDouble();
        double y = size * random.nextDouble();
        double z = slices * random.nextDouble();
        double angle = 2 * Math.PI * random.nextDouble();
        final double level = 200 + 250 * random.nextDouble();
        final double slope = 0.08 * (random.nextDouble() - 0.5);
        for (int step = 0; step < 1.2 * size; step++) {
            spot(x, y, z, 0.9, level);
            angle += 0.12 * (random.nextDouble() - 0.5);
            x += Math.cos(angle);
            y += Math.sin(angle);
            z += slope;
        }
    }

    private void spot(double x, double y, double z, double radius, double level) {
        final int reach = (int) Math.ceil(4 * radius);
        for (int k = 0; k < slices; k++) {
            final double depth = Math.exp(-0.5 * Math.pow((k - z) / DEPTH_OF_FOCUS, 2));
            if (depth < 1e-3) continue;
            for (int v = (int) y - reach; v <= y + reach; v++)
                for (int u = (int) x - reach; u <= x + reach; u++) {
                    if (u < 0 || v < 0 || u >= size || v >= size) continue;
                    final double r = Math.hypot(u - x, v - y) / radius;
                    samples[k][v * size + u] += (float) (level * depth * Math.exp(-0.5 * r * r));
                }
        }
    }
}
