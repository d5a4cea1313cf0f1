/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.noise;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What one pixel and those around it tell about the cumulants of the noise.
 *
 * <p>The difference of the pixel from the mean of its four neighbours holds noise and little
 * structure. The other 44 pixels of a square of seven, which have no part in it, tell how bright
 * and how flat the place is, so that choosing places by them does not favour large or small noise.
 *
 * @param pixel the pixel itself
 * @param difference of the pixel from the mean of its four neighbours
 * @param secondMean the mean that belongs to the difference's square: of the five pixels, with the
 *     squares of their weights
 * @param thirdMean the mean that belongs to the difference's cube
 * @param brightness mean of the 44 pixels
 * @param level of the surface of second degree through the 44 pixels at the pixel itself: noisier
 *     than the brightness, and right also on filaments and rims
 * @param scatter variance of the 44 pixels around a surface of second degree
 * @param part which of {@value #PARTS} × {@value #PARTS} parts of the image it lies in
 */
record NoisePlace(
        float pixel,
        double difference,
        double secondMean,
        double thirdMean,
        double brightness,
        double level,
        double scatter,
        int part) {

    /** The image is divided into as many parts in each direction. */
    static final int PARTS = 8;

    private static final int RADIUS = 3;
    private static final int SIDE = 2 * RADIUS + 1;
    private static final int CENTRE = RADIUS * SIDE + RADIUS;
    private static final int[] NEIGHBOURS = {CENTRE - SIDE, CENTRE - 1, CENTRE + 1, CENTRE + SIDE};
    private static final int[] SURROUND =
            IntStream.range(0, SIDE * SIDE)
                    .filter(i -> i != CENTRE && IntStream.of(NEIGHBOURS).noneMatch(n -> n == i))
                    .toArray();

    /** Orthonormal polynomials up to second degree on the surround: six values at each pixel. */
    private static final double[][] SURFACES = surfaces();

    /** Weights by which the surround gives the level of that surface at the pixel. */
    private static final double[] LEVEL = levelWeights();

    /** Sums of the squares and of the cubes of the difference's weights. */
    private static final double SQUARES = 1 + 4.0 / 16;

    private static final double CUBES = 1 - 4.0 / 64;

    /** More places than this do not make the estimate better, only slower. */
    private static final int MOST_PLACES = 500_000;

    /** Evenly spread places of a plane, without those that touch pixels that are not finite. */
    static List<NoisePlace> of(float[] plane, int width, int height) {
        final double all = Math.max(0, width - SIDE + 1.0) * Math.max(0, height - SIDE + 1.0);
        final int stride = Math.max(1, (int) Math.ceil(Math.sqrt(all / MOST_PLACES)));
        final int[] neighbours = offsets(NEIGHBOURS, width);
        final int[] surround = offsets(SURROUND, width);
        final List<NoisePlace> places = new ArrayList<>();
        for (int y = RADIUS; y < height - RADIUS; y += stride)
            for (int x = RADIUS; x < width - RADIUS; x += stride) {
                final int part =
                        (int) ((long) y * PARTS / height * PARTS + (long) x * PARTS / width);
                final NoisePlace place = at(plane, y * width + x, neighbours, surround, part);
                if (Double.isFinite(place.difference) && Double.isFinite(place.brightness))
                    places.add(place);
            }
        return places;
    }

    private static NoisePlace at(float[] plane, int p, int[] neighbours, int[] surround, int part) {
        double around = 0;
        for (final int neighbour : neighbours) around += plane[p + neighbour];
        final double origin = plane[p];
        final double[] coefficients = new double[SURFACES[0].length];
        double sum = 0;
        double level = 0;
        double power = 0;
        for (int i = 0; i < surround.length; i++) {
            final double value = plane[p + surround[i]] - origin;
            sum += value;
            level += LEVEL[i] * value;
            power += value * value;
            for (int k = 0; k < coefficients.length; k++) coefficients[k] += SURFACES[i][k] * value;
        }
        for (final double coefficient : coefficients) power -= coefficient * coefficient;
        return new NoisePlace(
                plane[p],
                plane[p] - around / 4,
                (plane[p] + around / 16) / SQUARES,
                (plane[p] - around / 64) / CUBES,
                origin + sum / surround.length,
                origin + level,
                power / (surround.length - coefficients.length),
                part);
    }

    /** A value whose expectation is the variance at {@link #secondMean}, and structure. */
    double secondCumulant() {
        return difference * difference / SQUARES;
    }

    /**
     * A value whose expectation is the third cumulant of the noise at {@link #thirdMean}, and the
     * cube of structure: in E[e³ − 3 e V], the product of structure and variance cancels.
     *
     * @param variance V of a pixel, expected at the {@link #level}
     */
    double thirdCumulant(double variance) {
        return difference * (difference * difference - 3 * SQUARES * variance) / CUBES;
    }

    private static int[] offsets(int[] pixels, int width) {
        return IntStream.of(pixels)
                .map(i -> (i / SIDE - RADIUS) * width + i % SIDE - RADIUS)
                .toArray();
    }

    /** By symmetry a + b r² for the distance r, without effect on a surface's terms in r². */
    private static double[] levelWeights() {
        double second = 0;
        double fourth = 0;
        for (final int i : SURROUND) {
            second += squaredDistance(i);
            fourth += squaredDistance(i) * squaredDistance(i);
        }
        final double a = 1 / (SURROUND.length - second * second / fourth);
        final double b = -a * second / fourth;
        return IntStream.of(SURROUND).mapToDouble(i -> a + b * squaredDistance(i)).toArray();
    }

    private static double squaredDistance(int i) {
        final double x = i % SIDE - RADIUS;
        final double y = i / SIDE - RADIUS;
        return x * x + y * y;
    }

    private static double[][] surfaces() {
        final double[][] terms = new double[6][SURROUND.length];
        for (int i = 0; i < SURROUND.length; i++) {
            final double x = SURROUND[i] % SIDE - RADIUS;
            final double y = SURROUND[i] / SIDE - RADIUS;
            final double[] values = {1, x, y, x * y, x * x, y * y};
            for (int k = 0; k < values.length; k++) terms[k][i] = values[k];
        }
        Orthonormal.orthonormalize(terms);
        final double[][] surfaces = new double[SURROUND.length][terms.length];
        for (int i = 0; i < SURROUND.length; i++)
            for (int k = 0; k < terms.length; k++) surfaces[i][k] = terms[k][i];
        return surfaces;
    }
}
