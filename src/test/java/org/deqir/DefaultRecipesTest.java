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
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.Plane;
import org.deqir.metrics.PeakSignalToNoiseRatio;
import org.deqir.model.store.ModelStore;
import org.deqir.network.layout.Precision;
import org.deqir.physics.Degradation;
import org.deqir.physics.degradation.BlockSensing;
import org.deqir.physics.degradation.Downsampling;
import org.deqir.physics.degradation.GaussianBlur;
import org.deqir.physics.degradation.Identity;
import org.deqir.physics.degradation.MissingPixels;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the default recipes reach with the shipped prior, on an image drawn here. */
@Tag("slow")
class DefaultRecipesTest {

    private static final int SIZE = 96;

    private static DiffusionPrior prior;

    @BeforeAll
    static void load() throws IOException {
        prior = new ModelStore(List.of()).find("microscopy-gray").load(Precision.FLOAT32);
    }

    @AfterAll
    static void close() {
        prior.close();
    }

    /** Soft discs on an even ground, 0 to 1. */
    private static Plane discs() {
        final float[] samples = new float[SIZE * SIZE];
        for (int y = 0; y < SIZE; y++)
            for (int x = 0; x < SIZE; x++) {
                double value = 0.1;
                for (int k = 0; k < 7; k++) {
                    final double distance =
                            Math.hypot(x - 12 - 37 * k % 75, y - 14 - 53 * k % 71) - 5 - k;
                    value += (0.35 + 0.05 * k) / (1 + Math.exp(2 * distance));
                }
                samples[y * SIZE + x] = (float) Math.min(1, value);
            }
        return Plane.of(samples, SIZE, SIZE);
    }

    private static Degradation everyThirdPixel() {
        final boolean[] known = new boolean[SIZE * SIZE];
        for (int i = 0; i < known.length; i++) known[i] = (i + 2 * (i / SIZE)) % 3 == 0;
        return new MissingPixels(known, SIZE, SIZE);
    }

    private static double psnr(Degradation degradation, double deviation, int steps) {
        final NoiseModel noise = new NoiseModel.Gaussian(deviation);
        final Plane truth = discs();
        final Plane restored =
                new Restorer(prior)
                        .restore(
                                Simulation.measure(truth, degradation, noise, 1),
                                new Restoration(
                                        degradation, noise, Sampling.DEFAULT.withSteps(steps)),
                                Progress.NONE)
                        .restored();
        return PeakSignalToNoiseRatio.ofClipped(truth.channels()[0], restored.channels()[0], 1);
    }

    /**
     * At any number of levels: a chain that shows the network images without noise has estimates
     * that are grainy and smooth in turn, and ends where it happens to end. Such single calls give
     * 32.9 to 35.9 dB where pixels are missing or averaged, pairs 38.2 to 39.5 dB. With a blur they
     * give anything from 31.9 to 39.5 dB, by the number of levels and the prior.
     */
    @ParameterizedTest
    @CsvSource({
        "blur, 0, 35.5",
        "blur, 5, 35.5",
        "blur, 9, 35.5",
        "sr2, 0, 37",
        "sr2, 7, 37",
        "missing, 0, 37"
    })
    void strongNoiseLeavesNoGrain(String task, int steps, double least) {
        final Degradation degradation =
                switch (task) {
                    case "blur" -> new GaussianBlur(1.5);
                    case "sr2" -> new Downsampling(2, Downsampling.Kernel.AVERAGE);
                    default -> everyThirdPixel();
                };
        final double psnr = psnr(degradation, 0.05, steps);
        assertTrue(psnr > least, "PSNR " + psnr);
    }

    /**
     * One spot is too rare for the image's quantiles, many are not: each keeps peak and light. One
     * of 1000 grey levels in the range of its surroundings lost a quarter of its peak.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 25})
    void brightSpotsKeepTheirLightWhateverTheirNumber(int count) {
        final int size = 144;
        final float[] truth = new float[size * size];
        Arrays.fill(truth, 100);
        for (int k = 0; k < count; k++)
            for (int v = -10; v <= 10; v++)
                for (int u = -10; u <= 10; u++)
                    truth[(24 + 24 * (k / 5) + v) * size + 24 + 24 * (k % 5) + u] +=
                            (float) (1000 * Math.exp(-(u * u + v * v) / (2 * 0.8 * 0.8)));
        final NoiseModel noise = new NoiseModel.Gaussian(5);
        final float[] restored =
                new Restorer(prior)
                        .restore(
                                Plane.of(noise.simulate(truth, 3), size, size),
                                new Restoration(
                                        new Identity(), noise, Sampling.DEFAULT.withBinning(1)),
                                Progress.NONE)
                        .restored()
                        .channels()[0];
        for (int k = 0; k < count; k++) {
            final int middle = (24 + 24 * (k / 5)) * size + 24 + 24 * (k % 5);
            double light = 0;
            double expected = 0;
            for (int v = -5; v <= 5; v++)
                for (int u = -5; u <= 5; u++) {
                    light += restored[middle + v * size + u] - 100;
                    expected += truth[middle + v * size + u] - 100;
                }
            assertEquals(1100, restored[middle], 25, "peak of spot " + k);
            assertEquals(1, light / expected, 0.04, "light of spot " + k);
        }
    }

    /** A chain of 10 levels from 0.8 gives 22.0 dB, the recipe 30.5 dB. */
    @Test
    void aQuarterOfTheMeasurementsSuffices() {
        final double psnr = psnr(new BlockSensing(0.25, 5, 32), 0.01, 0);
        assertTrue(psnr > 29, "PSNR " + psnr);
    }
}
