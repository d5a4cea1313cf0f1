/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.noise;

import java.util.Arrays;
import org.deqir.physics.SymmetricEigenvectors;

/**
 * Small patches of a plane with their mean and with the variance of the noise in each, told from
 * texture by principal components.
 *
 * <p>Structure makes the pixels of a patch depend on each other, white noise does not. Of all
 * directions in the space of patches, those in which the patches of this image vary least hold
 * hardly any structure, whatever its orientation (Pyatykh, Hesser and Zheng, IEEE Transactions on
 * Image Processing 22, 2013); the power of a patch along them is the variance of its noise. The
 * directions that vary least do so partly by chance, so those that serve a patch are taken from the
 * patches of other blocks of the image, never overlapping it: the variance is then unbiased even in
 * small images.
 */
final class NoisePatches {

    /** Width and height of a patch. */
    static final int SIDE = 6;

    static final int PIXELS = SIDE * SIDE;

    /** Directions of least variance that are used. */
    static final int DIRECTIONS = 10;

    /** Directions that follow these in variance; they show whether structure reaches as far. */
    static final int NEXT = 6;

    /** Smallest image that has four blocks with enough patches. */
    static final int SMALLEST_IMAGE = 24;

    private static final int LARGEST_BLOCK = 24;
    private static final int SMALLEST_BLOCK = 12;
    private static final int FOLDS = 4;

    /** More patches than this do not make the estimate better, only slower. */
    private static final int MOST_PATCHES = 150_000;

    private final int[] origins;
    private final double[] means;
    private final double[] variances;
    private final double[] nextVariances;
    private final double[] structures;

    /**
     * @param plane the image, at least {@value #SMALLEST_IMAGE} pixels wide and high
     */
    NoisePatches(float[] plane, int width, int height, UsablePixels usable) {
        final int block =
                Math.max(SMALLEST_BLOCK, Math.min(LARGEST_BLOCK, Math.min(width, height) / 3));
        final int[][] folds = folds(width, height, block, usable);
        double sum = 0;
        int count = 0;
        for (final int[] fold : folds)
            for (final int origin : fold) {
                sum += mean(plane, width, origin);
                count++;
            }
        final double mean = count > 0 ? sum / count : 0;
        final double[][][] covariances = new double[FOLDS][][];
        for (int f = 0; f < FOLDS; f++) covariances[f] = covariance(plane, width, folds[f], mean);

        origins = new int[count];
        means = new double[count];
        variances = new double[count];
        nextVariances = new double[count];
        structures = new double[count];
        int next = 0;
        final double[] patch = new double[PIXELS];
        for (int f = 0; f < FOLDS; f++) {
            final double[][] others = new double[PIXELS][PIXELS];
            for (int g = 0; g < FOLDS; g++)
                if (g != f)
                    for (int r = 0; r < PIXELS; r++)
                        for (int c = 0; c < PIXELS; c++) others[r][c] += covariances[g][r][c];
            final SymmetricEigenvectors directions = new SymmetricEigenvectors(others);
            for (final int origin : folds[f]) {
                read(plane, width, origin, mean, patch);
                origins[next] = origin;
                means[next] = mean + Arrays.stream(patch).sum() / PIXELS;
                variances[next] = power(patch, directions, 0, DIRECTIONS);
                nextVariances[next] = power(patch, directions, DIRECTIONS, NEXT);
                structures[next] =
                        scatter(patch) - DIRECTIONS * variances[next] - NEXT * nextVariances[next];
                next++;
            }
        }
    }

    /** Number of patches; 0 if none is free of clipped and missing pixels. */
    int count() {
        return origins.length;
    }

    /** Mean grey level of the patch. */
    double mean(int patch) {
        return means[patch];
    }

    /**
     * Variance of the noise in the patch, in grey levels squared: for Gaussian noise σ²/K times a
     * χ² variable of K = {@value #DIRECTIONS} degrees of freedom.
     */
    double variance(int patch) {
        return variances[patch];
    }

