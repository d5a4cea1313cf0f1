/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.restoration;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.deqir.ChainState;
import org.deqir.OptimizationReport;
import org.deqir.Restoration;
import org.deqir.RestorationReport;
import org.deqir.RestorationResult;
import org.deqir.Sampling;
import org.deqir.Whole;
import org.deqir.diffusion.AntitheticNoisePredictor;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.diffusion.GaussianNoise;
import org.deqir.diffusion.NoisePredictor;
import org.deqir.diffusion.TimestepSequence;
import org.deqir.diffusion.TurningNoisePredictor;
import org.deqir.equilibrium.FreshNoise;
import org.deqir.equilibrium.NoiseMix;
import org.deqir.equilibrium.RestorationChain;
import org.deqir.equilibrium.guidance.InitializationOptimization;
import org.deqir.equilibrium.guidance.InitializationOptimization.Outcome;
import org.deqir.equilibrium.solver.FixedPointSolver;
import org.deqir.equilibrium.solver.Solution;
import org.deqir.equilibrium.solver.SolverTrace;
import org.deqir.equilibrium.solver.Trajectory;
import org.deqir.image.IntensityRange;
import org.deqir.image.Plane;
import org.deqir.image.Smoothing;
import org.deqir.image.Tensors;
import org.deqir.network.TorchEngine;
import org.deqir.physics.DataStep;
import org.deqir.physics.Degradation;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.SpectralOperator;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.physics.step.ConjugateGradientProximalStep;
import org.deqir.physics.step.HardProjection;
import org.deqir.physics.step.SpectralProximalStep;
import org.deqir.progress.Progress;

/**
 * One inverse problem: from a measured plane to the mean and spread of the restored samples.
 *
 * <p>Maps grey levels to the prior's units, builds operator, data step, first guess and chain, has
 * the chain solved, and maps back. All native memory it takes is freed when {@link #solve} returns.
 */
public final class Inversion {

    /**
     * Standard deviation, in pixels, of the smoothing behind the estimate of a pixel's variance.
     */
    private static final double VARIANCE_SMOOTHING = 1.5;

    /**
     * Noise that is assumed at least where the operator amplifies noise without bound: even an
     * exact blurred image is rounded.
     */
    private static final double LEAST_NOISE_OF_A_BLUR = 2e-3;

    /** Share of the time that the estimate of rare objects beyond the range takes. */
    private static final double SHARE_OF_BRIGHT = 0.5;

    private final DiffusionPrior prior;
    private final Restoration restoration;
    private final Degradation degradation;

    /** The measurement as an image, finite everywhere. */
    private final Plane original;

    /** The measurement without what is {@link #beyond} the range. */
    private final Plane measured;

    /** Variance of each sample of {@link #measured} in grey levels squared; null without noise. */
    private final Plane variance;

    private final IntensityRange range;

    /** Assumed standard deviation of the noise in the prior's units, its mean where it varies. */
    private final double noise;

    private final int width;
    private final int height;

    /** A restored plane that may be similar to this one; null if there is none. */
    private final Plane neighbour;

    private boolean startsFromNeighbour;

    /** Standard deviation of the noise in grey levels as {@link #range} took it. */
    private final double typical;

    /** What was taken away from the measurement because the range does not hold it, or null. */
    private final Plane beyond;

    /** The mean of the samples in the operator's size, once it is known. */
    private Plane whole;

    /**
     * @param prior a prior for as many channels as the restored image has, whose predictor takes
     *     images of any size
     * @param measured the measurement as an image, finite wherever it is known; not changed
     */
    public Inversion(DiffusionPrior prior, Plane measured, Restoration restoration) {
        this(prior, measured, restoration, null);
    }

