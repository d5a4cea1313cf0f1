/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.prior;

import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Map.Entry;
import java.util.function.Function;
import java.util.function.Predicate;
import org.deqir.diffusion.DiffusionPrior;

/**
 * Priors that are kept in memory, and who uses them.
 *
 * <p>A prior stays loaded when its last user has gone, for the next one, until it is released.
 *
 * @param <K> what tells priors apart
 */
final class LoadedPriors<K> {

    private final Map<K, Loaded> loaded = new HashMap<>();

    private static final class Loaded {
        private final DiffusionPrior prior;
        private int uses;
        private boolean leaving;

        Loaded(DiffusionPrior prior) {
            this.prior = prior;
        }
    }

    /** Begins a use of a prior, which {@code load} makes if it is not in memory. */
    synchronized PriorUse use(K key, Function<K, DiffusionPrior> load) {
        final Loaded entry = loaded.computeIfAbsent(key, k -> new Loaded(load.apply(k)));
        entry.uses++;
        entry.leaving = false;
        return new PriorUse(entry.prior, () -> end(key, entry));
    }

    private synchronized void end(K key, Loaded entry) {
        entry.uses--;
        if (entry.uses == 0 && entry.leaving && loaded.remove(key, entry)) entry.prior.close();
    }

    /** Frees the memory of priors: at once, or when the last that uses one has ended. */
    synchronized void release(Predicate<K> which) {
        final Iterator<Entry<K, Loaded>> entries = loaded.entrySet().iterator();
        while (entries.hasNext()) {
            final Entry<K, Loaded> entry = entries.next();
            if (!which.test(entry.getKey())) continue;
            entry.getValue().leaving = true;
            if (entry.getValue().uses > 0) continue;
            entries.remove();
            entry.getValue().prior.close();
        }
    }

    /** Frees all memory, whoever uses it: ImageJ ends. */
    synchronized void close() {
        loaded.values().forEach(entry -> entry.prior.close());
        loaded.clear();
    }
}