    /**
     * Variance of the patch in the {@value #NEXT} directions that follow, in grey levels squared:
     * that of the noise where there is no fine structure, and more where there is.
     */
    double nextVariance(int patch) {
        return nextVariances[patch];
    }

    /**
     * What the pixels of the patch scatter in the other directions: noise and structure. White
     * Gaussian noise in these does not depend on that in the directions behind {@link #variance}
     * and {@link #nextVariance}, so that a choice of patches by it leaves both unbiased.
     */
    double structure(int patch) {
        return structures[patch];
    }

    /** Origins of the patches inside each block; blocks belong to four folds in turn. */
    private static int[][] folds(int width, int height, int block, UsablePixels usable) {
        final int blocksX = (width + block - SIDE) / block;
        final int blocksY = (height + block - SIDE) / block;
        final int perBlock = block - SIDE + 1;
        int stride = 1;
        while (stride < SIDE / 2
                && (double) blocksX * blocksY * perBlock * perBlock / (stride * stride)
                        > MOST_PATCHES) stride++;
        // Of a large image, blocks spread evenly over it.
        final double each =
                (double) blocksX * blocksY * perBlock * perBlock / (stride * stride) / MOST_PATCHES;
        final int skip = Math.max(1, (int) Math.ceil(Math.sqrt(each)));
        final int[][] folds = new int[FOLDS][1024];
        final int[] counts = new int[FOLDS];
        for (int by = 0; by * skip < blocksY; by++)
            for (int bx = 0; bx * skip < blocksX; bx++) {
                final int f = by % 2 * 2 + bx % 2;
                final int left = bx * skip * block;
                final int top = by * skip * block;
                for (int y = top; y < top + perBlock && y + SIDE <= height; y += stride)
                    for (int x = left; x < left + perBlock && x + SIDE <= width; x += stride) {
                        if (!usable.isUsable(x, y, SIDE, SIDE)) continue;
                        if (counts[f] == folds[f].length)
                            folds[f] = Arrays.copyOf(folds[f], 2 * counts[f]);
                        folds[f][counts[f]++] = y * width + x;
                    }
            }
        for (int f = 0; f < FOLDS; f++) folds[f] = Arrays.copyOf(folds[f], counts[f]);
        return folds;
    }

    private static double mean(float[] plane, int width, int origin) {
        double sum = 0;
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++) sum += plane[origin + y * width + x];
        return sum / PIXELS;
    }

    private static void read(float[] plane, int width, int origin, double mean, double[] patch) {
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++)
                patch[y * SIDE + x] = plane[origin + y * width + x] - mean;
    }

    private static double[][] covariance(float[] plane, int width, int[] origins, double mean) {
        final double[][] covariance = new double[PIXELS][PIXELS];
        final double[] patch = new double[PIXELS];
        for (final int origin : origins) {
            read(plane, width, origin, mean, patch);
            for (int r = 0; r < PIXELS; r++)
                for (int c = 0; c <= r; c++) covariance[r][c] += patch[r] * patch[c];
        }
        for (int r = 0; r < PIXELS; r++)
            for (int c = 0; c < r; c++) covariance[c][r] = covariance[r][c];
        return covariance;
    }

    private static double scatter(double[] patch) {
        double sum = 0;
        double squares = 0;
        for (final double value : patch) {
            sum += value;
            squares += value * value;
        }
        return squares - sum * sum / PIXELS;
    }

    /** Mean square along some directions, the first of which has a rank, 0 for least variance. */
    private static double power(
            double[] patch, SymmetricEigenvectors directions, int first, int count) {
        double power = 0;
        for (int rank = first; rank < first + count; rank++) {
            final double coefficient = directions.coefficient(rank, patch);
            power += coefficient * coefficient;
        }
        return power / count;
    }
}
