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
import org.deqir.image.Smoothing;
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
 * @param iterations that made the guess, 0 for none
 * @param smoothing standard deviation in voxels of the smoothing that takes the noise out of the
 *     extremes
 * @param about how the guess was made, in words
 */
record VolumeProblem(
        LinearOperator operator,
        NDArray measured,
        NDArray guess,
        NDArray variance,
        Light light,
        int iterations,
        double smoothing,
        String about) {

    private static final double CG_TOLERANCE = 3e-3;

    /** Smoothing before the extremes where the guess has the noise of the measurement. */
    private static final double SMOOTHING_OF_NOISY = 0.7;

    /**
     * The same for a guess by Richardson–Lucy, which has less noise. With 0.7 a bright point with a
     * standard deviation of one voxel would lose 45 % of its height, and the prior cuts what is
     * beyond the range; with 0.4 it loses 11 %.
     */
    private static final double SMOOTHING_OF_SHARPENED = 0.4;

    private static final double LEAST_VARIANCE =
            WholeVolume.Measures.LEAST_NOISE * WholeVolume.Measures.LEAST_NOISE;

    /**
     * Makes the first guess.
     *
     * @param manager owner of the tensors
     * @param noise for the choice of iterations
     * @param known how many iterations the guess takes; 0 to find out
     */
    static VolumeProblem of(
            NDManager manager,
            Volume measured,
            VolumeDegradation degradation,
            LinearOperator operator,
            Light light,
            GaussianNoise noise,
            int known,
            Progress progress) {
        final NDArray y = VolumeTensors.of(manager, measured);
        final NDArray guess;
        final String about;
        final double smoothing;
        int iterations = 0;
        if (degradation instanceof VolumeDegradation.AxialReduction coarse) {
            guess = AxialGuess.of(manager, measured, coarse);
            about = "cubic interpolation";
            smoothing = SMOOTHING_OF_NOISY;
        } else {
            final BlurGuess.Guess found =
                    new BlurGuess(measured, light).of(manager, operator, noise, known, progress);
            guess = found.value();
            iterations = found.iterations();
            about = "Richardson-Lucy, " + iterations + " iterations";
            smoothing = SMOOTHING_OF_SHARPENED;
        }
        final NDArray variance = light.variance(operator.apply(guess));
        return new VolumeProblem(operator, y, guess, variance, light, iterations, smoothing, about);
    }

    /** Grey levels in the prior's units. */
    static NDArray normalized(NDArray greyLevels, IntensityRange range) {
        return greyLevels.mul(range.scale()).addi(range.normalize(0));
    }

    /**
     * The data step in a range.
     *
     * @param scope owner of what it precomputes
     * @param measures the range, and what else is known of the whole
     * @param progress asked before each block whether to go on
     */
    DataStep dataStep(
            NDManager scope,
            WholeVolume.Measures measures,
            VolumeRecipe recipe,
            Progress progress) {
        return operator instanceof BlockwiseOperator blockwise
                ? new BlockwiseDataStep(
                        blockwise.blocks(),
                        (owner, block) ->
                                dataStep(
                                        owner,
                                        blockwise.ofBlock(),
                                        block.measured(Tensors.view(measured, owner)),
                                        block.measured(Tensors.view(variance, owner)),
                                        measures,
                                        recipe),
                        progress)
                : dataStep(scope, operator, measured, variance, measures, recipe);
    }

    private DataStep dataStep(
            NDManager scope,
            LinearOperator of,
            NDArray greyLevels,
            NDArray variances,
            WholeVolume.Measures measures,
            VolumeRecipe recipe) {
        final IntensityRange range = measures.range();
        final double weight = recipe.chain().priorWeight();
        try (NDArray y = normalized(greyLevels, range);
                NDArray scaled = variances.mul(range.scale() * range.scale());
                NDArray least = scaled.maximum(LEAST_VARIANCE)) {
            y.attach(scope);
            final DataStep step =
                    !light.isCamera() && of instanceof SpectralOperator spectral
                            ? new SpectralProximalStep(spectral, y, measures.noise(), weight)
                            : new ConjugateGradientProximalStep(
                                    of,
                                    y,
                                    least,
                                    measures.normalizedPrecision(),
                                    weight,
                                    recipe.iterations(),
                                    CG_TOLERANCE);
            return light.isCamera()
                    ? new BoundedDataStep(step, range.normalize(light.offset()))
                    : step;
        }
    }

    /**
     * What a state of the chain tells: its extremes, lightly smoothed, and the noise.
     *
     * @param x in grey levels, of the operator's size
     * @param reach what it has beyond the measured volume
     */
    WholeVolume.Measures measures(NDArray x, int[] reach) {
        final IntensityRange range = range(x, reach);
        final double squared = range.scale() * range.scale();
        try (NDArray mean = variance.mean();
                NDArray least = variance.maximum(LEAST_VARIANCE / squared);
                NDArray inverse = least.pow(-1);
                NDArray precision = inverse.mean()) {
            return new WholeVolume.Measures(range, mean.getFloat(), precision.getFloat());
        }
    }

    private IntensityRange range(NDArray x, int[] reach) {
        final Volume smooth = Smoothing.gaussian(VolumeTensors.middle(x, reach), smoothing);
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (final float level : smooth.samples()) {
            low = Math.min(low, level);
            high = Math.max(high, level);
        }
        if (light.isCamera()) low = Math.max(low, light.offset());
        final double least = Math.max(1e-3, 1e-5 * Math.abs(high));
        return new IntensityRange(low, Math.max(high, low + least));
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
