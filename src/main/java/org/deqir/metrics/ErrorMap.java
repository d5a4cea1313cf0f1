/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.metrics;

/** Where an estimate differs from the truth: an image of errors in grey levels. */
public final class ErrorMap {

    private ErrorMap() {}

    /**
     * {@return estimate − truth: positive where the estimate is too bright}
     *
     * @param truth grey levels of the true image
     * @param estimate grey levels of the estimate, as many
     */
    public static float[] signed(float[] truth, float[] estimate) {
        ComparedPlanes.requirePair("true", truth, "estimated", estimate);
        final float[] map = new float[truth.length];
        for (int i = 0; i < map.length; i++) map[i] = estimate[i] - truth[i];
        return map;
    }

    /**
     * {@return |estimate − truth|}
     *
     * @param truth grey levels of the true image
     * @param estimate grey levels of the estimate, as many
     */
    public static float[] absolute(float[] truth, float[] estimate) {
        final float[] map = signed(truth, estimate);
        for (int i = 0; i < map.length; i++) map[i] = Math.abs(map[i]);
        return map;
    }
}
