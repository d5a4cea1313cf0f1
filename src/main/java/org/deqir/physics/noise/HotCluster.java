/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.noise;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Set;
import java.util.TreeSet;

/**
 * Three to nine pixels side by side, in a square of 3 × 3, that are too steep for an image.
 *
 * <p>Whatever lies in the square, seen with a σ of 0.7 px or more, is spread beyond it: the pixel
 * next to one at the square's rim holds at least exp(−(2d + 1) / (2·0.7²)) of that one's excess,
 * where d is the distance to the far end of the square. That holds for any number of points and for
 * clipped ones. A cluster is hot where the pixels around it hold significantly less.
 */
final class HotCluster {

    /** Pixels to each side that a cluster may have. */
    private static final int MOST_EXTENT = 3;

    private static final int LEAST_PIXELS = 3;

    /** Standard deviations of the noise from which on a pixel is worth a closer look. */
    private static final double OUTSTANDING = 10;

    /** Shares of the strongest pixel's excess from which on its neighbours belong to it. */
    private static final double[] SHARES = {0.3, 0.05};

    /** Distance from the strongest pixel at which the background is looked for. */
    private static final int RING = 4;

    private static final int LEAST_AROUND = 12;

    /** Twice the variance of the narrowest spot that optics make, σ = 0.7 px, in pixels². */
    private static final double TWICE_VARIANCE = 2 * 0.7 * 0.7;

    /** Whether a pixel lies in the plane and counts. */
    @FunctionalInterface
    interface Known {
        /** Tells it. */
        boolean at(int x, int y);
    }

    private final float[] levels;
    private final int width;
    private final int height;
    private final Known known;
    private final NoiseModel noise;
    private final double leastExcess;
    private final double[] around = new double[8 * RING];

    /**
     * @param leastExcess of the strongest pixel
     */
    HotCluster(float[] levels, int width, Known known, NoiseModel noise, double leastExcess) {
        this.levels = levels;
        this.width = width;
        height = levels.length / width;
        this.known = known;
        this.noise = noise;
        this.leastExcess = leastExcess;
    }

    /** {@return the pixels of the cluster whose strongest pixel is given; none if it is no such} */
    Set<Integer> around(int x, int y) {
        if (x == 0 || y == 0 || x == width - 1 || y == height - 1) return Set.of();
        for (int sign = 1; sign >= -1; sign -= 2) {
            if (!isOutstanding(x, y, sign) || !isStrongest(x, y, sign)) continue;
            final int n = ring(x, y, sign);
            if (n < LEAST_AROUND) continue;
            Arrays.sort(around, 0, n);
            final double background = around[n / 2];
            final double peak = sign * (double) levels[y * width + x] - background;
            if (!(peak > 0) || peak < leastExcess) continue;
            for (int i = 0; i < n; i++) around[i] = Math.abs(around[i] - background);
            Arrays.sort(around, 0, n);
            final double scatter =
                    Math.max(1.4826 * around[n / 2], Math.sqrt(noise.variance(sign * background)));
            for (final double share : SHARES) {
                final Set<Integer> pixels = grown(x, y, sign, background, share * peak);
                if (pixels.size() >= LEAST_PIXELS
                        && isTooSteep(pixels, sign, background, scatter, n)) return pixels;
            }
        }
        return Set.of();
    }

    /** Spares most pixels the ring. */
    private boolean isOutstanding(int x, int y, int sign) {
        double least = Double.POSITIVE_INFINITY;
        for (int way = -RING; way <= RING; way += 2 * RING) {
            if (known.at(x + way, y))
                least = Math.min(least, sign * (double) levels[y * width + x + way]);
            if (known.at(x, y + way))
                least = Math.min(least, sign * (double) levels[(y + way) * width + x]);
        }
        final double excess = sign * (double) levels[y * width + x] - least;
        return excess >= leastExcess
                && excess * excess >= OUTSTANDING * OUTSTANDING * noise.variance(sign * least);
    }

    private boolean isStrongest(int x, int y, int sign) {
        final double level = sign * (double) levels[y * width + x];
        for (int v = y - 1; v <= y + 1; v++)
            for (int u = x - 1; u <= x + 1; u++)
                if (known.at(u, v) && sign * (double) levels[v * width + u] > level) return false;
        return true;
    }

    private int ring(int x, int y, int sign) {
        int n = 0;
        for (int v = -RING; v <= RING; v++)
            for (int u = -RING; u <= RING; u++)
                if (Math.max(Math.abs(u), Math.abs(v)) == RING && known.at(x + u, y + v))
                    around[n++] = sign * (double) levels[(y + v) * width + x + u];
        return n;
    }

    /** What is connected beyond a threshold; none if that is too large, or touches the rim. */
    private Set<Integer> grown(int x, int y, int sign, double background, double threshold) {
        final Set<Integer> pixels = new TreeSet<>(Set.of(y * width + x));
        final Deque<Integer> open = new ArrayDeque<>(pixels);
        while (!open.isEmpty()) {
            final int i = open.remove();
            for (int v = i / width - 1; v <= i / width + 1; v++)
                for (int u = i % width - 1; u <= i % width + 1; u++) {
                    if (!known.at(u, v)) return Set.of(); // what is hidden may be its middle
                    if (sign * (double) levels[v * width + u] - background > threshold
                            && pixels.add(v * width + u)) open.add(v * width + u);
                }
            if (extent(pixels, 1, width) > MOST_EXTENT
                    || extent(pixels, width, height) > MOST_EXTENT) return Set.of();
        }
        return pixels;
    }

    /** What is left of a spot of the narrowest kind where its exponent, times 2σ², is this. */
    static double spot(double exponent) {
        return Math.exp(exponent / TWICE_VARIANCE);
    }

    /** Pixels from the first to the last along an axis. */
    private static int extent(Set<Integer> pixels, int step, int size) {
        return last(pixels, step, size) - first(pixels, step, size) + 1;
    }

    private static int first(Set<Integer> pixels, int step, int size) {
        return pixels.stream().mapToInt(i -> i / step % size).min().orElseThrow();
    }

    private static int last(Set<Integer> pixels, int step, int size) {
        return pixels.stream().mapToInt(i -> i / step % size).max().orElseThrow();
    }

    private boolean isTooSteep(
            Set<Integer> pixels, int sign, double background, double scatter, int n) {
        double expected = 0;
        double found = 0;
        double variance = 0;
        int count = 0;
        for (final int step : new int[] {1, width}) {
            final int size = step == 1 ? width : height;
            final int first = first(pixels, step, size);
            final int last = last(pixels, step, size);
            for (final int i : pixels)
                for (int way = -1; way <= 1; way += 2) {
                    final int beside = i + way * step;
                    if (pixels.contains(beside)) continue;
                    final int place = i / step % size;
                    final double far = 0.5 + (way > 0 ? place - first : last - place);
                    final double share =
                            (sign * (double) levels[i] - background) * spot(-(2 * far + 1));
                    expected += share;
                    found += sign * (double) levels[beside] - background;
                    variance +=
                            Math.max(
                                    scatter * scatter, noise.variance(sign * (background + share)));
                    count++;
                }
        }
        // a pixel in a corner counts for both of its neighbours: then its noise does so twice
        variance *= 2;
        variance += IsolatedPixelSearch.MEDIAN_VARIANCE / n * count * count * scatter * scatter;
        return found < expected / 2
                && expected - Math.max(0, found)
                        > IsolatedPixelSearch.SIGNIFICANT * Math.sqrt(variance);
    }
}
