/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.optics;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/**
 * An intensity that is the same in all directions from a centre, at multiples of a step of
 * distance; linear in between, 0 beyond. Distances are optical ones, k NA r of the emission.
 */
final class RadialProfile {

    /** Optical distance of the first dark ring of an Airy pattern, 1.22 π. */
    static final double FIRST_ZERO = 3.8317059702075125;

    private final double[] values;
    private final double step;

    /**
     * @param values intensity at 0, {@code step}, 2·{@code step} …; not copied
     */
    RadialProfile(double[] values, double step) {
        this.values = values;
        this.step = step;
    }

    /** The entries that reach a little beyond a distance. */
    static int entries(double most, double step) {
        return (int) Math.ceil(most / step) + 2;
    }

    /** An intensity from 0 to a little beyond {@code most}. */
    static RadialProfile of(DoubleUnaryOperator intensity, double most, double step) {
        final double[] values = new double[entries(most, step)];
        Arrays.setAll(values, i -> intensity.applyAsDouble(i * step));
        return new RadialProfile(values, step);
    }

    /** The product with a profile of the same step that reaches as far. */
    RadialProfile times(RadialProfile other) {
        final double[] product = new double[values.length];
        Arrays.setAll(product, i -> values[i] * other.values[i]);
        return new RadialProfile(product, step);
    }

    /** Intensity in the centre. */
    double peak() {
        return values[0];
    }

    /** Intensity at a distance ≥ 0. */
    double at(double v) {
        final double position = v / step;
        final int below = (int) position;
        if (below >= values.length - 1) return 0;
        return values[below] + (position - below) * (values[below + 1] - values[below]);
    }

    /**
     * The average over a disk around each point, as a pinhole takes it.
     *
     * @param radius of the disk; 0 for no average
     * @param rings optical distance between the rings of points that sample the disk
     * @param most distance that the result reaches, with the disk within this profile
     */
    RadialProfile averagedOverDisk(double radius, double rings, double most) {
        final int entries = entries(most, step);
        if (radius == 0) return new RadialProfile(Arrays.copyOf(values, entries), step);
        final double[] averaged = new double[entries];
        final int count = (int) Math.ceil(radius / rings);
        double area = 0;
        for (int ring = 0; ring < count; ring++) {
            final double rho = radius * (ring + 0.5) / count;
            area += rho;
            // Half a turn is enough by symmetry; the pattern's finest period is π.
            final int directions = 12 + (int) (2 * rho);
            for (int k = 0; k < directions; k++) {
                final double cosine = Math.cos(Math.PI * (k + 0.5) / directions);
                for (int i = 0; i < entries; i++) {
                    final double v = i * step;
                    final double square = v * v + rho * rho - 2 * v * rho * cosine;
                    averaged[i] += rho / directions * at(Math.sqrt(Math.max(0, square)));
                }
            }
        }
        for (int i = 0; i < entries; i++) averaged[i] /= area;
        return new RadialProfile(averaged, step);
    }

    /** The distance inside which lies a share of the light of this profile. */
    double heldRadius(double share) {
        double sum = 0;
        for (int i = 0; i < values.length; i++) sum += i * values[i];
        double inside = 0;
        int i = 0;
        while (i < values.length && inside < share * sum) {
            inside += i * values[i];
            i++;
        }
        return i * step;
    }

    /** Points along a pixel of a width, so that there are enough of them in a unit of distance. */
    static int points(double width, double perUnit) {
        return (int) Math.ceil(width * perUnit);
    }

    /**
     * Sums over points in each pixel of an image with the centre in its middle pixel.
     *
     * @param stepX width of a pixel
     * @param stepY height of a pixel
     * @param reachX pixels on each side of the middle one
     * @param reachY pixels above and below the middle one
     * @param perUnit points in a unit of distance, at least
     * @return (2·reachX + 1) × (2·reachY + 1) sums over {@link #points} × points, row by row
     */
    double[] sums(double stepX, double stepY, int reachX, int reachY, double perUnit) {
        final int pointsX = points(stepX, perUnit);
        final int pointsY = points(stepY, perUnit);
        final int width = 2 * reachX + 1;
        final double[] sums = new double[width * (2 * reachY + 1)];
        for (int y = 0; y <= reachY; y++)
            for (int x = 0; x <= reachX; x++) {
                double sum = 0;
                for (int j = 0; j < pointsY; j++) {
                    final double v = (y - 0.5 + (j + 0.5) / pointsY) * stepY;
                    for (int i = 0; i < pointsX; i++) {
                        final double u = (x - 0.5 + (i + 0.5) / pointsX) * stepX;
                        sum += at(Math.hypot(u, v));
                    }
                }
                for (final int row : new int[] {reachY - y, reachY + y})
                    for (final int column : new int[] {reachX - x, reachX + x})
                        sums[row * width + column] = sum;
            }
        return sums;
    }
}
