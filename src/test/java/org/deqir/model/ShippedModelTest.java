/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Random;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.model.store.InstalledModel;
import org.deqir.model.store.ModelStore;
import org.deqir.network.TorchEngine;
import org.deqir.network.layout.Precision;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("slow")
class ShippedModelTest {

    private static final int SIZE = 60;
    private static final double SIGMA = 0.2;

    /** One call at the image's noise level is the network's best estimate of the clean image. */
    @ParameterizedTest
    @CsvSource({"microscopy-gray, 1", "microscopy-color, 3"})
    void removesNoise(String name, int channels) throws Exception {
        final float[] clean = nuclei(channels);
        final float[] noisy = clean.clone();
        final Random random = new Random(5);
        for (int i = 0; i < noisy.length; i++) noisy[i] += (float) (SIGMA * random.nextGaussian());
        final InstalledModel model = new ModelStore(List.of()).find(name);
        try (DiffusionPrior prior = model.load(Precision.FLOAT32);
                NDManager manager = TorchEngine.newManager()) {
            assertEquals(channels, prior.channels());
            final double t = prior.schedule().timestepAt(SIGMA);
            final double alphaBar = prior.schedule().alphaBar(t);
            final NDArray y = manager.create(noisy, new Shape(1, channels, SIZE, SIZE));
            final NDArray noise =
                    prior.predictor().predict(y.mul(Math.sqrt(alphaBar)), new double[] {t});
            final float[] restored = y.sub(noise.mul(SIGMA)).toFloatArray();
            final double before = psnr(noisy, clean);
            final double after = psnr(restored, clean);
            assertTrue(after > before + 8, before + " dB before, " + after + " dB after");
        }
    }

    /** Blurred discs of different brightness on a dark ground, in [−1, 1]. */
    private static float[] nuclei(int channels) {
        final float[] image = new float[channels * SIZE * SIZE];
        final double[][] discs = {{15, 18, 9, 0.8}, {40, 14, 7, 0.5}, {30, 42, 11, 1}};
        for (int c = 0; c < channels; c++)
            for (int y = 0; y < SIZE; y++)
                for (int x = 0; x < SIZE; x++) {
                    double value = 0.1;
                    for (double[] disc : discs)
                        value +=
                                disc[3]
                                        * (1 - 0.2 * c)
                                        / (1
                                                + Math.exp(
                                                        Math.hypot(x - disc[0], y - disc[1])
                                                                - disc[2]));
                    image[(c * SIZE + y) * SIZE + x] = (float) Math.min(1, 2 * value - 1);
                }
        return image;
    }

    private static double psnr(float[] image, float[] truth) {
        double sum = 0;
        for (int i = 0; i < image.length; i++) sum += Math.pow(image[i] - truth[i], 2);
        return 10 * Math.log10(4 / (sum / image.length));
    }
}
