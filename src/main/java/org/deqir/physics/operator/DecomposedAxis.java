/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.operator;

/**
 * A filter along one axis as a matrix A (m × n) and its singular value decomposition A = U S Vᵀ.
 *
 * @param matrix A, m rows of n
 * @param left Uᵀ, m rows of m
 * @param right Vᵀ, n rows of n
 * @param singularValues n values; all but the first m are 0
 */
record DecomposedAxis(
        double[][] matrix, double[][] left, double[][] right, double[] singularValues) {}
