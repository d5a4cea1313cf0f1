/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.benchmark;

import java.util.Random;
import org.deqir.Restoration;
import org.deqir.Sampling;
import org.deqir.Simulation;
import org.deqir.image.Plane;
import org.deqir.physics.Border;
import org.deqir.physics.Degradation;
import org.deqir.physics.degradation.Downsampling;
import org.deqir.physics.degradation.GaussianBlur;
import org.deqir.physics.degradation.Identity;
import org.deqir.physics.degradation.MissingPixels;
import org.deqir.physics.noise.NoiseModel;

/** The tasks that figures are measured for, under the names in their keys. */
enum BenchmarkTask {
    DENOISE("denoise", 0.1),
    DEBLUR("deblur", 0.01),
    SR2("sr2", 0.01),
    SR4("sr4", 0.01),
    INPAINT("inpaint", 0.01);

    private static final double KNOWN = 0.3;

    private final String key;
    private final double noise;

    /**
     * @param noise standard deviation, where the truth is within 0 to 1
     */
    BenchmarkTask(String key, double noise) {
        this.key = key;
        this.noise = noise;
    }

    String key() {
        return key;
    }

    /**
     * @param truth an image within 0 to 1
     */
    Plane measure(Plane truth) {
        return Simulation.measure(truth, degradation(truth), new NoiseModel.Gaussian(noise), 1);
    }

    /** The restoration of a measurement of {@code truth}. */
    Restoration restoration(Plane truth, Sampling sampling) {
        return new Restoration(degradation(truth), new NoiseModel.Gaussian(noise), sampling);
    }

    private Degradation degradation(Plane truth) {
        return switch (this) {
            case DENOISE -> new Identity();
            case DEBLUR -> new GaussianBlur(2, 2, Border.MIRRORED);
            case SR2 -> new Downsampling(2, Downsampling.Kernel.AVERAGE);
            case SR4 -> new Downsampling(4, Downsampling.Kernel.AVERAGE);
            case INPAINT -> {
                final boolean[] known = new boolean[truth.size()];
                final Random random = new Random(3);
                for (int i = 0; i < known.length; i++) known[i] = random.nextDouble() < KNOWN;
                yield new MissingPixels(known, truth.height(), truth.width());
            }
        };
    }

    /** The middle of an image. */
    static Plane crop(Plane image, int edge) {
        final int left = (image.width() - edge) / 2;
        final int top = (image.height() - edge) / 2;
        final float[] samples = new float[edge * edge];
        for (int y = 0; y < edge; y++)
            System.arraycopy(
                    image.channels()[0], (top + y) * image.width() + left, samples, y * edge, edge);
        return Plane.of(samples, edge, edge);
    }

    /** An image laid out again and again, mirrored, until it is of a size. */
    static Plane tiled(Plane image, int edge) {
        final float[] samples = new float[edge * edge];
        for (int y = 0; y < edge; y++)
            for (int x = 0; x < edge; x++)
                samples[y * edge + x] =
                        image.channels()[0][
                                mirrored(y, image.height()) * image.width()
                                        + mirrored(x, image.width())];
        return Plane.of(samples, edge, edge);
    }

    private static int mirrored(int i, int size) {
        final int inPeriod = i % (2 * size);
        return inPeriod < size ? inPeriod : 2 * size - 1 - inPeriod;
    }
}
