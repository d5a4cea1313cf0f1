/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.restoration;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import org.deqir.Restoration;
import org.deqir.image.Plane;
import org.deqir.physics.DataStep;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.SpectralOperator;
import org.deqir.physics.degradation.Blur;
import org.deqir.physics.step.ConjugateGradientProximalStep;
import org.deqir.physics.step.HardProjection;
import org.deqir.physics.step.SpectralProximalStep;

/**
 * What the noise of a measurement says about images: the data step that pulls an image towards the
 * measurement, and how well an image explains it.
 */
final class MeasurementNoise {

    private final Problem problem;
    private final PriorUnits units;
    private final LinearOperator operator;
    private final NDArray y;

    /** Whether each entry of the measurement belongs to a pixel. */
    private final boolean imageLike;

    /** Entries of the measurement per channel, where they belong to pixels. */
    private final int pixels;

    /**
     * @param operator A
     * @param y the measurement in the prior's units; must outlive this object
     */
    MeasurementNoise(Problem problem, PriorUnits units, LinearOperator operator, NDArray y) {
        this.problem = problem;
        this.units = units;
        this.operator = operator;
        this.y = y;
        final Plane measured = problem.measured();
        pixels = measured.size();
        imageLike =
                operator.measurementShape()
                        .equals(
                                new Shape(
                                        measured.channels().length,
                                        measured.height(),
                                        measured.width()));
    }

    /** The step that makes an image agree with the measurement as far as noise allows. */
    DataStep dataStep(double priorWeight) {
        final double noise = problem.noise();
        if (noise == 0) return new HardProjection(operator, y);
        final Restoration restoration = problem.restoration();
        final boolean white =
                restoration.noise().isWhite() && restoration.variances() == null || !imageLike;
        if (white && operator instanceof SpectralOperator spectral)
            return new SpectralProximalStep(spectral, y, noise, priorWeight);
        if (white)
            return ConjugateGradientProximalStep.ofWhiteNoise(
                    operator,
                    y,
                    noise,
                    priorWeight,
                    ConjugateGradientProximalStep.DEFAULT_ITERATIONS,
                    ConjugateGradientProximalStep.DEFAULT_TOLERANCE);
        try (NDArray scaled =
                        units.variances(
                                y.getManager(), problem.restoration().sampling().strength());
                NDArray least = scaled.maximum(square(Blur.LEAST_NOISE))) {
            return new ConjugateGradientProximalStep(
                    operator,
                    y,
                    least,
                    priorWeight,
                    ConjugateGradientProximalStep.DEFAULT_ITERATIONS,
                    ConjugateGradientProximalStep.DEFAULT_TOLERANCE);
        }
    }

    /** 1/variance of each entry of the measurement in the prior's units, 0 where it is missing. */
    NDArray precision() {
        final double white = square(problem.noise());
        final float[] precision = new float[Math.toIntExact(y.size())];
        for (int i = 0; i < precision.length; i++)
            if (!isMissing(i))
                precision[i] = (float) (1 / Math.max(variance(i, white), square(Blur.LEAST_NOISE)));
        return y.getManager().create(precision, y.getShape());
    }

    /**
     * Mean over the measurement of the squared residual in units of the noise's variance; NaN
     * without noise.
     *
     * @param images rows whose mean is compared
     */
    double chiSquare(NDArray images) {
        if (problem.variance() == null) return Double.NaN;
        final float[] residuals;
        try (NDArray mean = images.mean(new int[] {0}, true)) {
            residuals = residuals(mean);
        }
        final double white = square(problem.noise() / problem.restoration().sampling().strength());
        double sum = 0;
        int count = 0;
        for (int i = 0; i < residuals.length; i++) {
            if (isMissing(i)) continue;
            final double v = variance(i, white);
            if (!(v > 0)) continue;
            sum += square(residuals[i]) / v;
            count++;
        }
        return count == 0 ? Double.NaN : sum / count;
    }

    /**
     * How much an image of one row differs from the measurement, in the prior's units: root mean
     * square of what noise does not explain.
     */
    double misfit(NDArray image) {
        final float[] residuals = residuals(image);
        double sum = 0;
        int count = 0;
        for (int i = 0; i < residuals.length; i++) {
            if (isMissing(i)) continue;
            sum += square(residuals[i]);
            count++;
        }
        return Math.sqrt(Math.max(0, sum / Math.max(1, count) - square(problem.noise())));
    }

    private float[] residuals(NDArray image) {
        try (NDArray predicted = operator.apply(image);
                NDArray difference = predicted.sub(y)) {
            return difference.toFloatArray();
        }
    }

    private boolean isMissing(int entry) {
        return imageLike && problem.missing() != null && problem.missing()[entry % pixels];
    }

    /** Variance of an entry in the prior's units; {@code white} where pixels have none. */
    private double variance(int entry, double white) {
        return imageLike && problem.variance() != null
                ? problem.variance().channels()[entry / pixels][entry % pixels]
                        * square(units.scale())
                : white;
    }

    private static double square(double value) {
        return value * value;
    }
}
