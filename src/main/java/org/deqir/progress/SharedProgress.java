/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.progress;

/** The progress of several computations side by side: the mean of theirs. */
public final class SharedProgress {

    private final Progress whole;
    private final double[] fractions;
    private volatile boolean stopped;

    /** Divides the progress of a whole among parts that run side by side. */
    public SharedProgress(Progress whole, int parts) {
        this.whole = whole;
        fractions = new double[parts];
    }

    /** Stops all computations that go on. */
    public void stop() {
        stopped = true;
    }

    /** {@return the progress of one part, from 0 on; all parts count alike} */
    public Progress part(int index) {
        return new Progress() {
            @Override
            public void update(String stage, double fraction) {
                whole.update(stage, mean(index, fraction));
            }

            @Override
            public boolean isCanceled() {
                return stopped || whole.isCanceled();
            }
        };
    }

    private synchronized double mean(int index, double fraction) {
        fractions[index] = fraction;
        double sum = 0;
        for (final double part : fractions) sum += part;
        return sum / fractions.length;
    }
}
