/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks;

import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;

/**
 * Makes blocks on threads of this process.
 *
 * @param worker stays the caller's
 * @param threads blocks at a time
 */
public record LocalEngine(BlockWorker worker, int threads) implements BlockEngine {

    @Override
    public void make(List<Block> blocks, Predicate<Outcome> told) throws IOException {
        final ExecutorService pool = Executors.newFixedThreadPool(threads);
        final CompletionService<Outcome> outcomes = new ExecutorCompletionService<>(pool);
        try {
            final Iterator<Block> rest = blocks.iterator();
            int running = 0;
            boolean on = true;
            while (on && rest.hasNext() || running > 0) {
                while (on && running < threads && rest.hasNext()) {
                    final Block block = rest.next();
                    outcomes.submit(() -> worker.process(block));
                    running++;
                }
                on &= told.test(outcomes.take().get());
                running--;
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("The run was interrupted.", e);
        } catch (final ExecutionException e) {
            throw new IOException(e.getCause());
        } finally {
            pool.shutdown();
        }
    }
}
