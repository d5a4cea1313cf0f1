/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.optics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.deqir.testing.Bench;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PointSpreadFunctionTest {

    /** A spot with a coma-like tail, peak 1 at (x, y). */
    private static float[] spot(int width, int height, int x, int y) {
        final float[] image = new float[width * height];
        for (int v = 0; v < height; v++)
            for (int u = 0; u < width; u++) {
                final double dx = u - x;
                final double dy = v - y;
                image[v * width + u] =
                        (float)
                                (Math.exp(-(dx * dx + dy * dy) / 4)
                                        + 0.15 * Math.exp(-((dx - 3) * (dx - 3) + dy * dy) / 6));
            }
        return image;
    }

    @ParameterizedTest
    @CsvSource({
        "25, 25, 12, 12",
        "24, 30, 12, 15",
        "31, 25, 10, 14",
        "40, 33, 22, 13",
    })
    void aMeasuredSpotIsCentredAndNormalised(int width, int height, int x, int y) {
        final float[] image = spot(width, height, x, y);
        for (int i = 0; i < image.length; i++) image[i] = 5000 * image[i] + 300;
        final PointSpreadFunction psf = PointSpreadFunction.ofMeasured(image, width, height);
        assertEquals(1, psf.width() % 2);
        assertEquals(1, psf.height() % 2);
        double sum = 0;
        for (final float value : psf.values()) {
            assertTrue(value >= 0);
            sum += value;
        }
        assertEquals(1, sum, 1e-5);
        final float[] ideal = spot(101, 101, 50, 50);
        double idealSum = 0;
        for (final float value : ideal) idealSum += value;
        for (int dy = -8; dy <= 8; dy++)
            for (int dx = -8; dx <= 8; dx++)
                assertEquals(
                        ideal[(50 + dy) * 101 + 50 + dx] / idealSum,
                        psf.at(dx, dy),
                        2e-4,
                        "at " + dx + ", " + dy);
    }

    @Test
    void noiseOfTheBackgroundDoesNotBecomeWings() {
        final Random random = new Random(2);
        final float[] image = spot(65, 65, 30, 33);
        for (int i = 0; i < image.length; i++)
            image[i] = (float) (2000 * image[i] + 100 + 20 * random.nextGaussian());
        final PointSpreadFunction psf = PointSpreadFunction.ofMeasured(image, 65, 65);
        double core = 0;
        for (int dy = -7; dy <= 7; dy++) for (int dx = -7; dx <= 9; dx++) core += psf.at(dx, dy);
        assertTrue(core > 0.97, "core holds " + core);
        assertTrue(psf.at(0, 0) > psf.at(1, 0) && psf.at(0, 0) > psf.at(-1, 0));
    }

    @Test
    void aCentredPsfOfTheBenchStaysWhereItIs() {
        final float[] given = Bench.pointSpreadFunction().channels()[0];
        final PointSpreadFunction psf = PointSpreadFunction.ofMeasured(given, 25, 25);
        assertEquals(25, psf.width());
        assertEquals(25, psf.height());
        double difference = 0;
        for (int i = 0; i < given.length; i++) difference += Math.abs(given[i] - psf.values()[i]);
        assertTrue(difference < 1e-5, "share of the light that moved: " + difference);
    }

    /** The middle of the light must lie in the middle pixel, or the restored image moves. */
    @ParameterizedTest
    @CsvSource({"15.5, 15.5", "15.5, 16", "16, 14.5", "15.55, 16"})
    void aSpotBetweenPixelsIsMovedOntoOne(double x, double y) {
        final float[] image = new float[32 * 32];
        double moment = 0;
        for (int i = 0; i < image.length; i++)
            image[i] =
                    (float)
                            Math.exp(
                                    -(Math.pow(i % 32 - x, 2) + Math.pow(i / 32 - y, 2))
                                            / (2 * 1.2 * 1.2));
        final PointSpreadFunction psf = PointSpreadFunction.ofMeasured(image, 32, 32);
        assertTrue(psf.isMoved());
        double alongX = 0;
        double alongY = 0;
        for (int v = -8; v <= 8; v++)
            for (int u = -8; u <= 8; u++) {
                alongX += psf.at(u, v) * u;
                alongY += psf.at(u, v) * v;
                moment += psf.at(u, v) * u * u;
            }
        assertEquals(0, alongX, 0.06);
        assertEquals(0, alongY, 0.06);
        assertEquals(1.2 * 1.2, moment, 0.05, "hardly wider than it was");
    }

    @Test
    void croppingKeepsTheMiddleAndSaysWhatIsLost() {
        final PointSpreadFunction psf = GaussianPsf.of(3, 3);
        final PointSpreadFunction cropped = psf.cropped(12, 40);
        assertEquals(11, cropped.width());
        assertEquals(25, cropped.height());
        assertEquals(1, sum(cropped), 1e-6);
        assertEquals(psf.at(1, 1) / psf.at(0, 0), cropped.at(1, 1) / cropped.at(0, 0), 1e-5);
        // 5.5 / 3 standard deviations on either side.
        assertEquals(0.9332, psf.shareWithin(11, 25), 0.002);
        assertFalse(cropped.isMoved());
    }

    @Test
    void trimmingKeepsTheCentreAndTheSum() {
        final PointSpreadFunction psf = GaussianPsf.of(3, 1);
        assertEquals(25, psf.width());
        assertEquals(9, psf.height());
        final PointSpreadFunction trimmed = psf.trimmed(0.9);
        assertTrue(trimmed.width() < 15 && trimmed.width() > 7, "width " + trimmed.width());
        double sum = 0;
        double outside = 1;
        for (int y = -trimmed.height() / 2; y <= trimmed.height() / 2; y++)
            for (int x = -trimmed.width() / 2; x <= trimmed.width() / 2; x++) {
                sum += trimmed.at(x, y);
                outside -= psf.at(x, y);
                assertEquals(
                        psf.at(x, y) / psf.at(0, 0), trimmed.at(x, y) / trimmed.at(0, 0), 1e-5);
            }
        assertEquals(1, sum, 1e-6);
        assertTrue(outside < 0.1, "share cut away: " + outside);
        assertEquals(25, psf.trimmed(1).width());
    }

    @Test
    void gaussianHasTheStandardDeviationsAskedFor() {
        final PointSpreadFunction psf = GaussianPsf.of(2.5, 1.2);
        double xx = 0;
        double yy = 0;
        for (int y = -20; y <= 20; y++)
            for (int x = -20; x <= 20; x++) {
                xx += psf.at(x, y) * x * x;
                yy += psf.at(x, y) * y * y;
            }
        assertEquals(2.5, Math.sqrt(xx), 0.005);
        assertEquals(1.2, Math.sqrt(yy), 0.005);
        assertArrayEquals(new float[] {1}, GaussianPsf.of(0, 0).values());
    }

    @Test
    void valuesCannotBeChangedFromOutside() {
        final PointSpreadFunction psf = GaussianPsf.of(1, 1);
        psf.values()[0] = 5;
        assertEquals(1, sum(psf), 1e-6);
        final float[] weights = {0, 1, 0};
        final PointSpreadFunction point = PointSpreadFunction.of(weights, 3, 1);
        weights[1] = 0;
        assertEquals(1, point.at(0, 0));
    }

    private static double sum(PointSpreadFunction psf) {
        double sum = 0;
        for (final float value : psf.values()) sum += value;
        return sum;
    }

    @Test
    void refusesWhatIsNoPsf() {
        final float[] nan = spot(9, 9, 4, 4);
        nan[3] = Float.NaN;
        assertMessage("NaN", () -> PointSpreadFunction.ofMeasured(nan, 9, 9));
        assertMessage("no spot", () -> PointSpreadFunction.ofMeasured(new float[81], 9, 9));
        assertMessage(
                "at its border", () -> PointSpreadFunction.ofMeasured(spot(25, 25, 0, 12), 25, 25));
        final float[] inverted = spot(25, 25, 12, 12);
        for (int i = 0; i < inverted.length; i++) inverted[i] = i == 300 ? 1 : -inverted[i];
        assertMessage("darker", () -> PointSpreadFunction.ofMeasured(inverted, 25, 25));
        assertMessage("1024 × 2", () -> PointSpreadFunction.ofMeasured(new float[2048], 1024, 2));
        assertMessage("10 × 10", () -> PointSpreadFunction.ofMeasured(new float[81], 10, 10));
        assertMessage("odd", () -> PointSpreadFunction.of(new float[] {1, 1}, 2, 1));
        assertMessage("negative", () -> PointSpreadFunction.of(new float[] {0, 1, -1}, 3, 1));
        assertMessage("0 everywhere", () -> PointSpreadFunction.of(new float[3], 3, 1));
        assertMessage("0.0", () -> GaussianPsf.of(1, 1).trimmed(0));
    }

    private static void assertMessage(String part, Runnable action) {
        final String message =
                assertThrows(IllegalArgumentException.class, action::run).getMessage();
        assertTrue(message.contains(part), message);
    }
}
