/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.benchmark;

import java.util.Arrays;

/**
 * Times of actions that are to be compared: each is run once without being counted, then all are
 * run in turn, again and again. What slows the machine down for a while slows all of them, so
 * ratios are taken round by round, and of these the median.
 */
final class Timing {

    private final double[][] seconds;

    private Timing(double[][] seconds) {
        this.seconds = seconds;
    }

    /**
     * Runs the actions.
     *
     * @param rounds how often each counts
     */
    static Timing of(int rounds, Runnable... actions) {
        for (final Runnable action : actions) action.run();
        final double[][] seconds = new double[actions.length][rounds];
        for (int round = 0; round < rounds; round++)
            for (int i = 0; i < actions.length; i++) {
                final long start = System.nanoTime();
                actions[i].run();
                seconds[i][round] = (System.nanoTime() - start) * 1e-9;
            }
        return new Timing(seconds);
    }

    /** Median of the seconds that an action took. */
    double seconds(int action) {
        return median(seconds[action]);
    }

    /** Median over the rounds of the time of {@code action} divided by that of {@code other}. */
    double ratio(int action, int other) {
        final double[] ratios = new double[seconds[action].length];
        for (int i = 0; i < ratios.length; i++) ratios[i] = seconds[action][i] / seconds[other][i];
        return median(ratios);
    }

    static double median(double... values) {
        final double[] sorted = values.clone();
        Arrays.sort(sorted);
        final int n = sorted.length;
        return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
    }
}
