/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.solver;

import ai.djl.ndarray.NDArray;

/**
 * Anderson acceleration of a fixed point of several tensors with one set of weights: the next
 * iterate is the mixture of the last few images whose residual, over all tensors together, is
 * least. For equations without an order of time to respect, unlike {@link AndersonUpdate}.
 */
public final class JointAnderson implements AutoCloseable {

    private static final double REGULARIZATION = 1e-4;

    private final int history;
    private final AndersonHistory[] histories;

    /**
     * @param length T, the number of steps
     * @param history iterates that are mixed; 1 for plain iteration
     */
    public JointAnderson(int length, int history) {
        this.history = history;
        histories = new AndersonHistory[length];
        for (int i = 0; i < length; i++) histories[i] = new AndersonHistory(history);
    }

    /**
     * Turns {@code g} into the next iterate.
     *
     * @param g taken over and replaced, entry by entry
     * @param image what the map makes of them, null where it was not evaluated; taken over
     * @param settled entries from this one on are final now: they become their image
     * @param last whether this is the last iterate, which is an image and never a mixture
     */
    public void advance(NDArray[] g, NDArray[] image, int settled, boolean last) {
        GramMatrices gram = null;
        for (int i = 0; i < image.length; i++) {
            if (image[i] == null) continue;
            final NDArray old = g[i];
            g[i] = image[i];
            if (history == 1 || last || i >= settled) {
                old.close();
                histories[i].close();
                continue;
            }
            histories[i].push(old, image[i]);
            final GramMatrices own = histories[i].gram(1);
            gram = gram == null ? own : gram.plus(own);
        }
        if (gram == null || gram.size() == 1) return;
        final double[][] weights = gram.weights(REGULARIZATION, true);
        for (int i = 0; i < settled; i++) {
            final NDArray mixed = histories[i].mix(weights, 1);
            g[i].close();
            g[i] = mixed;
        }
    }

    @Override
    public void close() {
        for (final AndersonHistory each : histories) each.close();
    }
}
