/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.noise;

import java.util.Arrays;
import java.util.Set;

/** The search in one channel, which fills what it finds. */
final class IsolatedPixelSearch {

    /** Least share of a spot's excess that two opposite neighbours hold together. */
    private static final double PAIR_SHARE = 2 * HotCluster.spot(-1);

    /**
     * Distance to which a spot's middle is looked for where pixels are missing, in half pixels, and
     * its square: there a spot of σ = 0.7 px has fallen to a 300th.
     */
    private static final int MIDDLES = 4;

    private static final int FARTHEST_MIDDLE = 22;

    /**
     * Least excess of a pixel there, in standard deviations of what scatters around it, and in
     * shares of all levels: else it may be the foot of a spot that is farther away.
     */
    private static final double OUTSTANDING = 20;

    private static final double LEAST_SHARE = 0.01;

    /** Standard deviations by which that share must be missed. */
    static final double SIGNIFICANT = 5;

    /** A neighbour with this share of the excess may be the next pixel of a line that ends. */
    private static final double NEIGHBOUR_SHARE = 0.3;

    private static final int LEAST_STEPS = 20;
    private static final int LEAST_AROUND = 6;

    /** Distance to which known pixels are looked for around one, where many are missing. */
    private static final int FARTHEST = 4;

    private static final int ROUNDS = 3;

    /** The median of n normal values scatters by this share of their variance, times n. */
    static final double MEDIAN_VARIANCE = 1.57;

    private final float[] levels;
    private final int width;
    private final int height;
    private final boolean[] ignored;
    private final NoiseModel noise;
    private final double leastExcess;
    private final double span;
    private final double[] around = new double[(2 * FARTHEST + 1) * (2 * FARTHEST + 1)];
    private final double[] means = new double[8];
    private int count;

    /** A pixel that does not count as a neighbour, or −1. */
    private int excluded = -1;

    IsolatedPixelSearch(
            float[] levels, int width, int height, boolean[] ignored, NoiseModel noise) {
        this.levels = levels;
        this.width = width;
        this.height = height;
        this.ignored = ignored;
        this.noise = noise;
        final float[] sorted = levels.clone();
        for (int i = 0; i < sorted.length; i++)
            if (!isKnown(i % width, i / width)) sorted[i] = Float.NaN;
        Arrays.sort(sorted);
        leastExcess = LEAST_STEPS * step(sorted);
        int last = sorted.length - 1;
        while (last > 0 && Float.isNaN(sorted[last])) last--;
        span = (double) sorted[last] - sorted[0];
    }

    /** The smallest difference between two grey levels. */
    private static double step(float[] sorted) {
        double least = Double.POSITIVE_INFINITY;
        for (int i = 1; i < sorted.length; i++)
            if (sorted[i] > sorted[i - 1])
                least = Math.min(least, (double) sorted[i] - sorted[i - 1]);
        return Double.isFinite(least) ? least : 0;
    }

    /** {@return how many were found; a cluster counts as one} */
    int count() {
        return count;
    }

    /** A pixel beside a brighter one is only seen once that one is filled. */
    boolean[] found() {
        final HotCluster clusters =
                new HotCluster(levels, width, this::isKnown, noise, leastExcess);
        final boolean[] found = new boolean[levels.length];
        for (int round = 0; round < ROUNDS; round++) {
            final boolean[] now = new boolean[levels.length];
            int more = 0;
            int hits = 0;
            for (int y = 0; y < height; y++)
                for (int x = 0; x < width; x++) {
                    final int i = y * width + x;
                    if (found[i] || !isKnown(x, y)) continue;
                    if (isIsolated(x, y, 1) || isIsolated(x, y, -1)) now[i] = true;
                    else if (!now[i] && !withPartner(x, y, now))
                        hits += cluster(clusters.around(x, y), now);
                }
            for (final boolean is : now) if (is) more++;
            if (more == 0) break;
            count += more + hits;
            fill(now);
            for (int i = 0; i < now.length; i++) found[i] |= now[i];
        }
        return found;
    }

