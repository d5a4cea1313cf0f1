/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.batch;

import java.io.PrintWriter;
import org.deqir.progress.Progress;

/** Progress as lines, one every few seconds at most. */
final class Lines implements Progress {

    private static final long NANOS = 5_000_000_000L;

    private final PrintWriter out;
    private long last = System.nanoTime();

    Lines(PrintWriter out) {
        this.out = out;
    }

    @Override
    public void update(String stage, double fraction) {
        final long now = System.nanoTime();
        if (now - last < NANOS) return;
        last = now;
        out.println(stage);
    }

    @Override
    public boolean isCanceled() {
        return false;
    }
}
