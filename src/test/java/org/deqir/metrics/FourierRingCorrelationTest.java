/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FourierRingCorrelationTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8, 30, 37, 49, 97, 96})
    void transformEqualsItsDefinition(int length) {
        final Random random = new Random(length);
        final double[] real = random.doubles(length).toArray();
        final double[] imaginary = random.doubles(length).toArray();
        final double[] expectedReal = new double[length];
        final double[] expectedImaginary = new double[length];
        for (int k = 0; k < length; k++)
            for (int n = 0; n < length; n++) {
                final double angle = -2 * Math.PI * k * n / length;
                expectedReal[k] += real[n] * Math.cos(angle) - imaginary[n] * Math.sin(angle);
                expectedImaginary[k] += real[n] * Math.sin(angle) + imaginary[n] * Math.cos(angle);
            }
        new FourierTransform(length).transform(real, imaginary);
        for (int k = 0; k < length; k++) {
            assertEquals(expectedReal[k], real[k], 1e-11 * length);
            assertEquals(expectedImaginary[k], imaginary[k], 1e-11 * length);
        }
    }

    /** Values that NumPy computed from the definition for an odd-sized, rectangular pair. */
    @ParameterizedTest
    @CsvSource({
        "1, 0.999824585329534",
        "5, 0.999563358527452",
        "10, 0.999471181825831",
        "13, 0.9888204783551975"
    })
    void curveAgreesWithNumPy(int ring, double expected) {
        final int width = 37;
        final int height = 29;
        final float[] first = new float[width * height];
        final float[] second = new float[width * height];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                final int i = y * width + x;
                first[i] = (x * x * 7 + y * 13 + x * y * 3) % 251;
                second[i] = (float) (first[i] * 0.9 + ((x * 31 + y * 17) % 23 - 11) + 5);
            }
        final FourierRingCorrelation curve =
                FourierRingCorrelation.of(first, second, width, height);
        assertEquals(expected, curve.correlation(ring), 1e-10);
        assertEquals(ring / 29.0, curve.frequency(ring), 1e-15);
        assertEquals(14, curve.rings());
    }

    @ParameterizedTest
    @CsvSource({"128, 128, 4", "128, 128, 8", "160, 96, 5", "101, 127, 6"})
    void resolutionIsTheFinestSharedPeriod(int width, int height, double period) {
        // A scene of plane waves up to 1/period cycles per pixel, in two exposures.
        final Random random = new Random(11);
        final float[] scene = new float[width * height];
        for (int wave = 0; wave < 400; wave++) {
            final double frequency = Math.sqrt(random.nextDouble()) / period;
            final double angle = Math.PI * random.nextDouble();
            final double phase = 2 * Math.PI * random.nextDouble();
            final double fx = frequency * Math.cos(angle);
            final double fy = frequency * Math.sin(angle);
            for (int y = 0; y < height; y++)
                for (int x = 0; x < width; x++)
                    scene[y * width + x] +=
                            (float) Math.cos(2 * Math.PI * (fx * x + fy * y) + phase);
        }
        final float[] first = scene.clone();
        final float[] second = scene.clone();
        // Ten times the power of the noise in each band, whatever its width.
        for (int i = 0; i < scene.length; i++) {
            first[i] += (float) (2.5 * period * random.nextGaussian());
            second[i] += (float) (2.5 * period * random.nextGaussian());
        }
        final double resolution =
                FourierRingCorrelation.of(first, second, width, height)
                        .resolution(FourierRingCorrelation.ONE_SEVENTH)
                        .orElseThrow();
        // The window widens the edge of the band by a ring, and smoothing by another.
        final double rings = Math.min(width, height) * Math.abs(1 / resolution - 1 / period);
        assertTrue(rings < 2.5, "resolution " + resolution + ", " + rings + " rings off");
    }

    @Test
    void equalImagesHaveNoLimit() {
        final Random random = new Random(5);
        final float[] noise = new float[64 * 64];
        for (int i = 0; i < noise.length; i++) noise[i] = random.nextFloat();
        final FourierRingCorrelation curve =
                FourierRingCorrelation.of(noise, noise.clone(), 64, 64);
        assertEquals(1, curve.correlation(20), 1e-12);
        assertEquals(OptionalDouble.empty(), curve.resolution(FourierRingCorrelation.ONE_SEVENTH));
    }
}