    /** Marks a cluster; {@return 1 − the pixels new to it, 0 if none: it counts as one} */
    private static int cluster(Set<Integer> pixels, boolean[] now) {
        int added = 0;
        for (final int i : pixels) {
            if (!now[i]) added++;
            now[i] = true;
        }
        return added == 0 ? 0 : 1 - added;
    }

    /** Marks the pixel and a neighbour of it that are isolated but for each other. */
    private boolean withPartner(int x, int y, boolean[] now) {
        for (int v = y; v <= y + 1; v++)
            for (int u = v == y ? x + 1 : x - 1; u <= x + 1; u++) {
                if (!isKnown(u, v)) continue;
                final int sign = areIsolated(x, y, u, v, 1) ? 1 : -1;
                if (sign < 0 && !areIsolated(x, y, u, v, -1)) continue;
                now[y * width + x] = true;
                now[v * width + u] = true;
                return true;
            }
        return false;
    }

    private boolean areIsolated(int x, int y, int u, int v, int sign) {
        try {
            excluded = v * width + u;
            if (!isIsolated(x, y, sign)) return false;
            excluded = y * width + x;
            return isIsolated(u, v, sign);
        } finally {
            excluded = -1;
        }
    }

    private void fill(boolean[] now) {
        final float[] before = levels.clone();
        for (int i = 0; i < now.length; i++) {
            if (!now[i]) continue;
            int n = 0;
            for (int reach = 1; n == 0 && reach <= FARTHEST; reach++)
                for (int v = -reach; v <= reach; v++)
                    for (int u = -reach; u <= reach; u++) {
                        final int x = i % width + u;
                        final int y = i / width + v;
                        if (isKnown(x, y) && !now[y * width + x])
                            around[n++] = before[y * width + x];
                    }
            if (n > 0) levels[i] = (float) median(n);
        }
    }

    private boolean isInside(int x, int y) {
        return x >= 0 && y >= 0 && x < width && y < height;
    }

    private boolean isKnown(int x, int y) {
        if (!isInside(x, y)) return false;
        final int i = y * width + x;
        return i != excluded && Float.isFinite(levels[i]) && (ignored == null || !ignored[i]);
    }

    private float at(int x, int y) {
        return levels[y * width + x];
    }

    /** The sign is 1 for brighter than the neighbours, −1 for darker. */
    private boolean isIsolated(int x, int y, int sign) {
        final double level = sign * (double) at(x, y);
        double strongest = Double.NEGATIVE_INFINITY;
        for (int v = y - 1; v <= y + 1; v++)
            for (int u = x - 1; u <= x + 1; u++) {
                if (u == x && v == y || !isKnown(u, v)) continue;
                strongest = Math.max(strongest, sign * (double) at(u, v));
                if (strongest >= level) return false;
            }
        double sum = 0;
        int pairs = 0;
        if (isKnown(x - 1, y) && isKnown(x + 1, y)) {
            sum += sign * ((double) at(x - 1, y) + at(x + 1, y));
            pairs++;
        }
        if (isKnown(x, y - 1) && isKnown(x, y + 1)) {
            sum += sign * ((double) at(x, y - 1) + at(x, y + 1));
            pairs++;
        }
        final boolean single = pairs == 0;
        final int n = ring(x, y, sign);
        if (n < LEAST_AROUND) return false;
        final double background = median(n);
        final double excess = level - background;
        if (!(excess > 0) || excess < leastExcess) return false;
        final double scatter = scatter(x, y, sign, n, background);
        if (strongest - background > NEIGHBOUR_SHARE * excess + 2 * scatter) return false;
        // Beside an outlier on the other side a pixel's own excess must be significant, too.
        if (single && excess < Math.max(LEAST_SHARE * span, OUTSTANDING * scatter)) return false;
        final int beside = single ? within(x, y, sign) : 2 * pairs;
        for (int i = 0; single && i < beside; i++) sum += around[i];
        final double neighbours = Math.max(0, sum - beside * background);
        final double share = single ? leastShare(x, y) : PAIR_SHARE * pairs;
        final double expected = share * excess;
        if (neighbours > expected / 2) return false;
        return expected - neighbours
                > SIGNIFICANT
                        * Math.sqrt(variance(scatter, background, excess, sign, share, beside, n));
    }