    /**
     * @param neighbour the restored plane next to this one in a stack, of the size of the result; a
     *     chain that can start from it is shorter. Null if there is none
     */
    public Inversion(
            DiffusionPrior prior, Plane measured, Restoration restoration, Plane neighbour) {
        this.neighbour = neighbour;
        this.prior = prior;
        this.restoration = restoration;
        degradation = restoration.degradation();
        width = measured.width() * degradation.scale();
        height = measured.height() * degradation.scale();
        final boolean[] missing = FirstGuess.missing(degradation);
        variance = variance(measured, missing, restoration.noise());
        final Whole whole = restoration.whole();
        typical =
                variance == null
                        ? 0
                        : whole != null && !Double.isNaN(whole.measured().noise())
                                ? whole.measured().noise()
                                : Math.sqrt(meanOf(variance)) * restoration.sampling().strength();
        range =
                whole == null
                        ? IntensityRange.of(measured, missing, typical)
                        : whole.measured().range();
        noise = Math.max(typical * range.scale(), leastNoise(degradation));
        this.measured = missing == null ? measured : withoutMissing(measured, missing);
        original = this.measured;
        beyond = null;
    }

    /** The same problem in another range, or the rest of it. */
    private Inversion(Inversion other, IntensityRange range, Plane measured, Plane beyond) {
        prior = other.prior;
        restoration = other.restoration;
        degradation = other.degradation;
        width = other.width;
        height = other.height;
        variance = other.variance;
        typical = other.typical;
        original = other.original;
        neighbour =
                other.neighbour == null || beyond == null
                        ? other.neighbour
                        : BeyondRange.taken(other.neighbour, beyond);
        this.range = range;
        noise = Math.max(typical * range.scale(), leastNoise(degradation));
        this.measured = measured;
        this.beyond = beyond;
    }

    private static double leastNoise(Degradation degradation) {
        if (degradation instanceof Degradation.Sequence sequence)
            return leastNoise(sequence.first());
        return degradation instanceof Degradation.Blur ? LEAST_NOISE_OF_A_BLUR : 0;
    }

    private static Plane variance(Plane measured, boolean[] missing, NoiseModel noise) {
        if (noise instanceof NoiseModel.None) return null;
        final float[][] variances = new float[measured.channels().length][];
        for (int c = 0; c < variances.length; c++) {
            final float[] expected =
                    Smoothing.gaussian(
                            measured.channels()[c],
                            measured.width(),
                            measured.height(),
                            missing,
                            VARIANCE_SMOOTHING);
            variances[c] = new float[expected.length];
            for (int i = 0; i < expected.length; i++)
                variances[c][i] =
                        (float) noise.variance(Float.isNaN(expected[i]) ? 0 : expected[i]);
        }
        return new Plane(variances, measured.width(), measured.height());
    }

    private static double meanOf(Plane plane) {
        double sum = 0;
        for (final float[] channel : plane.channels())
            for (final float value : channel) sum += value;
        return sum / plane.channels().length / plane.size();
    }

    /** Missing pixels may hold anything, NaN included, and must not reach a sum. */
    private static Plane withoutMissing(Plane measured, boolean[] missing) {
        final Plane known = measured.copy();
        for (final float[] channel : known.channels())
            for (int i = 0; i < channel.length; i++) if (missing[i]) channel[i] = 0;
        return known;
    }

    /**
     * Solves the problem.
     *
     * @throws java.util.concurrent.CancellationException if the user cancelled
     */
    public RestorationResult solve(Progress progress) {
        final IntensityRange wide = wide();
        if (wide.equals(range) || restoration.optimization().isOn()) return solveInRange(progress);
        final Inversion bright = new Inversion(this, wide, measured, null);
        final RestorationReport before =
                bright.solveInRange(progress.part(0, SHARE_OF_BRIGHT)).report();
        final RestorationResult result =
                rest(bright.whole).solveInRange(progress.part(SHARE_OF_BRIGHT, 1));
        return new RestorationResult(
                result.restored(),
                result.standardDeviation(),
                result.report().withEvaluationsBefore(before.evaluations(), before.seconds()));
    }

    /** The range that holds rare objects as well; {@link #range} if there are none. */
    private IntensityRange wide() {
        final IntensityRange wide =
                range.holding(original, FirstGuess.missing(degradation), typical);
        return restoration.whole() == null || wide.equals(range)
                ? wide
                : wide.and(restoration.whole().measured().wide());
    }

    /** What this problem measured on its image, for the parts of a larger one. */
    public Whole.Measures measures() {
        return new Whole.Measures(1, range, wide(), typical, Double.NaN);
    }

