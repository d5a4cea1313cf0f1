/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.volume;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.deqir.diffusion.GaussianNoise;
import org.deqir.image.IntensityRange;
import org.deqir.image.Volume;
import org.deqir.physics.DataStep;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.SpectralOperator;
import org.deqir.physics.Tensors;
import org.deqir.physics.VolumeDegradation;
import org.deqir.physics.step.BoundedDataStep;
import org.deqir.physics.step.ConjugateGradientProximalStep;
import org.deqir.physics.step.SpectralProximalStep;
import org.deqir.progress.Progress;

/**
 * What is known of a volume before its chain begins, as tensors (1, D, H, W) in grey levels.
 *
 * @param operator A
 * @param measured y
 * @param guess what the chain starts from
 * @param variance of y in grey levels squared
 * @param light the camera
 * @param about how the guess was made, in words
 */
record VolumeProblem(
        LinearOperator operator,
        NDArray measured,
        NDArray guess,
        NDArray variance,
        Light light,
        String about) {

    private static final double CG_TOLERANCE = 3e-3;

    /** Noise that is assumed at least where volumes are in [−1, 1]: even exact ones are rounded. */
    private static final double LEAST_NOISE = 2e-3;

    /**
     * Makes the first guess.
     *
     * @param manager owner of the tensors
     * @param noise for the choice of iterations
     */
    static VolumeProblem of(
            NDManager manager,
            Volume measured,
            VolumeDegradation degradation,
            LinearOperator operator,
            Light light,
            GaussianNoise noise,
            Progress progress) {
        final NDArray y = VolumeTensors.of(manager, measured);
        final NDArray guess;
        final String about;
        if (degradation instanceof VolumeDegradation.AxialReduction coarse) {
            guess = AxialGuess.of(manager, measured, coarse);
            about = "cubic interpolation";
        } else {
            final BlurGuess.Guess found =
                    new BlurGuess(measured, light).of(manager, operator, noise, progress);
            guess = found.value();
            about = "Richardson-Lucy, " + found.iterations() + " iterations";
        }
        final NDArray variance = light.variance(operator.apply(guess));
        return new VolumeProblem(operator, y, guess, variance, light, about);
    }

    /** Grey levels in the prior's units. */
    static NDArray normalized(NDArray greyLevels, IntensityRange range) {
        return greyLevels.mul(range.scale()).addi(range.normalize(0));
    }

    /**
     * The data step in a range.
     *
     * @param scope owner of what it precomputes
     * @param progress asked before each block whether to go on
     */
    DataStep dataStep(
            NDManager scope, IntensityRange range, VolumeRecipe recipe, Progress progress) {
        if (!(operator instanceof BlockwiseOperator blockwise))
            return dataStep(scope, operator, measured, variance, Double.NaN, range, recipe);
        final double precision = meanPrecision(range);
        return new BlockwiseDataStep(
                blockwise.blocks(),
                (owner, block) ->
                        dataStep(
                                owner,
                                blockwise.ofBlock(),
                                block.measured(Tensors.view(measured, owner)),
                                block.measured(Tensors.view(variance, owner)),
                                precision,
                                range,
                                recipe),
                progress);
    }

    private DataStep dataStep(
            NDManager scope,
            LinearOperator of,
            NDArray greyLevels,
            NDArray variances,
            double precision,
            IntensityRange range,
            VolumeRecipe recipe) {
        final double weight = recipe.chain().priorWeight();
        try (NDArray y = normalized(greyLevels, range);
                NDArray scaled = variances.mul(range.scale() * range.scale());
                NDArray least = scaled.maximum(LEAST_NOISE * LEAST_NOISE)) {
            y.attach(scope);
            final DataStep step =
                    !light.isCamera() && of instanceof SpectralOperator spectral
                            ? new SpectralProximalStep(spectral, y, noise(range), weight)
                            : new ConjugateGradientProximalStep(
                                    of,
                                    y,
                                    least,
                                    precision,
                                    weight,
                                    recipe.iterations(),
                                    CG_TOLERANCE);
            return light.isCamera()
                    ? new BoundedDataStep(step, range.normalize(light.offset()))
                    : step;
        }
    }

    /** Mean standard deviation of the noise in the prior's units. */
    double noise(IntensityRange range) {
        try (NDArray mean = variance.mean()) {
            return Math.max(LEAST_NOISE, Math.sqrt(mean.getFloat()) * range.scale());
        }
    }

    /** The mean of 1/variance in the prior's units. */
    private double meanPrecision(IntensityRange range) {
        final double squared = range.scale() * range.scale();
        try (NDArray scaled = variance.mul(squared);
                NDArray least = scaled.maximum(LEAST_NOISE * LEAST_NOISE)) {
            scaled.close();
            try (NDArray precision = least.pow(-1);
                    NDArray mean = precision.mean()) {
                return mean.getFloat();
            }
        }
    }

    /** Mean squared residual of a restored volume in units of the noise's variance. */
    double chiSquare(NDArray x) {
        try (NDArray expected = operator.apply(x);
                NDArray residual = expected.sub(measured);
                NDArray square = residual.square();
                NDArray relative = square.div(variance);
                NDArray mean = relative.mean()) {
            return mean.getFloat();
        }
    }
}
