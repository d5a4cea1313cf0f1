/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.noise;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * The correlation of the noise of neighbouring pixels.
 *
 * <p>Measured in 8 × 8 windows after a surface of second degree was subtracted: the autocorrelation
 * at a distance of one pixel, less what white noise would show after that subtraction. The windows
 * are the two fifths with the flattest surfaces, and of those the half with the least residual,
 * both in comparison with the noise expected at their brightness. (Surfaces hold no fine noise;
 * choosing by the residual alone chooses windows in which noise is less correlated.) White noise
 * gives 0 within a few hundredths. In an image with little noise, structure itself appears as
 * correlation.
 *
 * @param horizontal correlation of neighbours in a row, −1 to 1; NaN if there are too few windows
 * @param vertical correlation of neighbours in a column, −1 to 1; NaN if there are too few windows
 * @param diagonal correlation of neighbours on both diagonals, as those
 * @param error standard error of the first two's sum where noise is white, estimated from above
 */
public record NoiseCorrelation(double horizontal, double vertical, double diagonal, double error) {

    /** Of an image too small to tell. */
    static final NoiseCorrelation UNKNOWN =
            new NoiseCorrelation(Double.NaN, Double.NaN, Double.NaN, Double.NaN);

    /**
     * Sum of both correlations from which on noise counts as correlated: white noise on the images
     * of the benchmark shows 0.06 at most, and on crops of 96 × 96 pixels 0.10.
     */
    private static final double LEAST = 0.105;

    /** The same in standard errors, which are large in small images. */
    private static final double SIGNIFICANT = 4;

    /** Correlation that only structure has, or noise of which hardly anything fine is left. */
    private static final double MOST = 0.25;

    /**
     * Logarithm of {@link #coarseFactor} over that sum. Where a pixel is mixed with its neighbours
     * in a row, the noise's spectrum is 1 + 2ρ cos 2πf: from the finest to the coarsest it grows by
     * (1 + 2ρ)/(1 − 2ρ), about e^4ρ. Estimates are not from the finest alone.
     */
    private static final double COARSENESS = 3.5;

    private static final int SIDE = 8;
    private static final int PIXELS = SIDE * SIDE;
    private static final double FLAT_SHARE = 0.4;
    private static final double SMOOTH_SHARE = 0.5;
    private static final int LEAST_WINDOWS = 100;
    private static final int LEAST_FLAT = 20;
    private static final int MOST_WINDOWS = 40_000;

    /** Orthonormal polynomials up to second degree on a window. */
    private static final double[][] SURFACES = surfaces();

    /** What is left of white noise of unit variance: its power, and the products of neighbours. */
    private static final double[] WHITE = white();

    private record Window(double[] residual, double slope, double roughness) {}

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
                final double noise = Math.max(smallest, line.at(mean));
                final double slope = subtractSurface(window) / noise;
                double power = 0;
                for (final double value : window) power += value * value;
                windows.add(new Window(window, slope, power / noise));
            }
        if (windows.size() < LEAST_WINDOWS) return UNKNOWN;
        final double[] sums = new double[WHITE.length];
        for (final Window window :
                least(least(windows, FLAT_SHARE, Window::slope), SMOOTH_SHARE, Window::roughness)) {
            final double[] products = products(window.residual());
            for (int i = 0; i < sums.length; i++) sums[i] += products[i];
        }
        return new NoiseCorrelation(
                sums[1] / sums[0] - WHITE[1] / WHITE[0],
                sums[2] / sums[0] - WHITE[2] / WHITE[0],
                sums[3] / sums[0] - WHITE[3] / WHITE[0],
                Math.sqrt(2 / (FLAT_SHARE * SMOOTH_SHARE * plane.length)));
    }

    /**
     * {@return whether noise is correlated along rows, columns or both} Structure that looks like
     * noise is told from it by the diagonals, along which it is correlated as much.
     */
    public boolean isFound() {
        return rows() + columns() > Math.max(LEAST, SIGNIFICANT * error)
                && Math.max(rows(), columns()) < MOST
                && !(diagonal > rows() * columns());
    }

    private double rows() {
        return Math.max(0, horizontal);
    }

    private double columns() {
        return Math.max(0, vertical);
    }

    /**
     * {@return the variance of independent noise that is as strong over many pixels, over the
     * variance that an estimate finds, which sees finer noise best; 1 where none is found}
     */
    public double coarseFactor() {
        return isFound() ? Math.exp(COARSENESS * (rows() + columns())) : 1;
    }

    /** {@return the variance of a pixel over that which an estimate finds} */
    public double pixelFactor() {
        return isFound() ? coarseFactor() / ((1 + 2 * rows()) * (1 + 2 * columns())) : 1;
    }

    /** {@return the stronger of both correlations, with its sign} */
    public double strongest() {
        return Math.abs(horizontal) >= Math.abs(vertical) ? horizontal : vertical;
    }

    private static List<Window> least(
            List<Window> windows, double share, ToDoubleFunction<Window> of) {
        return windows.stream()
                .sorted(Comparator.comparingDouble(of))
                .limit(Math.max(LEAST_FLAT, (long) (share * windows.size())))
                .toList();
    }

    /** {@return power of the surface but for its mean} */
    private static double subtractSurface(double[] window) {
        double power = 0;
        for (final double[] surface : SURFACES) {
            double coefficient = 0;
            for (int i = 0; i < PIXELS; i++) coefficient += surface[i] * window[i];
            for (int i = 0; i < PIXELS; i++) window[i] -= coefficient * surface[i];
            if (surface != SURFACES[0]) power += coefficient * coefficient;
        }
        return power;
    }

    /** Means of r², and of r times its right neighbour, the one below, and diagonal ones. */
    private static double[] products(double[] residual) {
        double power = 0;
        double right = 0;
        double below = 0;
        double diagonal = 0;
        for (int i = 0; i < PIXELS; i++) {
            power += residual[i] * residual[i];
            if (i % SIDE < SIDE - 1) right += residual[i] * residual[i + 1];
            if (i / SIDE == SIDE - 1) continue;
            below += residual[i] * residual[i + SIDE];
            if (i % SIDE < SIDE - 1)
                diagonal +=
                        residual[i] * residual[i + SIDE + 1] + residual[i + 1] * residual[i + SIDE];
        }
        final double pairs = SIDE * (SIDE - 1.0);
        return new double[] {
            power / PIXELS, right / pairs, below / pairs, diagonal / (2 * Math.pow(SIDE - 1, 2))
        };
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
        final double[] sums = new double[4];
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