    /** What is left of this problem when the objects beyond the range are known. */
    private Inversion rest(Plane estimate) {
        final boolean[][] far = new boolean[original.channels().length][];
        for (int c = 0; c < far.length; c++)
            far[c] = range.beyond(original, c, FirstGuess.missing(degradation), typical, 0);
        final Plane part = BeyondRange.of(estimate, range, degradation, original, far);
        if (part == null) return this;
        final Plane rest = BeyondRange.without(measured, part, degradation, width, height);
        return new Inversion(this, range, rest, part);
    }

    private RestorationResult solveInRange(Progress progress) {
        final long start = System.nanoTime();
        progress.checkCanceled();
        try (NDManager manager = TorchEngine.newManager();
                LinearOperator operator =
                        degradation.operator(manager, prior.channels(), height, width)) {
            operator.askBeforeIterations(progress);
            final NDArray y = measurement(manager, operator);
            final Recipe recipe = recipe(operator, y);
            try (DataStep dataStep = dataStep(manager, operator, y, recipe)) {
                final NDArray guess = firstGuess(manager, operator, recipe, dataStep);
                final RestorationChain chain = chain(recipe, dataStep, guess.getShape(), progress);
                final FixedPointSolver solver = solver(chain, guess, progress);
                final boolean optimize = restoration.optimization().isOn();
                final Progress first =
                        optimize ? progress.part(0, StartOptimization.SHARE_BEFORE) : progress;
                try (NDArray x = chain.start(guess);
                        Solution solution = solver.solve(chain, x, first)) {
                    final RestorationResult result =
                            optimize
                                    ? optimized(
                                            recipe,
                                            dataStep,
                                            recipe.levels() == 1 ? guess : solution.x0(),
                                            solution,
                                            operator,
                                            y,
                                            start,
                                            progress.part(StartOptimization.SHARE_BEFORE, 1))
                                    : result(
                                            solution.x0(),
                                            solution.trace(),
                                            null,
                                            recipe,
                                            chiSquare(operator, y, solution.x0()),
                                            start);
                    return restoration.sampling().samples() == 1
                            ? result
                            : withSpread(result, manager, operator, y, progress);
                }
            }
        }
    }

    private FixedPointSolver solver(RestorationChain chain, NDArray guess, Progress progress) {
        return Solvers.of(
                restoration.sampling(),
                prior.predictor(),
                chain,
                height,
                width,
                guess,
                false,
                progress);
    }

    /** A result with the calibrated spread of samples of the posterior. */
    private RestorationResult withSpread(
            RestorationResult result,
            NDManager manager,
            LinearOperator operator,
            NDArray y,
            Progress progress) {
        final long start = System.nanoTime();
        final Recipe recipe = Recipe.ofSpread(degradation, noise, restoration.sampling());
        try (DataStep dataStep = dataStep(manager, operator, y, recipe);
                NDArray guess = classicalGuess(manager, operator, recipe.samples())) {
            final RestorationChain chain = chain(recipe, dataStep, guess.getShape(), progress);
            final FixedPointSolver solver = solver(chain, guess, progress);
            try (NDArray x = chain.start(guess);
                    Solution solution = solver.solve(chain, x, progress);
                    NDArray field = Degradation.cropToField(solution.x0(), height, width)) {
                final Plane[] samples = new Plane[recipe.samples()];
                Arrays.setAll(samples, k -> Tensors.denormalized(field, k, range));
                final Plane deviation = Samples.standardDeviation(samples, Samples.mean(samples));
                final double factor = Samples.finiteSampleFactor(samples.length);
                for (final float[] channel : deviation.channels())
                    for (int i = 0; i < channel.length; i++) channel[i] *= (float) factor;
                if (noise == 0) clearKnown(deviation);
                return new RestorationResult(
                        result.restored(),
                        deviation,
                        result.report()
                                .withEvaluationsBefore(
                                        solution.trace().evaluations(),
                                        (System.nanoTime() - start) * 1e-9)
                                .withChain(
                                        result.report().chain()
                                                + "; uncertainty: "
                                                + recipe.describeSpread(factor)));
            }
        }
    }

    /** Pixels that were measured without noise are certain. */
    private void clearKnown(Plane deviation) {
        final boolean[] missing = FirstGuess.missing(degradation);
        if (missing == null) return;
        for (final float[] channel : deviation.channels())
            for (int i = 0; i < channel.length; i++) if (!missing[i]) channel[i] = 0;
    }

