/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.noise;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The correlation of the noise of neighbouring pixels.
 *
 * <p>Measured in the flattest tenth of all 8 × 8 windows (flat in comparison with the noise
 * expected at their brightness), after a surface of second degree was subtracted: the
 * autocorrelation at a distance of one pixel, less what white noise would show after that
 * subtraction. White noise gives 0 within a few hundredths; noise that was smoothed with a Gaussian
 * of 0.7 pixels gives 0.35 to 0.4. In an image with little noise, structure itself appears as
 * correlation.
 *
 * @param horizontal correlation of neighbours in a row, −1 to 1; NaN if there are too few windows
 * @param vertical correlation of neighbours in a column, −1 to 1; NaN if there are too few windows
 */
record NoiseCorrelation(double horizontal, double vertical) {

    private static final int SIDE = 8;
    private static final int PIXELS = SIDE * SIDE;
    private static final double FLAT_SHARE = 0.1;
    private static final int LEAST_WINDOWS = 100;
    private static final int LEAST_FLAT = 20;
    private static final int MOST_WINDOWS = 40_000;

    /** Orthonormal polynomials up to second degree on a window. */
    private static final double[][] SURFACES = surfaces();

    /** What is left of white noise of unit variance: its power, and the products of neighbours. */
    private static final double[] WHITE = white();

    private record Window(double[] residual, double roughness) {}

    static NoiseCorrelation of(
            float[] plane, int width, int height, UsablePixels usable, VarianceLine line) {
        final List<Window> windows = new ArrayList<>();
        final double all = Math.max(0, width - SIDE + 1.0) * Math.max(0, height - SIDE + 1.0);
        final int stride = Math.max(2, (int) Math.ceil(Math.sqrt(all / MOST_WINDOWS)));
        final double smallest =
                1e-3 * Math.max(line.at(line.darkestMean()), line.at(line.brightestMean()));
        for (int y = 0; y + SIDE <= height; y += stride)
            for (int x = 0; x + SIDE <= width; x += stride) {
                if (!usable.isUsable(x, y, SIDE, SIDE)) continue;
                final double[] window = new double[PIXELS];
                double mean = 0;
                for (int i = 0; i < PIXELS; i++) {
                    window[i] = plane[(y + i / SIDE) * width + x + i % SIDE];
                    mean += window[i] / PIXELS;
                }
                subtractSurface(window);
                double power = 0;
                for (final double value : window) power += value * value;
                windows.add(new Window(window, power / Math.max(smallest, line.at(mean))));
            }
        if (windows.size() < LEAST_WINDOWS) return new NoiseCorrelation(Double.NaN, Double.NaN);
        windows.sort(Comparator.comparingDouble(Window::roughness));
        final int flat = Math.max(LEAST_FLAT, (int) (FLAT_SHARE * windows.size()));
        final double[] sums = new double[3];
        for (final Window window : windows.subList(0, flat)) {
            final double[] products = products(window.residual());
            for (int i = 0; i < sums.length; i++) sums[i] += products[i];
        }
        return new NoiseCorrelation(
                sums[1] / sums[0] - WHITE[1] / WHITE[0], sums[2] / sums[0] - WHITE[2] / WHITE[0]);
    }

    /** The stronger of both correlations, with its sign. */
    double strongest() {
        return Math.abs(horizontal) >= Math.abs(vertical) ? horizontal : vertical;
    }

    private static void subtractSurface(double[] window) {
        for (final double[] surface : SURFACES) {
            double coefficient = 0;
            for (int i = 0; i < PIXELS; i++) coefficient += surface[i] * window[i];
            for (int i = 0; i < PIXELS; i++) window[i] -= coefficient * surface[i];
        }
    }

    /** Means of r², of r times its right neighbour, and of r times the one below. */
    private static double[] products(double[] residual) {
        double power = 0;
        double right = 0;
        double below = 0;
        for (int i = 0; i < PIXELS; i++) {
            power += residual[i] * residual[i];
            if (i % SIDE < SIDE - 1) right += residual[i] * residual[i + 1];
            if (i / SIDE < SIDE - 1) below += residual[i] * residual[i + SIDE];
        }
        final double pairs = SIDE * (SIDE - 1.0);
        return new double[] {power / PIXELS, right / pairs, below / pairs};
    }

    private static double[][] surfaces() {
        final double[][] surfaces = new double[6][PIXELS];
        for (int i = 0; i < PIXELS; i++) {
            final double x = i % SIDE - (SIDE - 1) / 2.0;
            final double y = i / SIDE - (SIDE - 1) / 2.0;
            final double[] terms = {1, x, y, x * y, x * x, y * y};
            for (int k = 0; k < terms.length; k++) surfaces[k][i] = terms[k];
        }
        Orthonormal.orthonormalize(surfaces);
        return surfaces;
    }

    /** Sum over the responses to a unit impulse at each pixel. */
    private static double[] white() {
        final double[] sums = new double[3];
        for (int impulse = 0; impulse < PIXELS; impulse++) {
            final double[] window = new double[PIXELS];
            window[impulse] = 1;
            subtractSurface(window);
            final double[] products = products(window);
            for (int i = 0; i < sums.length; i++) sums[i] += products[i];
        }
        return sums;
    }
}
