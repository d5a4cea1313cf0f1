/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.operator;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.Tensors;

/**
 * Conjugate gradients for linear least squares, argmin_x ‖W^½(y − A x)‖² + λ‖x‖², started at 0.
 *
 * <p>The iteration keeps the residual y − A x itself rather than that of the normal equations
 * (CGLS; Björck, Numerical Methods for Least Squares Problems, 1996, §7.4), which is what makes it
 * usable in float32. The step length is that of an exact line search, ⟨g, p⟩/(‖W^½A p‖² + λ‖p‖²),
 * and not the textbook ‖g‖²/(…): the two differ only by rounding, but with the textbook one the
 * iteration diverges once rounding is all that is left of the gradient g.
 *
 * <p>With a preconditioner M ≈ (p AᵀA + λI)⁻¹ (p the mean of W) the gradient is measured by M, √⟨g,
 * M g⟩, which is close to the error in the energy.
 *
 * <p>Every row of a batch has its own step lengths and stops on its own, so that its result does
 * not depend on what else is in the batch.
 */
public final class LeastSquares {

    private final LinearOperator operator;
    private final int maxIterations;
    private final double tolerance;

    /**
     * @param operator A
     * @param maxIterations iterations after which a row stops at the latest
     * @param tolerance a row stops when the norm of its gradient g = Aᵀ W (y − A x) − λx has fallen
     *     to this share of its first value
     */
    public LeastSquares(LinearOperator operator, int maxIterations, double tolerance) {
        this.operator = operator;
        this.maxIterations = Tensors.requireInRange("Iterations", maxIterations, 1, 1_000_000);
        this.tolerance = Tensors.requirePositive("Tolerance", tolerance);
    }

    /** {@return argmin_x ‖y − A x‖², the one of least norm} */
    public NDArray solve(NDArray y) {
        final double[] damping = new double[Math.toIntExact(y.getShape().get(0))];
        return Tensors.scoped(y, b -> iterate(b, null, damping, UnaryOperator.identity()));
    }

    /**
     * argmin_x ‖W^½(y − A x)‖² + λ‖x‖².
     *
     * @param y right-hand sides (N, …)
     * @param weights the diagonal of W, broadcasting against y
     * @param meanWeight the mean of the weights, for the preconditioner
     * @param damping λ &gt; 0 of each row
     * @return (N, C, H, W), owned by the manager of y
     */
    public NDArray solve(NDArray y, NDArray weights, double meanWeight, double[] damping) {
        return Tensors.scoped(
                y,
                b -> {
                    final Optional<UnaryOperator<NDArray>> preconditioner =
                            operator instanceof AbstractOperator known
                                    ? known.normalInverse(b.getManager(), meanWeight, damping)
                                    : Optional.empty();
                    return iterate(
                            b, weights, damping, preconditioner.orElse(UnaryOperator.identity()));
                });
    }

    private NDArray iterate(
            NDArray y, NDArray weights, double[] damping, UnaryOperator<NDArray> preconditioner) {
        final NDManager manager = y.getManager();
        final NDArray residual = y.duplicate();
        final NDArray first = backProject(residual, weights);
        final NDArray direction = preconditioner.apply(first).duplicate();
        final NDArray solution = direction.zerosLike();
        final NDArray lambda = Tensors.perRow(manager, damping, direction.getShape().dimension());

        final double[] gradientSquare = dots(first, direction);
        final double[] slope = gradientSquare.clone();
        final double[] target = gradientSquare.clone();
        for (int n = 0; n < target.length; n++) target[n] *= tolerance * tolerance;

        for (int i = 0; i < maxIterations; i++) {
            if (operator instanceof AbstractOperator known) known.checkCanceled();
            try (NDManager step = manager.newSubManager()) {
                final NDArray p = Tensors.view(direction, step);
                final NDArray q = operator.apply(p);
                final double[] curvature = dots(weighted(q, weights), q);
                final double[] length = dots(p, p);
                final double[] alpha = new double[target.length];
                boolean active = false;
                for (int n = 0; n < alpha.length; n++) {
                    final double denominator = curvature[n] + damping[n] * length[n];
                    if (gradientSquare[n] <= target[n] || denominator <= 0) continue;
                    alpha[n] = slope[n] / denominator;
                    // A row that is not finite becomes NaN, as any other arithmetic would make it.
                    active |= !Double.isNaN(alpha[n]);
                }
                if (!active) break;
                solution.addi(p.mul(perRow(step, alpha, p)));
                residual.subi(q.mul(perRow(step, alpha, q)));

                final NDArray gradient =
                        backProject(Tensors.view(residual, step), weights)
                                .sub(Tensors.view(solution, step).mul(lambda));
                final NDArray preconditioned = preconditioner.apply(gradient);
                final double[] next = dots(gradient, preconditioned);
                final double[] beta = new double[next.length];
                for (int n = 0; n < beta.length; n++)
                    if (alpha[n] != 0) beta[n] = next[n] / gradientSquare[n];
                direction.muli(perRow(step, beta, p)).addi(preconditioned);
                System.arraycopy(
                        dots(gradient, Tensors.view(direction, step)), 0, slope, 0, slope.length);
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

    private static NDArray perRow(NDManager manager, double[] values, NDArray like) {
        return Tensors.perRow(manager, values, like.getShape().dimension());
    }

    private static double[] dots(NDArray a, NDArray b) {
        try (NDArray dots = Tensors.dotPerRow(a, b)) {
            final float[] narrow = dots.toFloatArray();
            final double[] wide = new double[narrow.length];
            for (int n = 0; n < wide.length; n++) wide[n] = narrow[n];
            return wide;
        }
    }
}