    /**
     * The chain from the classical first guess, or a shorter one from the neighbour. Only where the
     * measurement tells something about everything, as a blurred one does: what is missing would be
     * taken from the neighbour and stay.
     */
    private Recipe recipe(LinearOperator operator, NDArray y) {
        final Recipe full = Recipe.of(degradation, noise, restoration.sampling());
        if (neighbour == null
                || !(degradation instanceof Degradation.Blur)
                || restoration.sampling().mode() == Sampling.Mode.SAMPLE
                || neighbour.width() != width
                || neighbour.height() != height) return full;
        final Recipe shorter = full.fromNeighbour(misfit(operator, y));
        startsFromNeighbour = shorter.levels() < full.levels();
        return startsFromNeighbour ? shorter : full;
    }

    /**
     * How much the neighbour, measured in the same way, differs from the measurement, in the
     * prior's units: root mean square of what noise does not explain.
     */
    private double misfit(LinearOperator operator, NDArray y) {
        final Plane field =
                padded(
                        neighbour,
                        (int) operator.imageShape().get(2),
                        (int) operator.imageShape().get(1));
        try (NDArray x = Tensors.normalized(y.getManager(), field, range);
                NDArray predicted = operator.apply(x);
                NDArray difference = predicted.sub(y)) {
            final float[] values = difference.toFloatArray();
            final boolean[] missing =
                    operator.measurementShape().equals(shapeOf(measured))
                            ? FirstGuess.missing(degradation)
                            : null;
            double sum = 0;
            int count = 0;
            for (int i = 0; i < values.length; i++) {
                if (missing != null && missing[i % measured.size()]) continue;
                sum += square(values[i]);
                count++;
            }
            return Math.sqrt(Math.max(0, sum / Math.max(1, count) - square(noise)));
        }
    }

    /**
     * The way of the chain, level after level; that of the first sample where there are several.
     *
     * @throws java.util.concurrent.CancellationException if the user cancelled
     */
    public List<ChainState> follow(Progress progress) {
        final IntensityRange wide = wide();
        if (wide.equals(range)) return followInRange(progress);
        final Inversion bright = new Inversion(this, wide, measured, null);
        bright.solveInRange(progress.part(0, SHARE_OF_BRIGHT));
        return rest(bright.whole).followInRange(progress.part(SHARE_OF_BRIGHT, 1));
    }

    private List<ChainState> followInRange(Progress progress) {
        final Recipe recipe = Recipe.of(degradation, noise, restoration.sampling());
        try (NDManager manager = TorchEngine.newManager();
                LinearOperator operator =
                        degradation.operator(manager, prior.channels(), height, width)) {
            operator.askBeforeIterations(progress);
            final NDArray y = measurement(manager, operator);
            try (DataStep dataStep = dataStep(manager, operator, y, recipe)) {
                final NDArray guess = firstGuess(manager, operator, 1);
                final RestorationChain chain = chain(recipe, dataStep, guess.getShape(), progress);
                try (NDArray x = chain.start(guess);
                        Trajectory way = Trajectory.of(chain, x, 1, progress)) {
                    return states(chain.levels(), way);
                }
            }
        }
    }

    private List<ChainState> states(TimestepSequence levels, Trajectory way) {
        final List<ChainState> states = new ArrayList<>();
        for (int i = 0; i < levels.length(); i++)
            states.add(
                    new ChainState(
                            levels.sigma(i),
                            levels.timestep(i),
                            asImage(way.states().get(i), levels.alphaBar(i)),
                            asImage(way.estimates().get(i), 1)));
        final Plane restored = asImage(way.states().get(levels.length()), 1);
        if (noise == 0) restoreKnown(restored);
        states.add(new ChainState(0, Double.NaN, restored, restored));
        return states;
    }

    /** A state in grey levels: x/√ᾱ is the image with noise of standard deviation σ. */
    private Plane asImage(NDArray state, double alphaBar) {
        try (NDArray image = state.div(Math.sqrt(alphaBar));
                NDArray field = Degradation.cropToField(image, height, width)) {
            final Plane plane = Tensors.denormalized(field, 0, range);
            if (beyond != null) BeyondRange.add(plane, beyond);
            return plane;
        }
    }

