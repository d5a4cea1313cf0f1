/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.neighbours;

import java.util.Arrays;
import org.deqir.image.Pixels;
import org.deqir.image.Plane;

/**
 * The straight line that brings the brightness of a plane to that of another: bleaching, a lamp
 * that flickers, light from elsewhere.
 *
 * <p>Fitted to means over blocks of both planes, which have noise of their own (Deming's
 * regression), with Tukey's biweight: blocks in which something else is seen do not count. Where a
 * line explains the blocks no better than equal brightness does, there is none.
 *
 * @param slope grey levels here per grey level of the other plane
 * @param intercept grey levels
 */
record BrightnessLine(double slope, double intercept) {

    static final BrightnessLine IDENTITY = new BrightnessLine(1, 0);

    private static final double REJECTED = 4.685;
    private static final int ITERATIONS = 20;
    private static final int LEAST_BLOCKS = 16;

    /** Halvings to blocks of 8 × 8 pixels. */
    private static final int HALVINGS = 3;

    /** How much better a line must explain all blocks: of two parameters by chance 14 in 1000. */
    private static final double SIGNIFICANT = 14;

    /** Most by which planes may differ. */
    private static final double MOST = 4;

    /** Least correlation of the blocks that count. */
    private static final double CORRELATED = 0.5;

    boolean isIdentity() {
        return slope == 1 && intercept == 0;
    }

    double at(double level) {
        return slope * level + intercept;
    }

    /** The grey level there of a grey level here. */
    double inverse(double level) {
        return (level - intercept) / slope;
    }

    /** A plane with this brightness. */
    Plane applied(Plane plane) {
        if (isIdentity()) return plane;
        final Plane matched = plane.copy();
        for (final float[] channel : matched.channels())
            for (int i = 0; i < channel.length; i++) channel[i] = (float) at(channel[i]);
        return matched;
    }

    /**
     * The line from a plane to this one.
     *
     * @param dx columns by which the other plane has moved
     * @param dy rows
     */
    static BrightnessLine between(Smoothed own, Smoothed other, int dx, int dy) {
        final int side = 1 << HALVINGS;
        final int left = Math.max(0, -dx);
        final int top = Math.max(0, -dy);
        final int columns = (own.width() - Math.abs(dx)) / side;
        final int rows = (own.height() - Math.abs(dy)) / side;
        final int blocks = Math.max(0, columns) * Math.max(0, rows);
        if (blocks < LEAST_BLOCKS) return IDENTITY;
        final double[][] values = new double[4][blocks];
        for (int b = 0; b < blocks; b++)
            for (int i = 0; i < side * side; i++) {
                final int x = left + b % columns * side + i % side;
                final int y = top + b / columns * side + i / side;
                final int here = y * own.width() + x;
                final int there = (y + dy) * own.width() + x + dx;
                values[0][b] += other.smooth()[there] / (side * side);
                values[1][b] += own.smooth()[here] / (side * side);
                values[2][b] += other.variance()[there] / Math.pow(side, 4);
                values[3][b] += own.variance()[here] / Math.pow(side, 4);
            }
        return new Fit(values[0], values[1], values[2], values[3]).line();
    }

    /** Points with errors along both axes. */
    private record Fit(double[] x, double[] y, double[] varianceX, double[] varianceY) {

        BrightnessLine line() {
            final double[] weights = new double[x.length];
            for (int i = 0; i < x.length; i++)
                weights[i] = 1 / Math.max(Double.MIN_NORMAL, varianceX[i] + varianceY[i]);
            BrightnessLine line = deming(weights);
            double scale = 1;
            for (int k = 0; k < ITERATIONS && line != null; k++) {
                final double[] deviations = deviations(line);
                scale = Math.max(1, 1.4826 * Pixels.median(deviations.clone()));
                for (int i = 0; i < x.length; i++) {
                    final double u = deviations[i] / (REJECTED * scale);
                    weights[i] =
                            u < 1
                                    ? Math.pow(1 - u * u, 2)
                                            / Math.max(Double.MIN_NORMAL, variance(line, i))
                                    : 0;
                }
                line = deming(weights);
            }
            if (line == null || !(line.slope > 1 / MOST && line.slope < MOST)) return IDENTITY;
            return cost(IDENTITY, scale) - cost(line, scale) > SIGNIFICANT ? line : IDENTITY;
        }

        private double variance(BrightnessLine line, int i) {
            return varianceY[i] + line.slope * line.slope * varianceX[i];
        }

        private double[] deviations(BrightnessLine line) {
            final double[] deviations = new double[x.length];
            for (int i = 0; i < x.length; i++)
                deviations[i] =
                        Math.abs(y[i] - line.at(x[i]))
                                / Math.sqrt(Math.max(Double.MIN_NORMAL, variance(line, i)));
            return deviations;
        }

        /** Sum of the squared deviations, each at most what rejects it, in units of the scale. */
        private double cost(BrightnessLine line, double scale) {
            return Arrays.stream(deviations(line))
                    .map(d -> Math.pow(Math.min(REJECTED, d / scale), 2))
                    .sum();
        }

        /** The weighted line, or null if the points do not depend on each other. */
        private BrightnessLine deming(double[] weights) {
            double sum = 0;
            double meanX = 0;
            double meanY = 0;
            double noiseX = 0;
            double noiseY = 0;
            for (int i = 0; i < x.length; i++) {
                sum += weights[i];
                meanX += weights[i] * x[i];
                meanY += weights[i] * y[i];
                noiseX += weights[i] * varianceX[i];
                noiseY += weights[i] * varianceY[i];
            }
            meanX /= sum;
            meanY /= sum;
            double xx = 0;
            double xy = 0;
            double yy = 0;
            for (int i = 0; i < x.length; i++) {
                xx += weights[i] * (x[i] - meanX) * (x[i] - meanX);
                xy += weights[i] * (x[i] - meanX) * (y[i] - meanY);
                yy += weights[i] * (y[i] - meanY) * (y[i] - meanY);
            }
            if (!(xy > CORRELATED * Math.sqrt(xx * yy))) return null;
            final double ratio = noiseX > 0 ? noiseY / noiseX : 1;
            final double half = (yy - ratio * xx) / 2;
            final double slope = (half + Math.sqrt(half * half + ratio * xy * xy)) / xy;
            return new BrightnessLine(slope, meanY - slope * meanX);
        }
    }
}
