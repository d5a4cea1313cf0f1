/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.step;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import java.util.Arrays;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.Tensors;
import org.deqir.physics.operator.LeastSquares;

/**
 * The proximal data step for any operator and for noise that differs from entry to entry: x̂₀ =
 * argmin_x Σ_j (y − A x)_j²/(2 v_j) + w·‖x − x₀‖²/(2σ²), by conjugate gradients.
 *
 * <p>The iteration starts at x₀ and is preconditioned by the operator's spectrum where it has one
 * (exact for white noise, when one iteration is enough) or by the transfer function of its PSF. It
 * is run until the gradient has fallen by the tolerance or the iterations are used up; only the
 * converged step is exactly affine in x₀. Needs one A and one Aᵀ per iteration, and noise (without
 * noise there may be no image that explains the measurement).
 */
public final class ConjugateGradientProximalStep extends AbstractDataStep {

    /**
     * Share of the first gradient at which the step is as good as exact. With 3e-3 the errors of
     * six levels added up: parts of an image, which stop at other iterations, differed by 0.7 % of
     * the range from the whole with a Gaussian of 1.5 pixels and noise of 0.07 % of the range; with
     * 1e-4 by 0.08 %, and with 1e-6 hardly by less.
     */
    public static final double DEFAULT_TOLERANCE = 1e-4;

    /** Iterations at most. */
    public static final int DEFAULT_ITERATIONS = 60;

    private final LinearOperator operator;
    private final NDArray measured;
    private final NDArray precision;
    private final double meanPrecision;
    private final double priorWeight;
    private final LeastSquares solver;

    /**
     * The step for noise of given variances.
     *
     * @param operator A; stays the caller's and must live as long as the step
     * @param y one measurement (1, …) for all rows, or one for each row (N, …)
     * @param variance v, the variance of each entry of y where images are in [−1, 1]; (1, …) or the
     *     shape of y. Entries of infinite variance do not count and may be NaN in y.
     * @param priorWeight w &gt; 0; 1 is the Bayesian weight
     * @param maxIterations iterations after which a row stops at the latest
     * @param tolerance share of the first gradient at which a row stops
     */
    public ConjugateGradientProximalStep(
            LinearOperator operator,
            NDArray y,
            NDArray variance,
            double priorWeight,
            int maxIterations,
            double tolerance) {
        this(operator, y, variance, Double.NaN, priorWeight, maxIterations, tolerance);
    }

    /**
     * The step for a part of an image, preconditioned as the whole is; otherwise as above.
     *
     * @param typical the mean of 1/v in the whole; NaN for that of the part
     */
    public ConjugateGradientProximalStep(
            LinearOperator operator,
            NDArray y,
            NDArray variance,
            double typical,
            double priorWeight,
            int maxIterations,
            double tolerance) {
        super(operator, y);
        try {
            this.operator = operator;
            this.priorWeight = Tensors.requirePositive("Prior weight", priorWeight);
            solver = new LeastSquares(operator, maxIterations, tolerance);
            Tensors.requireShape(
                    variance, operator.measurementShape(), operator.describe(), "variances");
            final long rows = variance.getShape().get(0);
            if (rows != 1 && rows != y.getShape().get(0))
                throw new IllegalArgumentException(
                        "Variances are given for %s measurements, but there are %s."
                                .formatted(rows, y.getShape().get(0)));
            precision = precision(variance);
            precision.attach(constants);
            measured = Tensors.scoped(y, values -> countedOnly(values, precision));
            measured.attach(constants);
            requireFinite(measured);
            try (NDArray mean = precision.mean()) {
                meanPrecision = Double.isNaN(typical) ? mean.getFloat() : typical;
            }
        } catch (IllegalArgumentException e) {
            constants.close();
            throw e;
        }
    }

    /**
     * {@return the step for white noise}
     *
     * @param noise σ_y &gt; 0, standard deviation of the measurement's noise where images are in
     *     [−1, 1]
     */
    public static ConjugateGradientProximalStep ofWhiteNoise(
            LinearOperator operator,
            NDArray y,
            double noise,
            double priorWeight,
            int maxIterations,
            double tolerance) {
        if (!(noise > 0))
            throw new IllegalArgumentException(
                    "Measurement noise "
                            + noise
                            + " is not above 0: the iterative data step needs noise; use the"
                            + " projection for exact measurements.");
        final NDArray one = y.getManager().create((float) (noise * noise));
        try (one;
                NDArray variance = y.zerosLike().addi(one)) {
            return new ConjugateGradientProximalStep(
                    operator, y, variance, priorWeight, maxIterations, tolerance);
        }
    }

    @Override
    NDArray step(NDArray x0, double[] sigma, double[] nextSigma) {
        return x0.add(correction(operator.apply(x0).neg().add(measured), sigma));
    }

    @Override
    NDArray linearPart(NDArray v, double[] sigma, double[] nextSigma) {
        // ∂x̂₀/∂x₀ = λ(AᵀWA + λI)⁻¹ is symmetric: the step itself with y = 0.
        return v.add(correction(operator.apply(v).neg(), sigma));
    }

    /** argmin_d ‖W^½(r − A d)‖² + (w/σ²)‖d‖², what is added to x₀. */
    private NDArray correction(NDArray residual, double[] sigma) {
        final double[] damping = Arrays.stream(sigma).map(s -> priorWeight / (s * s)).toArray();
        return solver.solve(residual, precision, meanPrecision, damping);
    }

    private static NDArray precision(NDArray variance) {
        try (NDArray positive = variance.gt(0);
                NDArray all = positive.all()) {
            if (!all.getBoolean())
                throw new IllegalArgumentException(
                        "A variance of the measurement is 0, negative or NaN; all must be above"
                                + " 0.");
        }
        return Tensors.scoped(variance, v -> v.pow(-1));
    }

    private static void requireFinite(NDArray measured) {
        try (NDArray norm = measured.norm()) {
            if (!Float.isFinite(norm.getFloat()))
                throw new IllegalArgumentException(
                        "The measurement has NaN or infinite entries of finite variance.");
        }
    }

    private static NDArray countedOnly(NDArray y, NDArray precision) {
        final NDArray zero = y.getManager().create(0f);
        // where() takes no condition that needs broadcasting.
        final NDArray counts = y.zerosLike().add(precision).gt(0);
        return NDArrays.where(counts, y, zero);
    }
}