    /**
     * The answer after descent on the first state of a short chain, which starts from what the
     * whole chain has found; of a chain of one level, on the state it starts from itself.
     *
     * @param guess what the short chain starts from
     * @param unguided the solution of the whole chain
     */
    private RestorationResult optimized(
            Recipe recipe,
            DataStep dataStep,
            NDArray guess,
            Solution unguided,
            LinearOperator operator,
            NDArray y,
            long start,
            Progress progress) {
        final RestorationChain chain =
                chain(recipe.shortened(), dataStep, guess.getShape(), progress);
        final FixedPointSolver solver =
                Solvers.of(
                        restoration.sampling(),
                        prior.predictor(),
                        chain,
                        height,
                        width,
                        guess,
                        true,
                        progress);
        try (NDArray precision = precision(operator, y);
                NDArray x = chain.start(guess);
                Outcome outcome =
                        new StartOptimization(restoration.optimization(), range, height, width)
                                .run(
                                        solver, chain, x, unguided, operator, y, precision,
                                        progress)) {
            return result(
                    outcome.image(),
                    unguided.trace(),
                    outcome,
                    recipe,
                    chiSquare(operator, y, outcome.image()),
                    start);
        }
    }

    /** 1/variance of each entry of the measurement in the prior's units, 0 where it is missing. */
    private NDArray precision(LinearOperator operator, NDArray y) {
        final boolean imageLike = operator.measurementShape().equals(shapeOf(measured));
        final boolean[] missing = FirstGuess.missing(degradation);
        final double white = square(noise);
        final float[] precision = new float[Math.toIntExact(y.size())];
        for (int i = 0; i < precision.length; i++) {
            final int pixel = i % measured.size();
            if (imageLike && missing != null && missing[pixel]) continue;
            final double v =
                    imageLike && variance != null
                            ? variance.channels()[i / measured.size()][pixel]
                                    * square(range.scale())
                            : white;
            precision[i] = (float) (1 / Math.max(v, square(LEAST_NOISE_OF_A_BLUR)));
        }
        return y.getManager().create(precision, y.getShape());
    }

    /** y in the prior's units: A(s·x + o) = s·y + o·A1. */
    private NDArray measurement(NDManager manager, LinearOperator operator) {
        try (NDArray ones = manager.ones(operator.imageShape()).expandDims(0);
                NDArray measuredOnes = operator.apply(ones);
                NDArray onesAsImage = degradation.toImage(operator, measuredOnes)) {
            final Plane unit = Tensors.plane(onesAsImage, 0);
            final double offset = range.normalize(0);
            final float[][] normalized = new float[measured.channels().length][measured.size()];
            for (int c = 0; c < normalized.length; c++)
                for (int i = 0; i < normalized[c].length; i++)
                    normalized[c][i] =
                            (float)
                                    (range.scale() * measured.channels()[c][i]
                                            + offset * unit.channels()[c][i]);
            try (NDArray image =
                    Tensors.of(
                            manager, new Plane(normalized, measured.width(), measured.height()))) {
                return degradation.fromImage(operator, image);
            }
        }
    }

    private DataStep dataStep(
            NDManager manager, LinearOperator operator, NDArray y, Recipe recipe) {
        if (noise == 0) return new HardProjection(operator, y);
        final boolean white =
                !(restoration.noise() instanceof NoiseModel.PoissonGaussian)
                        || !operator.measurementShape().equals(shapeOf(measured));
        if (white && operator instanceof SpectralOperator spectral)
            return new SpectralProximalStep(spectral, y, noise, recipe.priorWeight());
        if (white)
            return ConjugateGradientProximalStep.ofWhiteNoise(
                    operator,
                    y,
                    noise,
                    recipe.priorWeight(),
                    ConjugateGradientProximalStep.DEFAULT_ITERATIONS,
                    ConjugateGradientProximalStep.DEFAULT_TOLERANCE);
        final double factor = range.scale() * restoration.sampling().strength();
        try (NDArray greyLevels = Tensors.of(manager, variance);
                NDArray scaled = greyLevels.mul(factor * factor);
                NDArray least = scaled.maximum(LEAST_NOISE_OF_A_BLUR * LEAST_NOISE_OF_A_BLUR)) {
            return new ConjugateGradientProximalStep(
                    operator,
                    y,
                    least,
                    recipe.priorWeight(),
                    ConjugateGradientProximalStep.DEFAULT_ITERATIONS,
                    ConjugateGradientProximalStep.DEFAULT_TOLERANCE);
        }
    }

