/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium;

import ai.djl.ndarray.NDArray;

/** Linear combinations of two tensors. */
public final class Combination {

    private Combination() {}

    /** {@return w·a + v·b of tensors of one shape, owned by the manager of {@code a}} */
    public static NDArray of(NDArray a, double w, NDArray b, double v) {
        final NDArray sum = a.mul(w);
        add(sum, b, v);
        return sum;
    }

    /** Adds v·b to {@code sum} in place; both have one shape. */
    public static void add(NDArray sum, NDArray b, double v) {
        if (v == 0) return;
        try (NDArray part = b.mul(v)) {
            sum.addi(part);
        }
    }
}
