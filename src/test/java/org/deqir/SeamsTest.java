/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.deqir.diffusion.CallLimits;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.Plane;
import org.deqir.model.store.ModelStore;
import org.deqir.network.layout.Precision;
import org.deqir.physics.degradation.Identity;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tiles must not be seen in what the shipped prior restores. */
@Tag("slow")
class SeamsTest {

    private static final int WIDTH = 416;
    private static final int HEIGHT = 128;

    private static DiffusionPrior prior;

    @BeforeAll
    static void load() throws IOException {
        prior = new ModelStore(List.of()).find("microscopy-gray").load(Precision.FLOAT32);
    }

    @AfterAll
    static void close() {
        prior.close();
    }

    private static float[] denoised(Plane noisy, double sigma, int tile, int overlap) {
        return new Restorer(prior, CallLimits.of(tile, overlap, 1 << 18))
                .restore(
                        noisy,
                        new Restoration(new Identity(), new NoiseModel.Gaussian(sigma)),
                        Progress.NONE)
                .restored()
                .channels()[0];
    }

    private static Plane noisy(double contrast, double sigma) {
        final SplittableRandom random = new SplittableRandom(11);
        final float[] samples = new float[WIDTH * HEIGHT];
        for (int i = 0; i < samples.length; i++) {
            final int x = i % WIDTH;
            final int y = i / WIDTH;
            double level = 0.3 * Math.sin(x / 9.0) * Math.sin(y / 7.0);
            level += Math.exp(-Math.pow(Math.sin(x / 31.0 + Math.sin(y / 17.0)) / 0.12, 2));
            level += Math.hypot(x % 67 - 33, y % 61 - 30) < 14 ? 0.6 : 0;
            samples[i] = (float) (1000 + contrast * level + sigma * random.nextGaussian());
        }
        return Plane.of(samples, WIDTH, HEIGHT);
    }

    @Test
    void theSizeOfTilesHardlyMatters() {
        final double range = 1500;
        final double sigma = 0.02 * range;
        final Plane noisy = noisy(0.6 * range, sigma);
        final float[] large = denoised(noisy, sigma, CallLimits.TILE, CallLimits.OVERLAP);
        final float[] small = denoised(noisy, sigma, 192, CallLimits.OVERLAP);
        double sum = 0;
        double change = 0;
        for (int i = 0; i < large.length; i++) {
            sum += Math.pow((large[i] - small[i]) / range, 2);
            change += Math.pow((large[i] - noisy.channels()[0][i]) / range, 2);
        }
        final double difference = Math.sqrt(sum / large.length);
        assertTrue(difference > 0, "the tiles differ");
        assertTrue(difference < 1e-3, "root mean square difference " + difference + " of range");
        assertTrue(Math.sqrt(change / large.length) > 10 * difference, "noise was removed");
    }

    /** Tiles of 128 pixels every 96: the spectrum of four periods has the grid at 4, 8, 12 … */
    @Test
    void aFlatImageShowsNoTileGridInItsSpectrum() {
        final double sigma = 50;
        final float[] flat = denoised(noisy(0, sigma), sigma, 128, 32);
        final double deviation = deviation(flat);
        assertTrue(deviation < 0.3 * sigma, "noise is left: " + deviation);
        final double[] power = power(flat);
        for (int k = 4; k <= 48; k += 4)
            assertTrue(excess(power, k) < 2, "grid at " + k + ": " + excess(power, k));

        // The measure is sharp enough: steps of a twentieth of the noise would be seen.
        final float[] seams = flat.clone();
        for (int i = 0; i < seams.length; i++)
            if ((i % WIDTH - 16) / 48 % 2 == 0) seams[i] += 0.05 * sigma;
        assertTrue(excess(power(seams), 4) > 2, "a grid of 5 % of the noise is not seen");
    }

    private static double deviation(float[] values) {
        double mean = 0;
        for (final float value : values) mean += value / values.length;
        assertEquals(1000, mean, 5);
        double sum = 0;
        for (final float value : values) sum += Math.pow(value - mean, 2);
        return Math.sqrt(sum / values.length);
    }

    /** Power of the rows' Fourier components 0 … 60, over 384 pixels, mean of all rows. */
    private static double[] power(float[] image) {
        final int length = 384;
        final double[] power = new double[61];
        for (int y = 0; y < HEIGHT; y++)
            for (int k = 0; k < power.length; k++) {
                double re = 0;
                double im = 0;
                for (int x = 0; x < length; x++) {
                    final double angle = 2 * Math.PI * k * x / length;
                    re += (image[y * WIDTH + 16 + x] - 1000) * Math.cos(angle);
                    im += (image[y * WIDTH + 16 + x] - 1000) * Math.sin(angle);
                }
                power[k] += (re * re + im * im) / HEIGHT;
            }
        return power;
    }

    /** Power of a component relative to the median of six components around it. */
    private static double excess(double[] power, int k) {
        final double[] around = new double[6];
        for (int i = 1; i <= 3; i++) {
            around[2 * i - 2] = power[k - i];
            around[2 * i - 1] = power[k + i];
        }
        Arrays.sort(around);
        return power[k] / (0.5 * (around[2] + around[3]));
    }
}