    private static Shape shapeOf(Plane plane) {
        return new Shape(plane.channels().length, plane.height(), plane.width());
    }

    /** What the chain starts from: a neighbour is made to agree with the measurement. */
    private NDArray firstGuess(
            NDManager manager, LinearOperator operator, Recipe recipe, DataStep dataStep) {
        final NDArray guess = firstGuess(manager, operator, recipe.samples());
        if (!startsFromNeighbour) return guess;
        final double[] sigma = new double[recipe.samples()];
        Arrays.fill(sigma, recipe.firstLevel());
        try (guess) {
            return dataStep.apply(guess, sigma, sigma);
        }
    }

    /** The first guess as K equal rows of the operator's image shape. */
    private NDArray firstGuess(NDManager manager, LinearOperator operator, int samples) {
        return startsFromNeighbour
                ? guess(manager, operator, samples, neighbour)
                : classicalGuess(manager, operator, samples);
    }

    private NDArray classicalGuess(NDManager manager, LinearOperator operator, int samples) {
        return guess(
                manager, operator, samples, FirstGuess.of(measured, degradation, prior.channels()));
    }

    private NDArray guess(NDManager manager, LinearOperator operator, int samples, Plane image) {
        final Plane guess =
                padded(
                        image,
                        (int) operator.imageShape().get(2),
                        (int) operator.imageShape().get(1));
        try (NDArray one = Tensors.normalized(manager, guess, range)) {
            if (samples == 1) return one.duplicate();
            return NDArrays.concat(new NDList(java.util.Collections.nCopies(samples, one)));
        }
    }

    /** Mirrors a plane at its borders to the size of a field that is larger by the same margins. */
    private static Plane padded(Plane plane, int toWidth, int toHeight) {
        if (toWidth == plane.width() && toHeight == plane.height()) return plane;
        final int left = (toWidth - plane.width()) / 2;
        final int top = (toHeight - plane.height()) / 2;
        final float[][] padded = new float[plane.channels().length][toWidth * toHeight];
        for (int y = 0; y < toHeight; y++)
            for (int x = 0; x < toWidth; x++) {
                final int source =
                        mirrored(y - top, plane.height()) * plane.width()
                                + mirrored(x - left, plane.width());
                for (int c = 0; c < padded.length; c++)
                    padded[c][y * toWidth + x] = plane.channels()[c][source];
            }
        return new Plane(padded, toWidth, toHeight);
    }

    /** Index of the pixel that is mirrored to i, edge pixels repeated (d c b a | a b c d). */
    private static int mirrored(int i, int size) {
        final int period = Math.floorMod(i, 2 * size);
        return period < size ? period : 2 * size - 1 - period;
    }

    private RestorationChain chain(
            Recipe recipe, DataStep dataStep, Shape states, Progress progress) {
        final TimestepSequence levels =
                TimestepSequence.spaced(
                        TimestepSequence.Spacing.LOG_SIGMA,
                        prior.schedule(),
                        recipe.levels(),
                        recipe.firstLevel(),
                        recipe.lastLevel());
        final GaussianNoise field = field(states);
        final NoisePredictor turning = new TurningNoisePredictor(prior.predictor(), levels);
        final NoisePredictor predictor =
                recipe.antithetic() > 0
                        ? new AntitheticNoisePredictor(turning, levels, recipe.antithetic(), field)
                        : turning;
        final RestorationChain chain =
                RestorationChain.of(predictor, levels, dataStep)
                        .withLastDataStep(noise == 0 || isOnlyStep(recipe));
        if (recipe.mix().equals(NoiseMix.FIDELITY)) return chain;
        return chain.withNoise(recipe.mix(), FreshNoise.of(field, states));
    }

    /** The noise at the place of a chain's states, which may have a margin around the field. */
    private GaussianNoise field(Shape states) {
        final Sampling sampling = restoration.sampling();
        final GaussianNoise field = new GaussianNoise(sampling.seed(), sampling.plane());
        final Whole whole = restoration.whole();
        if (whole == null) return field;
        final int scale = degradation.scale();
        return field.at(
                scale * whole.top() - (states.get(2) - height) / 2,
                scale * whole.left() - (states.get(3) - width) / 2);
    }

