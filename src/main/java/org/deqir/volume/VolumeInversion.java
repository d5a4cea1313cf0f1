/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.volume;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.Locale;
import org.deqir.RestorationReport;
import org.deqir.Sampling;
import org.deqir.VolumeResult;
import org.deqir.diffusion.AntitheticNoisePredictor;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.diffusion.GaussianNoise;
import org.deqir.diffusion.NoisePredictor;
import org.deqir.diffusion.TimestepSequence;
import org.deqir.equilibrium.NoiseMix;
import org.deqir.equilibrium.RestorationChain;
import org.deqir.equilibrium.solver.FixedPointSolver;
import org.deqir.equilibrium.solver.Solution;
import org.deqir.equilibrium.solver.SolverKind;
import org.deqir.equilibrium.solver.SolverSettings;
import org.deqir.equilibrium.solver.SolverTrace;
import org.deqir.image.IntensityRange;
import org.deqir.image.Smoothing;
import org.deqir.image.Volume;
import org.deqir.network.TorchEngine;
import org.deqir.physics.DataStep;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.VolumeDegradation;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;
import org.deqir.restoration.Samples;
import org.deqir.volume.SlicingNoisePredictor.Margins;

/**
 * One inverse problem of a volume: the data step acts on all of it, the prior of planes on its
 * slices.
 *
 * <p>A chain that carries no noise is solved in two parts. The first levels tell what range of grey
 * levels the restored volume has, which the blurred and noisy one does not, and the others are
 * solved in that range. All native memory is freed when {@link #solve} returns.
 */
public final class VolumeInversion {

    /** Levels after which the range is taken anew. */
    private static final int LEVELS_OF_FIRST_PART = 2;

    /**
     * Voxels around the measured ones that the network sees. What is farther outside is only known
     * by its blur.
     */
    private static final int SEEN_AROUND = 1;

    /** Standard deviation in voxels of the smoothing that takes the noise out of the extremes. */
    private static final double RANGE_SMOOTHING = 0.7;

    private static final double SHARE_OF_GUESS = 0.2;

    /**
     * Factor on the samples' root mean square distance from a result of fidelity. Their own mean is
     * off where noise decides between light and none, which their scatter does not tell. The page
     * on volumes tells what it was chosen on.
     */
    private static final double CALIBRATION = 0.6;

    private final DiffusionPrior prior;
    private final Volume measured;
    private final VolumeDegradation degradation;
    private final NoiseModel noise;
    private final Sampling sampling;
    private final VolumeBlocks blocks;
    private final Light light;
    private final int[] reach;
    private final boolean isConstant;

    /**
     * @param prior a prior for one channel, whose predictor takes planes of any size
     * @param measured the measurement, all finite; not changed
     * @param degradation what happened to the volume
     * @param noise of the measurement, in its own grey levels
     * @param sampling how to compute the answer
     * @param memory bytes that may be taken; where the volume as a whole needs more, its data step
     *     is made in blocks
     */
    public VolumeInversion(
            DiffusionPrior prior,
            Volume measured,
            VolumeDegradation degradation,
            NoiseModel noise,
            Sampling sampling,
            long memory) {
        this.prior = prior;
        this.measured = measured;
        this.degradation = degradation;
        this.noise = noise;
        this.sampling = sampling;
        blocks =
                VolumeCost.blocks(
                        memory, degradation, measured.depth(), measured.height(), measured.width());
        reach = degradation.reach();
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        double sum = 0;
        for (final float level : measured.samples()) {
            least = Math.min(least, level);
            most = Math.max(most, level);
            sum += level;
        }
        isConstant = least == most;
        light = Light.of(noise, least, sum / measured.size(), most);
    }

    /**
     * {@return the restored volume}
     *
     * @param progress asked before every network call and every iteration whether to go on
     * @throws java.util.concurrent.CancellationException if the user cancelled
     */
    public VolumeResult solve(Progress progress) {
        final long start = System.nanoTime();
        progress.checkCanceled();
        if (isConstant) return constant(start);
        try (NDManager manager = TorchEngine.newManager();
                LinearOperator operator = operator(manager)) {
            operator.askBeforeIterations(progress);
            final VolumeProblem problem =
                    VolumeProblem.of(
                            manager,
                            measured,
                            degradation,
                            operator,
                            light,
                            new GaussianNoise(sampling.seed(), sampling.plane()),
                            progress.part(0, SHARE_OF_GUESS));
            final Progress rest = progress.part(SHARE_OF_GUESS, 1);
            if (sampling.samples() == 1) return one(problem, start, rest);
            return several(problem, start, rest);
        }
    }

    private LinearOperator operator(NDManager manager) {
        final LinearOperator ofBlock =
                degradation.operator(
                        manager,
                        blocks.measured(0) * degradation.scale(),
                        blocks.measured(1),
                        blocks.measured(2));
        return blocks.isOne() ? ofBlock : new BlockwiseOperator(ofBlock, blocks);
    }

