/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.noise;

/** Orthonormal sets of vectors. */
final class Orthonormal {

    private Orthonormal() {}

    /** Makes independent vectors orthonormal, each in the span of itself and those before it. */
    static void orthonormalize(double[][] vectors) {
        for (int k = 0; k < vectors.length; k++) {
            for (int j = 0; j < k; j++) {
                final double product = product(vectors[j], vectors[k]);
                for (int i = 0; i < vectors[k].length; i++)
                    vectors[k][i] -= product * vectors[j][i];
            }
            final double norm = Math.sqrt(product(vectors[k], vectors[k]));
            for (int i = 0; i < vectors[k].length; i++) vectors[k][i] /= norm;
        }
    }

    private static double product(double[] a, double[] b) {
        double product = 0;
        for (int i = 0; i < a.length; i++) product += a[i] * b[i];
        return product;
    }
}
