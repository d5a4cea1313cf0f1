/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.task;

import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** A background thread that runs its tasks in order. */
final class Background implements AutoCloseable {

    private final ExecutorService thread;

    Background(String name) {
        thread =
                Executors.newSingleThreadExecutor(
                        task -> {
                            final Thread daemon = new Thread(task, name);
                            daemon.setDaemon(true);
                            return daemon;
                        });
    }

    <T> Future<T> submit(Callable<T> task) {
        return thread.submit(task);
    }

    /** Waits for a task; what it threw is thrown here. */
    <T> T result(Future<T> task) {
        try {
            return task.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) throw failure;
            if (e.getCause() instanceof Error error) throw error;
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Forgets tasks that did not begin and waits for the one that did. */
    @Override
    public void close() {
        thread.shutdownNow();
        boolean interrupted = false;
        while (true)
            try {
                if (thread.awaitTermination(1, TimeUnit.MINUTES)) break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        if (interrupted) Thread.currentThread().interrupt();
    }
}