    private VolumeResult constant(long start) {
        final float[] samples = new float[measured.size() * degradation.scale()];
        final int depth = measured.depth() * degradation.scale();
        Arrays.fill(samples, measured.samples()[0]);
        return new VolumeResult(
                new Volume(samples, measured.width(), measured.height(), depth),
                sampling.samples() == 1
                        ? null
                        : new Volume(
                                new float[samples.length],
                                measured.width(),
                                measured.height(),
                                depth),
                report("none: all voxels are the same", "none", 0, 0, true, Double.NaN, 0, start));
    }

    private VolumeResult one(VolumeProblem problem, long start, Progress progress) {
        final Run run = run(problem, sampling, 0, false, progress);
        return new VolumeResult(
                run.restored(), null, report(run, run.chain(), run.passes(), start));
    }

    /** The result of fidelity with the spread of samples, or the mean of samples with theirs. */
    private VolumeResult several(VolumeProblem problem, long start, Progress progress) {
        final int count = sampling.samples();
        final boolean fidelity = sampling.mode() == Sampling.Mode.FIDELITY;
        final int runs = fidelity ? count + 1 : count;
        final Run best =
                fidelity ? run(problem, sampling, 0, false, part(progress, 0, runs)) : null;
        final double[] sum = new double[measured.size() * degradation.scale()];
        final double[] squares = new double[sum.length];
        Volume first = null;
        Run last = null;
        long passes = fidelity ? best.passes() : 0;
        for (int k = 0; k < count; k++) {
            last = run(problem, sampling, k, true, part(progress, runs - count + k, runs));
            passes += last.passes();
            final float[] sample = last.restored().samples();
            if (first == null) first = last.restored();
            for (int i = 0; i < sum.length; i++) {
                // Differences from the first sample: squares of grey levels would cancel.
                final double difference = (double) sample[i] - first.samples()[i];
                sum[i] += difference;
                squares[i] += difference * difference;
            }
        }
        final double factor = Samples.finiteSampleFactor(count);
        final float[] deviation = new float[sum.length];
        final float[] mean = new float[sum.length];
        for (int i = 0; i < sum.length; i++) {
            mean[i] = (float) (first.samples()[i] + sum[i] / count);
            final double variance =
                    factor
                            * factor
                            * Math.max(0, (squares[i] - sum[i] * sum[i] / count) / (count - 1));
            final double off = fidelity ? mean[i] - best.restored().samples()[i] : 0;
            deviation[i] = (float) ((fidelity ? CALIBRATION : 1) * Math.sqrt(variance + off * off));
        }
        final Volume restored = fidelity ? best.restored() : like(first, mean);
        final String spread =
                String.format(
                        Locale.ROOT,
                        "%d samples, %s, standard deviation times %.3g for their number%s",
                        count,
                        last.chain(),
                        factor,
                        fidelity
                                ? ", with their mean's distance from the result, times "
                                        + CALIBRATION
                                : "");
        return new VolumeResult(
                restored,
                like(first, deviation),
                report(
                        fidelity ? best : last,
                        fidelity ? best.chain() + "; uncertainty: " + spread : "mean of " + spread,
                        passes,
                        start));
    }

    private static Volume like(Volume volume, float[] samples) {
        return new Volume(samples, volume.width(), volume.height(), volume.depth());
    }

    private static Progress part(Progress progress, int run, int runs) {
        return progress.part((double) run / runs, (run + 1.0) / runs);
    }

    /**
     * What a chain gave.
     *
     * @param chain in words
     * @param passes slices that went through the network
     * @param chiSquare of the restored volume
     */
    private record Run(
            Volume restored, String chain, SolverTrace trace, long passes, double chiSquare) {}

    /**
     * Solves a chain.
     *
     * @param sample which sample, for its noise
     * @param spread whether it is a sample of the posterior, whatever the mode
     */
    private Run run(
            VolumeProblem problem,
            Sampling settings,
            int sample,
            boolean spread,
            Progress progress) {
        try (NDManager scope = problem.guess().getManager().newSubManager()) {
            NDArray x = problem.guess();
            int from = 0;
            long passes = 0;
            while (true) {
                final IntensityRange range = range(x);
                final double level = problem.noise(range);
                final VolumeRecipe recipe =
                        spread && settings.mode() == Sampling.Mode.FIDELITY
                                ? VolumeRecipe.ofSpread(degradation, level, settings)
                                : VolumeRecipe.of(degradation, level, settings);
                final int levels = recipe.chain().levels();
                final boolean parted =
                        from == 0
                                && recipe.chain().mix().equals(NoiseMix.FIDELITY)
                                && levels > LEVELS_OF_FIRST_PART;
                final int to = parted ? LEVELS_OF_FIRST_PART : levels;
                final Part part = new Part(recipe, range, from, to, sample);
                final Progress share = progress.part((double) from / levels, (double) to / levels);
                try (SolvedPart solved = solve(problem, x, part, share)) {
                    passes += solved.slicing().slices();
                    if (from > 0) x.close();
                    x = solved.greyLevels(scope, range);
                    if (to == levels)
                        return new Run(
                                VolumeTensors.middle(x, reach),
                                problem.about() + "; " + recipe.describe() + blocks.describe(),
                                solved.solution().trace(),
                                passes,
                                noise.variance(light.offset() + light.gain()) == 0
                                        ? Double.NaN
                                        : problem.chiSquare(x));
                }
                from = to;
            }
        }
    }

