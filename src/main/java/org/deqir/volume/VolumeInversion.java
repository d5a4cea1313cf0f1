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
import java.util.List;
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

    private static final double SHARE_OF_GUESS = 0.2;

    /**
     * Factor on the samples' root mean square distance from a result of fidelity. Their own mean is
     * off where noise decides between light and none, which their scatter does not tell. The page
     * on volumes tells what it was chosen on.
     */
    private static final double CALIBRATION = 0.46;

    private final DiffusionPrior prior;
    private final Volume measured;
    private final VolumeDegradation degradation;
    private final NoiseModel noise;
    private final Sampling sampling;
    private final VolumeBlocks blocks;
    private final Light light;
    private final WholeVolume whole;
    private final GaussianNoise field;
    private final int[] reach;

    /**
     * @param prior a prior for one channel, whose predictor takes planes of any size
     * @param measured the measurement, all finite; not changed
     * @param degradation what happened to the volume
     * @param noise of the measurement, in its own grey levels
     * @param sampling how to compute the answer
     * @param memory bytes that may be taken; where the volume as a whole needs more, its data step
     *     is made in blocks
     * @param whole what the volume takes over from one that it is a block of; null if it is none
     */
    public VolumeInversion(
            DiffusionPrior prior,
            Volume measured,
            VolumeDegradation degradation,
            NoiseModel noise,
            Sampling sampling,
            long memory,
            WholeVolume whole) {
        this.prior = prior;
        this.measured = measured;
        this.degradation = degradation;
        this.noise = noise;
        this.sampling = sampling;
        blocks =
                VolumeCost.blocks(
                        memory, degradation, measured.depth(), measured.height(), measured.width());
        reach = degradation.reach();
        this.whole = whole == null ? WholeVolume.unknown(List.of(measured), noise) : whole;
        light = this.whole.light();
        field =
                new GaussianNoise(sampling.seed(), sampling.plane())
                        .at(
                                this.whole.slice() * degradation.scale(),
                                this.whole.row(),
                                this.whole.column());
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
        if (measured.isConstant()) return constant(start);
        try (NDManager manager = TorchEngine.newManager();
                LinearOperator operator = operator(manager)) {
            operator.askBeforeIterations(progress);
            final VolumeProblem problem = problem(manager, operator, progress);
            final Progress rest = progress.part(SHARE_OF_GUESS, 1);
            if (sampling.samples() == 1) return one(problem, start, rest);
            return several(problem, start, rest);
        }
    }

    private VolumeProblem problem(NDManager manager, LinearOperator operator, Progress progress) {
        return VolumeProblem.of(
                manager,
                measured,
                degradation,
                operator,
                light,
                field,
                whole.iterations(),
                progress.part(0, SHARE_OF_GUESS));
    }

    /**
     * What a sample of a volume tells.
     *
     * @param iterations of the first guess
     * @param measures before the first part of the chain that the whole does not know; null if it
     *     knows all
     */
    record Measured(int iterations, WholeVolume.Measures measures) {}

    /** Measures on this sample what the whole does not know yet. */
    Measured measure(Progress progress) {
        try (NDManager manager = TorchEngine.newManager();
                LinearOperator operator = operator(manager)) {
            operator.askBeforeIterations(progress);
            final VolumeProblem problem = problem(manager, operator, progress);
            if (whole.parts().isEmpty())
                return new Measured(problem.iterations(), problem.measures(problem.guess(), reach));
            final WholeVolume.Measures first = whole.parts().get(0);
            final VolumeRecipe recipe = VolumeRecipe.of(degradation, first.noise(), sampling);
            if (!isParted(recipe)) return new Measured(problem.iterations(), null);
            final Part part = new Part(recipe, first, 0, LEVELS_OF_FIRST_PART, 0);
            try (SolvedPart solved =
                    solve(problem, problem.guess(), part, progress.part(SHARE_OF_GUESS, 1))) {
                return new Measured(
                        problem.iterations(),
                        problem.measures(solved.greyLevels(manager, first.range()), reach));
            }
        }
    }

    private static boolean isParted(VolumeRecipe recipe) {
        return recipe.chain().mix().equals(NoiseMix.FIDELITY)
                && recipe.chain().levels() > LEVELS_OF_FIRST_PART;
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
        final VolumeSpread samples = new VolumeSpread(measured.size() * degradation.scale());
        Run last = null;
        long passes = fidelity ? best.passes() : 0;
        for (int k = 0; k < count; k++) {
            last = run(problem, sampling, k, true, part(progress, runs - count + k, runs));
            passes += last.passes();
            samples.add(last.restored());
        }
        final String spread =
                String.format(
                        Locale.ROOT,
                        "%d samples, %s, standard deviation times %.3g for their number%s",
                        count,
                        last.chain(),
                        Samples.finiteSampleFactor(count),
                        fidelity
                                ? ", with their mean's distance from the result, times "
                                        + CALIBRATION
                                : "");
        return new VolumeResult(
                fidelity ? best.restored() : samples.mean(),
                fidelity
                        ? samples.deviation(best.restored(), CALIBRATION)
                        : samples.deviation(null, 1),
                report(
                        fidelity ? best : last,
                        fidelity ? best.chain() + "; uncertainty: " + spread : "mean of " + spread,
                        passes,
                        start));
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
                final int known = from == 0 ? 0 : 1;
                final WholeVolume.Measures measures =
                        known < whole.parts().size()
                                ? whole.parts().get(known)
                                : problem.measures(x, reach);
                final double level = measures.noise();
                final VolumeRecipe recipe =
                        spread && settings.mode() == Sampling.Mode.FIDELITY
                                ? VolumeRecipe.ofSpread(degradation, level, settings)
                                : VolumeRecipe.of(degradation, level, settings);
                final int levels = recipe.chain().levels();
                final int to = from == 0 && isParted(recipe) ? LEVELS_OF_FIRST_PART : levels;
                final Part part = new Part(recipe, measures, from, to, sample);
                final Progress share = progress.part((double) from / levels, (double) to / levels);
                try (SolvedPart solved = solve(problem, x, part, share)) {
                    passes += solved.slicing().slices();
                    if (from > 0) x.close();
                    x = solved.greyLevels(scope, measures.range());
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
    private record Part(
            VolumeRecipe recipe, WholeVolume.Measures measures, int from, int to, int sample) {

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
        final NoisePredictor predictor =
                recipe.chain().antithetic() > 0
                        ? new AntitheticNoisePredictor(
                                slicing, levels, recipe.chain().antithetic(), field)
                        : slicing;
        try (NDManager scope = x.getManager().newSubManager();
                DataStep dataStep = problem.dataStep(scope, part.measures(), recipe, progress)) {
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
            try (NDArray begin = start(chain, x, part.measures().range())) {
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
