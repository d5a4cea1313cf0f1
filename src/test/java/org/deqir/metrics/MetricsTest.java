/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every metric against values that NumPy computed from the definitions (two-dimensional windows,
 * numpy.fft, numpy.polyfit) for a pair of images given by integer formulas.
 */
class MetricsTest {

    private static final int WIDTH = 37;
    private static final int HEIGHT = 29;

    private static float[] truth() {
        final float[] plane = new float[WIDTH * HEIGHT];
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++)
                plane[y * WIDTH + x] = (x * x * 7 + y * 13 + x * y * 3) % 251;
        return plane;
    }

    private static float[] estimate() {
        final float[] plane = truth();
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++) {
                final int i = y * WIDTH + x;
                plane[i] = (float) (plane[i] * 0.9 + ((x * 31 + y * 17) % 23 - 11) + 5);
            }
        return plane;
    }

    static Stream<Arguments> references() {
        final float[] truth = truth();
        final float[] estimate = estimate();
        return Stream.of(
                Arguments.of(
                        "PSNR",
                        26.384576568656428,
                        PeakSignalToNoiseRatio.of(truth, estimate, 255)),
                Arguments.of(
                        "clipped PSNR",
                        26.38684005260028,
                        PeakSignalToNoiseRatio.ofClipped(truth, estimate, 255)),
                Arguments.of(
                        "scale-invariant PSNR",
                        30.83222812202482,
                        PeakSignalToNoiseRatio.scaleInvariant(truth, estimate, 255)),
                Arguments.of("NRMSE", 0.04890703600342481, NormalizedError.of(truth, estimate)),
                Arguments.of(
                        "SSIM",
                        0.9879885776075984,
                        StructuralSimilarity.of(truth, estimate, WIDTH, HEIGHT, 255)),
                Arguments.of(
                        "Pearson", 0.9948063131439503, PearsonCorrelation.of(truth, estimate)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("references")
    void agreesWithNumPy(String name, double expected, double actual) {
        assertEquals(expected, actual, 1e-10 * Math.abs(expected));
    }

    @Test
    void comparisonHoldsEveryMetric() {
        final ImageComparison all = ImageComparison.of(truth(), estimate(), WIDTH, HEIGHT, 255);
        assertEquals(26.384576568656428, all.psnr(), 1e-8);
        assertEquals(30.83222812202482, all.scaleInvariantPsnr(), 1e-8);
        assertEquals(0.04890703600342481, all.nrmse(), 1e-10);
        assertEquals(0.9879885776075984, all.ssim(), 1e-10);
        assertEquals(0.9948063131439503, all.pearson(), 1e-10);
    }

    @Test
    void comparisonMarksWhatIsUndefined() {
        final ImageComparison blank = ImageComparison.of(new float[64], new float[64], 8, 8, 1);
        assertEquals(Double.POSITIVE_INFINITY, blank.psnr());
        assertTrue(Double.isNaN(blank.nrmse()), "a constant truth has no range");
        assertTrue(Double.isNaN(blank.ssim()), "the image is smaller than the window");
        assertTrue(Double.isNaN(blank.pearson()), "a constant image does not correlate");
    }

    @Test
    void ssimDoesNotLoseDigitsToACameraOffset() {
        final float[] first = truth();
        final float[] second = estimate();
        final double ssim = StructuralSimilarity.of(first, second, WIDTH, HEIGHT, 255);
        final float offset = 1 << 15;
        for (int i = 0; i < first.length; i++) {
            first[i] += offset;
            second[i] += offset;
        }
        // With an offset the luminance term is 1, so that SSIM can only grow.
        final double shifted = StructuralSimilarity.of(first, second, WIDTH, HEIGHT, 255);
        assertTrue(shifted >= ssim && shifted < 1, "SSIM " + shifted + " of the shifted images");
    }

    @Test
    void scaleInvariancePardonsGainAndOffsetButNotInversion() {
        final float[] truth = truth();
        final float[] scaled = new float[truth.length];
        final float[] inverted = new float[truth.length];
        for (int i = 0; i < truth.length; i++) {
            scaled[i] = 3 * truth[i] + 100;
            inverted[i] = 251 - truth[i];
        }
        assertTrue(PeakSignalToNoiseRatio.scaleInvariant(truth, scaled, 255) > 120);
        final double offsetOnly =
                PeakSignalToNoiseRatio.scaleInvariant(truth, new float[truth.length], 255);
        assertEquals(offsetOnly, PeakSignalToNoiseRatio.scaleInvariant(truth, inverted, 255), 1e-9);
    }

    @Test
    void equalImagesAreEqual() {
        final float[] image = truth();
        assertEquals(
                Double.POSITIVE_INFINITY, PeakSignalToNoiseRatio.of(image, image.clone(), 255));
        assertEquals(1, StructuralSimilarity.of(image, image.clone(), WIDTH, HEIGHT, 255), 1e-12);
        assertEquals(0, NormalizedError.of(image, image.clone()));
        final float[] flat = new float[121];
        assertEquals(1, StructuralSimilarity.of(flat, flat.clone(), 11, 11, 1), 0);
    }

    /** Metrics of two planes, thrown the same bad input. */
    static Stream<Arguments> metrics() {
        return Stream.of(
                metric("PSNR", (a, b) -> PeakSignalToNoiseRatio.of(a, b, 1)),
                metric("clipped PSNR", (a, b) -> PeakSignalToNoiseRatio.ofClipped(a, b, 1)),
                metric(
                        "scale-invariant PSNR",
                        (a, b) -> PeakSignalToNoiseRatio.scaleInvariant(a, b, 1)),
                metric("NRMSE", NormalizedError::of),
                metric("Pearson", PearsonCorrelation::of),
                metric("SSIM", (a, b) -> StructuralSimilarity.of(a, b, 16, 16, 1)),
                metric("FRC", (a, b) -> FourierRingCorrelation.of(a, b, 16, 16)),
                metric("all", (a, b) -> ImageComparison.of(a, b, 16, 16, 1)));
    }

    private static Arguments metric(String name, BiFunction<float[], float[], Object> metric) {
        return Arguments.of(name, metric);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("metrics")
    void refusesPlanesThatCannotBeCompared(
            String name, BiFunction<float[], float[], Object> metric) {
        final float[] good = new float[256];
        for (int i = 0; i < good.length; i++) good[i] = i;
        metric.apply(good, good.clone());
        final float[] holed = good.clone();
        holed[7] = Float.NaN;
        final float[] infinite = good.clone();
        infinite[7] = Float.NEGATIVE_INFINITY;
        assertMessage("255", metric, good, new float[255]);
        assertMessage("NaN", metric, good, holed);
        assertMessage("NaN", metric, holed, good);
        assertMessage("Infinity", metric, good, infinite);
        assertMessage("no pixels", metric, new float[0], new float[0]);
    }

    private static void assertMessage(
            String part,
            BiFunction<float[], float[], Object> metric,
            float[] first,
            float[] second) {
        final String message =
                assertThrows(IllegalArgumentException.class, () -> metric.apply(first, second))
                        .getMessage();
        assertTrue(message.contains(part), message);
    }

    @Test
    void refusesWhatIsUndefined() {
        final float[] flat = new float[256];
        final float[] ramp = new float[256];
        for (int i = 0; i < ramp.length; i++) ramp[i] = i;
        assertThrows(IllegalArgumentException.class, () -> NormalizedError.of(flat, ramp));
        assertThrows(IllegalArgumentException.class, () -> PearsonCorrelation.of(ramp, flat));
        assertThrows(
                IllegalArgumentException.class,
                () -> FourierRingCorrelation.of(flat, ramp, 16, 16));
        assertThrows(
                IllegalArgumentException.class, () -> PeakSignalToNoiseRatio.of(ramp, ramp, 0));
        assertThrows(
                IllegalArgumentException.class,
                () -> StructuralSimilarity.of(ramp, ramp, 32, 8, 1));
        assertThrows(
                IllegalArgumentException.class,
                () -> StructuralSimilarity.of(ramp, ramp, 16, 17, 1));
    }
}