    /** Levels {@code from} to {@code to} − 1 of a chain. */
    private record Part(VolumeRecipe recipe, IntensityRange range, int from, int to, int sample) {

        boolean isLast() {
            return to == recipe.chain().levels();
        }

        TimestepSequence levels(DiffusionPrior prior) {
            final int[] some = new int[to - from];
            Arrays.setAll(some, i -> from + i);
            return TimestepSequence.spaced(
                            TimestepSequence.Spacing.LOG_SIGMA,
                            prior.schedule(),
                            recipe.chain().levels(),
                            recipe.chain().firstLevel(),
                            recipe.chain().lastLevel())
                    .subsequence(some);
        }
    }

    private record SolvedPart(Solution solution, SlicingNoisePredictor slicing)
            implements AutoCloseable {

        NDArray greyLevels(NDManager owner, IntensityRange range) {
            final NDArray grey = solution.x0().add(1).divi(range.scale()).addi(range.low());
            grey.attach(owner);
            return grey;
        }

        @Override
        public void close() {
            solution.close();
        }
    }

    /** What the network does not see of the operator's volume. */
    static Margins margins(VolumeDegradation degradation) {
        final int[] reach = degradation.reach();
        return new Margins(
                Math.max(0, reach[0] - SEEN_AROUND),
                Math.max(0, reach[1] - SEEN_AROUND),
                Math.max(0, reach[2] - SEEN_AROUND));
    }

    private SolvedPart solve(VolumeProblem problem, NDArray x, Part part, Progress progress) {
        final VolumeRecipe recipe = part.recipe();
        final TimestepSequence levels = part.levels(prior);
        final SlicingNoisePredictor slicing =
                new SlicingNoisePredictor(
                        prior.predictor(),
                        levels,
                        part.from(),
                        recipe::asked,
                        margins(degradation));
        final GaussianNoise field = new GaussianNoise(sampling.seed(), sampling.plane());
        final NoisePredictor predictor =
                recipe.chain().antithetic() > 0
                        ? new AntitheticNoisePredictor(
                                slicing, levels, recipe.chain().antithetic(), field)
                        : slicing;
        try (NDManager scope = x.getManager().newSubManager();
                DataStep dataStep = problem.dataStep(scope, part.range(), recipe, progress)) {
            final RestorationChain plain =
                    RestorationChain.of(predictor, levels, dataStep)
                            .withLastDataStep(!part.isLast());
            final Shape shape = x.getShape();
            final RestorationChain chain =
                    recipe.chain().mix().equals(NoiseMix.FIDELITY)
                            ? plain
                            : plain.withNoise(
                                    recipe.chain().mix(),
                                    (manager, step) ->
                                            field.draw(manager, shape, step, part.sample(), 0, 0));
            try (NDArray begin = start(chain, x, part.range())) {
                return new SolvedPart(solver().solve(chain, begin, progress), slicing);
            }
        }
    }

    private static NDArray start(RestorationChain chain, NDArray x, IntensityRange range) {
        try (NDArray normalized = VolumeProblem.normalized(x, range)) {
            return chain.start(normalized);
        }
    }

    private FixedPointSolver solver() {
        final SolverSettings settings = SolverSettings.DEFAULT.withMaxBatch(1);
        return switch (sampling.solver()) {
            case AUTO, SEQUENTIAL -> SolverKind.SEQUENTIAL.create(settings);
            case PARALLEL -> SolverKind.PARALLEL.create(settings);
            case ANDERSON -> SolverKind.ANDERSON.create(settings);
            case TRIANGULAR -> SolverKind.TRIANGULAR.create(settings);
        };
    }

    /** The extremes of a volume's measured part, lightly smoothed. */
    private IntensityRange range(NDArray x) {
        final Volume smooth = Smoothing.gaussian(VolumeTensors.middle(x, reach), RANGE_SMOOTHING);
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

    private RestorationReport report(Run run, String chain, long passes, long start) {
        return report(
                chain,
                run.trace().solver(),
                run.trace().rounds(),
                run.trace().finalResidual(),
                run.trace().converged(),
                run.chiSquare(),
                passes,
                start);
    }

    private RestorationReport report(
            String chain,
            String solver,
            int rounds,
            double residual,
            boolean converged,
            double chiSquare,
            long passes,
            long start) {
        return new RestorationReport(
                prior.name(),
                prior.sha256(),
                degradation.describe(),
                noise.describe(),
                chain,
                solver,
                sampling.seed(),
                passes,
                rounds,
                residual,
                converged,
                chiSquare,
                (System.nanoTime() - start) * 1e-9,
                null);
    }
}
