/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.dialog;

import ij.IJ;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.scijava.module.Module;

/** Calls a command's preview beside its dialog, for the latest settings only. */
final class PreviewThread implements AutoCloseable {

    private final Module module;
    private final ExecutorService executor;
    private Future<?> last;

    PreviewThread(Module module) {
        this.module = module;
        this.executor =
                Executors.newSingleThreadExecutor(
                        task -> {
                            final Thread thread = new Thread(task, "DeqIR preview");
                            thread.setContextClassLoader(getClass().getClassLoader());
                            thread.setDaemon(true);
                            return thread;
                        });
    }

    /** The settings have changed. A preview that waits for its turn is dropped. */
    void update() {
        if (last != null) last.cancel(false);
        last = executor.submit(this::preview);
    }

    private void preview() {
        try {
            module.preview();
        } catch (RuntimeException e) {
            IJ.log("There is no preview: " + e.getMessage());
        }
    }

    /** No further preview starts; one that runs is interrupted. */
    @Override
    public void close() {
        executor.shutdownNow();
    }
}