    /** Whether the chain would never look at the measurement again after its first guess. */
    private boolean isOnlyStep(Recipe recipe) {
        return recipe.levels() == 1 && !(degradation instanceof Degradation.Identity);
    }

    /** Mean over the measurement of the squared residual in units of the noise's variance. */
    private double chiSquare(LinearOperator operator, NDArray y, NDArray x0) {
        if (variance == null) return Double.NaN;
        try (NDArray mean = x0.mean(new int[] {0}, true);
                NDArray predicted = operator.apply(mean);
                NDArray difference = predicted.sub(y)) {
            final float[] residuals = difference.toFloatArray();
            final double strength = restoration.sampling().strength();
            final double white = square(noise / strength);
            final boolean imageLike = operator.measurementShape().equals(shapeOf(measured));
            final boolean[] missing = FirstGuess.missing(degradation);
            double sum = 0;
            int count = 0;
            for (int i = 0; i < residuals.length; i++) {
                final int pixel = i % measured.size();
                if (imageLike && missing != null && missing[pixel]) continue;
                final double v =
                        imageLike
                                ? variance.channels()[i / measured.size()][pixel]
                                        * square(range.scale())
                                : white;
                if (!(v > 0)) continue;
                sum += square(residuals[i]) / v;
                count++;
            }
            return count == 0 ? Double.NaN : sum / count;
        }
    }

    private static double square(double value) {
        return value * value;
    }

    /**
     * @param outcome of the optimisation of the start; null without one
     * @param start when the work began, in nanoseconds
     */
    private RestorationResult result(
            NDArray image,
            SolverTrace trace,
            Outcome outcome,
            Recipe recipe,
            double chiSquare,
            long start) {
        final Plane[] samples = new Plane[recipe.samples()];
        try (NDArray field = Degradation.cropToField(image, height, width);
                NDArray mean = image.mean(new int[] {0}, true)) {
            Arrays.setAll(samples, k -> Tensors.denormalized(field, k, range));
            whole = Tensors.denormalized(mean, 0, range);
        }
        if (beyond != null) for (final Plane sample : samples) BeyondRange.add(sample, beyond);
        final Plane mean = Samples.mean(samples);
        if (noise == 0) restoreKnown(mean);
        final RestorationReport report =
                new RestorationReport(
                        prior.name(),
                        prior.sha256(),
                        degradation.describe(),
                        restoration.noise().describe(),
                        recipe.describe()
                                + (beyond == null ? "" : ", rare objects in a range of their own")
                                + (startsFromNeighbour ? RestorationReport.FROM_NEIGHBOUR : ""),
                        trace.solver(),
                        restoration.sampling().seed(),
                        trace.evaluations() + (outcome == null ? 0 : outcome.evaluations()),
                        trace.rounds(),
                        trace.finalResidual(),
                        trace.converged(),
                        chiSquare,
                        (System.nanoTime() - start) * 1e-9,
                        outcome == null ? null : report(outcome));
        return new RestorationResult(mean, null, report);
    }

    private OptimizationReport report(Outcome outcome) {
        return new OptimizationReport(
                outcome.rounds(),
                restoration.optimization().rounds(),
                outcome.before(),
                outcome.after(),
                switch (outcome.end()) {
                    case ALL_ROUNDS -> "all were made";
                    case REACHED -> "the measurement is explained within its noise";
                    case NO_PROGRESS -> "no further progress";
                    case CANCELLED -> "the best so far";
                    case DIVERGED -> "diverged: the rate is too large; the best so far";
                },
                outcome.end() == InitializationOptimization.End.CANCELLED,
                outcome.pullbacks());
    }

    /** Pixels that were measured without noise keep their value to the last bit. */
    private void restoreKnown(Plane restored) {
        final boolean[] missing = FirstGuess.missing(degradation);
        final boolean identity = degradation instanceof Degradation.Identity;
        if (!identity && !(degradation instanceof Degradation.MissingPixels)) return;
        for (int c = 0; c < restored.channels().length; c++)
            for (int i = 0; i < restored.size(); i++)
                if (missing == null || !missing[i])
                    restored.channels()[c][i] = original.channels()[c][i];
    }
}
