/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.optics;

/**
 * How far a spot lies from the middle of its brightest pixel, in half pixels: where it is symmetric
 * about a point between pixels, as the computed PSFs of even size are.
 *
 * @param dx −1, 0 or 1 half pixels along a row
 * @param dy −1, 0 or 1 half pixels along a column
 */
record HalfPixelShift(int dx, int dy) {

    /** Largest asymmetry (squared difference over twice the sum of squares) of a symmetric spot. */
    private static final double SYMMETRIC = 0.01;

    /** Nearer than this to a point between pixels than to the pixel, as a ratio of asymmetries. */
    private static final double MUCH_LESS = 0.25;

    /** Lobes of the Lanczos kernel on either side. */
    private static final int LOBES = 6;

    /** The shift of the spot whose brightest pixel is (x, y). */
    static HalfPixelShift of(double[] image, int width, int height, int x, int y) {
        final double atPixel = asymmetry(image, width, height, 2 * x, 2 * y);
        HalfPixelShift best = new HalfPixelShift(0, 0);
        double least = Math.min(SYMMETRIC, MUCH_LESS * atPixel);
        for (int dy = -1; dy <= 1; dy++)
            for (int dx = -1; dx <= 1; dx++) {
                if (dx == 0 && dy == 0) continue;
                final double here = asymmetry(image, width, height, 2 * x + dx, 2 * y + dy);
                if (here >= least) continue;
                least = here;
                best = new HalfPixelShift(dx, dy);
            }
        return best;
    }

    boolean isNone() {
        return dx == 0 && dy == 0;
    }

    int width(int before) {
        return dx == 0 ? before : before + 1;
    }

    int height(int before) {
        return dy == 0 ? before : before + 1;
    }

    /** Column of the spot's middle in the shifted image. */
    int x(int before) {
        return dx > 0 ? before + 1 : before;
    }

    /** Row of the spot's middle in the shifted image. */
    int y(int before) {
        return dy > 0 ? before + 1 : before;
    }

    /** The image at points between its pixels; the first lies half a pixel before the first one. */
    double[] applied(double[] image, int width, int height) {
        final double[] rows = dx == 0 ? image : shifted(image, height, width, width, 1);
        final int newWidth = width(width);
        if (dy == 0) return rows;
        return shifted(rows, newWidth, height, 1, newWidth);
    }

    /**
     * Values between those of parallel lines, by Lanczos interpolation; negative ones become 0.
     *
     * @param lineStep entries from one line to the next
     * @param step entries from one value of a line to the next
     */
    private static double[] shifted(double[] image, int lines, int length, int lineStep, int step) {
        final double[] shifted = new double[lines * (length + 1)];
        final int newLineStep = step == 1 ? length + 1 : 1;
        for (int line = 0; line < lines; line++)
            for (int i = 0; i <= length; i++) {
                double sum = 0;
                double weights = 0;
                for (int k = i - LOBES; k < i + LOBES; k++) {
                    final double weight = lanczos(k - i + 0.5);
                    weights += weight;
                    if (k >= 0 && k < length) sum += weight * image[line * lineStep + k * step];
                }
                shifted[line * newLineStep + i * step] = Math.max(0, sum / weights);
            }
        return shifted;
    }

    private static double lanczos(double x) {
        return sinc(x) * sinc(x / LOBES);
    }

    private static double sinc(double x) {
        return x == 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
    }

    /** Asymmetry about the point (twiceX / 2, twiceY / 2), over pixels that have a counterpart. */
    private static double asymmetry(double[] image, int width, int height, int twiceX, int twiceY) {
        double difference = 0;
        double sum = 0;
        for (int y = Math.max(0, twiceY - height + 1); y <= Math.min(height - 1, twiceY); y++)
            for (int x = Math.max(0, twiceX - width + 1); x <= Math.min(width - 1, twiceX); x++) {
                final double a = image[y * width + x];
                final double b = image[(twiceY - y) * width + twiceX - x];
                difference += (a - b) * (a - b);
                sum += a * a + b * b;
            }
        return sum > 0 ? difference / sum : 1;
    }
}
