/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/**
 * Conjugate gradients for linear least squares, argmin_x ‖W^½(y − A x)‖² + λ‖x‖², started at 0.
 *
 * <p>The iteration keeps the residual y − A x itself rather than that of the normal equations
 * (CGLS; Björck, Numerical Methods for Least Squares Problems, 1996, §7.4), which is what makes it
 * usable in float32. Every row of a batch has its own step lengths and stops on its own, so that
 * its result does not depend on what else is in the batch.
 */
final class LeastSquares {

    private final LinearOperator operator;
    private final int maxIterations;
    private final double tolerance;

    /**
     * @param maxIterations iterations after which a row stops at the latest
     * @param tolerance a row stops when the norm of its gradient Aᵀ W (y − A x) − λx has fallen to
     *     this share of its first value
     */
    LeastSquares(LinearOperator operator, int maxIterations, double tolerance) {
        this.operator = operator;
        this.maxIterations = Tensors.requireInRange("Iterations", maxIterations, 1, 1_000_000);
        this.tolerance = Tensors.requirePositive("Tolerance", tolerance);
    }

    /** argmin_x ‖y − A x‖², the one of least norm. */
    NDArray solve(NDArray y) {
        return solve(y, null, new double[Math.toIntExact(y.getShape().get(0))]);
    }

    /**
     * argmin_x ‖W^½(y − A x)‖² + λ‖x‖².
     *
     * @param y right-hand sides (N, …)
     * @param weights the diagonal of W, broadcasting against y; null for W = I
     * @param damping λ ≥ 0 of each row
     * @return (N, C, H, W), owned by the manager of y
     */
    NDArray solve(NDArray y, NDArray weights, double[] damping) {
        return Tensors.scoped(y, rightHandSide -> iterate(rightHandSide, weights, damping));
    }

    private NDArray iterate(NDArray y, NDArray weights, double[] damping) {
        final NDManager manager = y.getManager();
        final NDArray residual = y.duplicate();
        final NDArray direction = backProject(residual, weights);
        final NDArray solution = direction.zerosLike();
        final NDArray lambda = Tensors.perRow(manager, damping, direction.getShape().dimension());

        final double[] gradientSquare = squaredNorms(direction);
        final double[] target = gradientSquare.clone();
        for (int n = 0; n < target.length; n++) target[n] *= tolerance * tolerance;

        for (int i = 0; i < maxIterations; i++) {
            try (NDManager step = manager.newSubManager()) {
                final NDArray p = view(direction, step);
                final NDArray q = operator.apply(p);
                final double[] curvature = squaredNorms(weighted(q, weights), q);
                final double[] length = squaredNorms(p);
                final double[] alpha = new double[target.length];
                boolean active = false;
                for (int n = 0; n < alpha.length; n++) {
                    final double denominator = curvature[n] + damping[n] * length[n];
                    if (gradientSquare[n] <= target[n] || denominator <= 0) continue;
                    alpha[n] = gradientSquare[n] / denominator;
                    // A row that is not finite becomes NaN, as any other arithmetic would make it.
                    active |= !Double.isNaN(alpha[n]);
                }
                if (!active) break;
                solution.addi(p.mul(perRow(step, alpha, p)));
                residual.subi(q.mul(perRow(step, alpha, q)));

                final NDArray gradient =
                        backProject(view(residual, step), weights)
                                .sub(view(solution, step).mul(lambda));
                final double[] next = squaredNorms(gradient);
                final double[] beta = new double[next.length];
                for (int n = 0; n < beta.length; n++)
                    if (alpha[n] > 0) beta[n] = next[n] / gradientSquare[n];
                direction.muli(perRow(step, beta, p)).addi(gradient);
                System.arraycopy(next, 0, gradientSquare, 0, next.length);
            }
        }
        return solution;
    }

    /** Aᵀ W r. */
    private NDArray backProject(NDArray residual, NDArray weights) {
        return operator.adjoint(weighted(residual, weights));
    }

    private static NDArray weighted(NDArray y, NDArray weights) {
        return weights == null ? y : y.mul(weights);
    }

    /** The tensor as seen from another manager, so that what is derived from it belongs there. */
    private static NDArray view(NDArray tensor, NDManager manager) {
        final NDArray view = tensor.reshape(tensor.getShape());
        view.attach(manager);
        return view;
    }

    private static NDArray perRow(NDManager manager, double[] values, NDArray like) {
        return Tensors.perRow(manager, values, like.getShape().dimension());
    }

    private static double[] squaredNorms(NDArray a) {
        return squaredNorms(a, a);
    }

    private static double[] squaredNorms(NDArray a, NDArray b) {
        try (NDArray dots = Tensors.dotPerRow(a, b)) {
            final float[] narrow = dots.toFloatArray();
            final double[] wide = new double[narrow.length];
            for (int n = 0; n < wide.length; n++) wide[n] = narrow[n];
            return wide;
        }
    }
}
