package org.deqir.equilibrium;

import ai.djl.ndarray.NDArray;

/** Linear combinations of two tensors. */
final class Combination {

    private Combination() {}

    /** w·a + v·b, owned by the manager of {@code a}. */
    static NDArray of(NDArray a, double w, NDArray b, double v) {
        final NDArray sum = a.mul(w);
        add(sum, b, v);
        return sum;
    }

    /** Adds v·b to {@code sum} in place. */
    static void add(NDArray sum, NDArray b, double v) {
        if (v == 0) return;
        try (NDArray part = b.mul(v)) {
            sum.addi(part);
        }
    }
}
