/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.restoration;

import java.util.List;
import org.deqir.ChainState;
import org.deqir.Restoration;
import org.deqir.RestorationReport;
import org.deqir.RestorationResult;
import org.deqir.Whole;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.IntensityRange;
import org.deqir.image.Plane;
import org.deqir.progress.Progress;

/**
 * One inverse problem: from a measured plane to the mean and spread of the restored samples.
 *
 * <p>Objects too bright for the range of the rest are restored first, in a range of their own (see
 * {@link BeyondRange}). All native memory is freed when a method returns.
 */
public final class Inversion {

    /** Share of the time that the estimate of rare objects beyond the range takes. */
    private static final double SHARE_OF_BRIGHT = 0.5;

    private final DiffusionPrior prior;
    private final Problem problem;

    /**
     * @param prior a prior for as many channels as the restored image has, whose predictor takes
     *     images of any size
     * @param measured the measurement as an image, finite wherever it is known; not changed
     * @param restoration what happened to the image, and how to compute the answer
     */
    public Inversion(DiffusionPrior prior, Plane measured, Restoration restoration) {
        this(prior, measured, restoration, null);
    }

    /**
     * @param prior a prior for as many channels as the restored image has, whose predictor takes
     *     images of any size
     * @param measured the measurement as an image, finite wherever it is known; not changed
     * @param restoration what happened to the image, and how to compute the answer
     * @param neighbour the restored plane next to this one in a stack, of the size of the result; a
     *     chain that can start from it is shorter. Null if there is none
     */
    public Inversion(
            DiffusionPrior prior, Plane measured, Restoration restoration, Plane neighbour) {
        this.prior = prior;
        problem = Problem.of(measured, restoration, neighbour);
    }

    /**
     * Solves the problem.
     *
     * @return the restored plane, its standard deviation where several samples were asked for, and
     *     the report
     * @throws java.util.concurrent.CancellationException if the user cancelled
     */
    public RestorationResult solve(Progress progress) {
        return solve(problem.restoration().sampling().samples() > 1, progress);
    }

    /**
     * {@return the restored plane and the report, without a standard deviation}
     *
     * @param progress asked before every network call whether to go on
     * @throws java.util.concurrent.CancellationException if the user cancelled
     */
    public RestorationResult estimate(Progress progress) {
        return solve(false, progress);
    }

    private RestorationResult solve(boolean spread, Progress progress) {
        final IntensityRange wide = problem.wide();
        if (wide.equals(problem.range()) || problem.restoration().optimization().isOn())
            return new RangedInversion(prior, problem).solve(spread, progress).result();
        final RangedInversion.Answer bright = bright(wide, progress);
        final RestorationResult result =
                new RangedInversion(prior, problem.rest(bright.whole()))
                        .solve(spread, progress.part(SHARE_OF_BRIGHT, 1))
                        .result();
        final RestorationReport before = bright.result().report();
        return new RestorationResult(
                result.restored(),
                result.standardDeviation(),
                result.report().withEvaluationsBefore(before.evaluations(), before.seconds()));
    }

    /** {@return what this problem measured on its image, for the parts of a larger one} */
    public Whole.Measures measures() {
        return new Whole.Measures(
                1, problem.range(), problem.wide(), problem.typical(), Double.NaN);
    }

    /**
     * {@return whether an image has objects far beyond its useful range, which are restored before
     * the rest is}
     */
    public static boolean hasRareObjects(Plane measured, Restoration restoration) {
        if (restoration.degradation().isIdentity() || restoration.optimization().isOn())
            return false;
        final Problem problem = Problem.of(measured, restoration, null);
        return !problem.wide().equals(problem.range());
    }

    /**
     * The way of the chain, level after level; that of the first sample where there are several.
     *
     * @return the states, noisiest first; the last one is the restored image
     * @throws java.util.concurrent.CancellationException if the user cancelled
     */
    public List<ChainState> follow(Progress progress) {
        final IntensityRange wide = problem.wide();
        if (wide.equals(problem.range()))
            return new RangedInversion(prior, problem).follow(progress);
        final Plane whole = bright(wide, progress).whole();
        return new RangedInversion(prior, problem.rest(whole))
                .follow(progress.part(SHARE_OF_BRIGHT, 1));
    }

    private RangedInversion.Answer bright(IntensityRange wide, Progress progress) {
        return new RangedInversion(prior, problem.in(wide))
                .solve(false, progress.part(0, SHARE_OF_BRIGHT));
    }
}
