/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.fill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.deqir.metrics.PeakSignalToNoiseRatio;
import org.deqir.progress.Progress;
import org.deqir.testing.Bench;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BiharmonicFillTest {

    private enum Mask {
        RANDOM_70,
        RANDOM_98,
        DISK,
        HALF,
        SCRATCHES,
        ONLY_CORNERS_KNOWN,
        ONE_PIXEL_KNOWN;

        boolean[] of(int width, int height) {
            final Random random = new Random(9);
            final boolean[] missing = new boolean[width * height];
            for (int y = 0; y < height; y++)
                for (int x = 0; x < width; x++)
                    missing[y * width + x] =
                            switch (this) {
                                case RANDOM_70 -> random.nextDouble() < 0.7;
                                case RANDOM_98 -> random.nextDouble() < 0.98;
                                case DISK ->
                                        Math.hypot(x - width / 2.0, y - height / 2.0)
                                                < height / 3.0;
                                case HALF -> x > width / 2;
                                case SCRATCHES -> (x + 2 * y) % 23 < 4;
                                case ONLY_CORNERS_KNOWN ->
                                        x > 0 && x < width - 1 || y > 0 && y < height - 1;
                                case ONE_PIXEL_KNOWN -> x != 5 || y != 3;
                            };
            return missing;
        }
    }

    /** Checks the equation itself, with a Laplacian written anew from its definition. */
    @ParameterizedTest
    @CsvSource({
        "RANDOM_70, 64, 64",
        "RANDOM_98, 75, 52",
        "DISK, 96, 80",
        "HALF, 61, 47",
        "SCRATCHES, 64, 33",
        "ONLY_CORNERS_KNOWN, 20, 30",
        "DISK, 17, 9"
    })
    void solvesTheBiharmonicEquationOnTheMissingPixels(Mask mask, int width, int height) {
        final boolean[] missing = mask.of(width, height);
        final float[] plane = new float[missing.length];
        final Random random = new Random(4);
        for (int i = 0; i < plane.length; i++)
            plane[i] = missing[i] ? Float.NaN : 10 + random.nextFloat();
        final float[] filled =
                new BiharmonicFill(missing, width, height).fill(plane, Progress.NONE);

        final double[] bending =
                laplacian(laplacian(toDouble(filled), width, height), width, height);
        double known = 0;
        double unknown = 0;
        for (int i = 0; i < plane.length; i++) {
            if (missing[i]) unknown = Math.max(unknown, Math.abs(bending[i]));
            else {
                known = Math.max(known, Math.abs(bending[i]));
                assertEquals(plane[i], filled[i], "known pixel " + i);
            }
        }
        // The second term is what rounding the result to float leaves.
        assertTrue(unknown < 1e-3 * known + 64 * Math.ulp(11f), unknown + " of " + known + " left");
    }

    private static double[] toDouble(float[] plane) {
        final double[] values = new double[plane.length];
        for (int i = 0; i < values.length; i++) values[i] = plane[i];
        return values;
    }

    private static double[] laplacian(double[] u, int width, int height) {
        final double[] result = new double[u.length];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                for (final int[] side : new int[][] {{-1, 0}, {1, 0}, {0, -1}, {0, 1}}) {
                    final int nx = Math.max(0, Math.min(width - 1, x + side[0]));
                    final int ny = Math.max(0, Math.min(height - 1, y + side[1]));
                    result[y * width + x] += u[ny * width + nx] - u[y * width + x];
                }
        return result;
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 400})
    void continuesACubicSurfaceExactly(int size) {
        final boolean[] missing = Mask.DISK.of(size, size);
        final float[] truth = new float[size * size];
        for (int y = 0; y < size; y++)
            for (int x = 0; x < size; x++) {
                final double u = (double) x / size;
                final double v = (double) y / size;
                truth[y * size + x] = (float) (u * u * u - 2 * u * v * v + v * v + 3 * u - 1);
            }
        final float[] holed = truth.clone();
        for (int i = 0; i < holed.length; i++) if (missing[i]) holed[i] = 0;
        assertArrayEquals(
                truth, new BiharmonicFill(missing, size, size).fill(holed, Progress.NONE), 2e-4f);
    }

    @Test
    void oneKnownPixelIsAConstantImage() {
        final boolean[] missing = Mask.ONE_PIXEL_KNOWN.of(31, 20);
        final float[] plane = new float[missing.length];
        plane[3 * 31 + 5] = 1234.5f;
        final float[] expected = new float[plane.length];
        Arrays.fill(expected, 1234.5f);
        assertArrayEquals(
                expected, new BiharmonicFill(missing, 31, 20).fill(plane, Progress.NONE), 1e-3f);
    }

    @Test
    void nothingMissingChangesNothing() {
        final float[] plane = {1, 2, 3, 4, 5, 6};
        assertArrayEquals(
                plane, new BiharmonicFill(new boolean[6], 3, 2).fill(plane, Progress.NONE));
    }

    @Test
    void oneInstanceFillsManyPlanes() {
        final boolean[] missing = Mask.RANDOM_70.of(40, 40);
        final float[] first = new float[1600];
        final float[] second = new float[1600];
        for (int i = 0; i < 1600; i++) {
            first[i] = i % 17;
            second[i] = i % 23;
        }
        final BiharmonicFill fill = new BiharmonicFill(missing, 40, 40);
        final float[] before = fill.fill(first, Progress.NONE);
        fill.fill(second, Progress.NONE);
        assertArrayEquals(before, fill.fill(first, Progress.NONE));
    }

    @ParameterizedTest
    @CsvSource({"inpaint-random-70, 32.59", "inpaint-holes, 36.77"})
    void reachesTheClassicalBarOnRealImages(String task, double bar) {
        double sum = 0;
        for (final String name : Bench.images()) {
            final boolean[] missing = Bench.missing(task, name);
            final float[] filled =
                    new BiharmonicFill(missing, 192, 192)
                            .fill(Bench.measured(task, name).channels()[0], Progress.NONE);
            sum += PeakSignalToNoiseRatio.ofClipped(Bench.truth(name).channels()[0], filled, 1);
        }
        final double mean = sum / Bench.images().size();
        assertTrue(mean >= bar, "mean PSNR " + mean);
    }

    @Test
    void refusesWhatCannotBeFilled() {
        final boolean[] all = new boolean[12];
        Arrays.fill(all, true);
        assertMessage("All pixels are missing", () -> new BiharmonicFill(all, 4, 3));
        assertMessage("4 × 4", () -> new BiharmonicFill(new boolean[12], 4, 4));
        final boolean[] one = new boolean[12];
        one[1] = true;
        final BiharmonicFill fill = new BiharmonicFill(one, 4, 3);
        assertMessage("16 pixels", () -> fill.fill(new float[16], Progress.NONE));
        final float[] holed = new float[12];
        holed[6] = Float.POSITIVE_INFINITY;
        assertMessage("(2, 1)", () -> fill.fill(holed, Progress.NONE));
    }

    private static void assertMessage(String part, Runnable action) {
        final String message =
                assertThrows(IllegalArgumentException.class, action::run).getMessage();
        assertTrue(message.contains(part), message);
    }

    @Test
    void aUserCanStopIt() {
        final boolean[] hole = new boolean[64 * 64];
        Arrays.fill(hole, 64 * 10, 64 * 50, true);
        final int[] asked = {0};
        final Progress third =
                new Progress() {
                    @Override
                    public void update(String stage, double fraction) {}

                    @Override
                    public boolean isCanceled() {
                        return ++asked[0] == 3;
                    }
                };
        final float[] plane = new float[64 * 64];
        for (int i = 0; i < plane.length; i++) plane[i] = i % 7 * (i / 64);
        assertThrows(
                java.util.concurrent.CancellationException.class,
                () -> new BiharmonicFill(hole, 64, 64).fill(plane, third));
        assertEquals(3, asked[0]);
    }
}
