/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

/**
 * Lets network calls finish before Java exits.
 *
 * <p>When Java ends, PyTorch's own clean-up runs while other threads may still compute, and the
 * process crashes with a report that looks like a broken installation: when a user quits ImageJ, or
 * a cluster stops a job, in the middle of a restoration. So the end waits for calls that run, and
 * calls that would begin then wait for the end.
 */
final class RunningCalls {

    /** Longest wait for calls that run; one takes seconds. */
    private static final long SECONDS = 60;

    private static final ReadWriteLock CALLS = new ReentrantReadWriteLock();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(RunningCalls::await, "DeqIR: last calls"));
    }

    private RunningCalls() {}

    /** Never gives the lock back: nothing is to begin any more. */
    private static void await() {
        try {
            CALLS.writeLock().tryLock(SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Computes something that Java must not end in the middle of. */
    static <T> T during(Supplier<T> call) {
        CALLS.readLock().lock();
        try {
            return call.get();
        } finally {
            CALLS.readLock().unlock();
        }
    }
}