    /** The known pixels within 2, into {@link #around}. */
    private int within(int x, int y, int sign) {
        int n = 0;
        for (int v = y - 2; v <= y + 2; v++)
            for (int u = x - 2; u <= x + 2; u++)
                if ((u != x || v != y) && isKnown(u, v)) around[n++] = sign * (double) at(u, v);
        return n;
    }

    /** What these hold together of a spot with σ = 0.7 px, in units of the pixel's share. */
    private double leastShare(int x, int y) {
        double least = Double.POSITIVE_INFINITY;
        for (int b = -MIDDLES; b <= MIDDLES; b++)
            for (int a = -MIDDLES; a <= MIDDLES; a++) {
                if (a * a + b * b > FARTHEST_MIDDLE) continue;
                double sum = 0;
                for (int v = -2; v <= 2 && sum < least; v++)
                    for (int u = -2; u <= 2; u++)
                        if ((u != 0 || v != 0) && isKnown(x + u, y + v))
                            sum += HotCluster.spot(u * (a - u) + v * (b - v));
                least = Math.min(least, sum);
            }
        return least;
    }

    /** Of what is expected of the neighbours less what they are, if there were a spot. */
    private double variance(
            double scatter,
            double background,
            double excess,
            int sign,
            double share,
            int beside,
            int n) {
        final double local = scatter * scatter;
        final double peak = Math.max(local, noise.variance(sign * (background + excess)));
        final double ofOne =
                Math.max(local, noise.variance(sign * (background + share / beside * excess)));
        return share * share * peak
                + beside * ofOne
                + Math.pow(beside - share, 2) * MEDIAN_VARIANCE / n * local;
    }

    /**
     * Standard deviation around the pixel: of the noise, or of what is there if it is more. The
     * means of opposite pixels leave a slope out.
     */
    private double scatter(int x, int y, int sign, int n, double background) {
        int count = 0;
        for (int v = -2; v <= 0; v++)
            for (int u = -2; u <= 2; u++) {
                if (Math.max(Math.abs(u), Math.abs(v)) < 2 || v == 0 && u > 0) continue;
                if (isKnown(x + u, y + v) && isKnown(x - u, y - v))
                    means[count++] =
                            Math.abs(
                                    sign * ((double) at(x + u, y + v) + at(x - u, y - v)) / 2
                                            - background);
            }
        double robust = 0;
        if (count >= LEAST_AROUND / 2) {
            Arrays.sort(means, 0, count);
            robust = 1.4826 * Math.sqrt(2) * means[count / 2];
        } else {
            for (int i = 0; i < n; i++) around[i] = Math.abs(around[i] - background);
            Arrays.sort(around, 0, n);
            robust = 1.4826 * around[n / 2];
        }
        return Math.max(robust, Math.sqrt(noise.variance(sign * background)));
    }

    /** The known pixels at a distance of 2, or farther if few, into {@link #around}. */
    private int ring(int x, int y, int sign) {
        int n = 0;
        for (int reach = 2; n < LEAST_AROUND && reach <= FARTHEST; reach++)
            for (int v = -reach; v <= reach; v++)
                for (int u = -reach; u <= reach; u++)
                    if (Math.max(Math.abs(u), Math.abs(v)) == reach && isKnown(x + u, y + v))
                        around[n++] = sign * (double) at(x + u, y + v);
        return n;
    }

    private double median(int n) {
        Arrays.sort(around, 0, n);
        return n % 2 == 1 ? around[n / 2] : (around[n / 2 - 1] + around[n / 2]) / 2;
    }
}
