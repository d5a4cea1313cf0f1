/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.benchmark;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.List;
import org.deqir.RestorationReport;
import org.deqir.RestorationResult;
import org.deqir.Restorer;
import org.deqir.Sampling;
import org.deqir.Sampling.Mode;
import org.deqir.Sampling.SolverChoice;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.Plane;
import org.deqir.metrics.PeakSignalToNoiseRatio;
import org.deqir.model.store.ModelStore;
import org.deqir.network.PrecisionProbe;
import org.deqir.progress.Progress;
import org.deqir.testing.Bench;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Rounds and evaluations until the mean PSNR over some images is no more than 0.1 dB below that of
 * the sequential chain of 25 levels, and stays so to the last round that is looked at. First
 * guesses count. Tasks are in fidelity mode, but denoising, which is one network call there, in
 * sample mode.
 *
 * <p>Keys: {@code rounds.<task>.<solver>}, {@code evaluations.<task>.<solver>} (per image and
 * sample), {@code psnr.<task>.sequential}. A solver that does not get there in {@value
 * #MOST_ROUNDS} rounds has no figures but {@code missed_by_db.<task>.<solver>}. The images are the
 * middle {@value #EDGE} pixels of some of the bench's.
 */
class SolverBenchmark {

    private static final int LEVELS = 25;
    private static final int MOST_ROUNDS = 8;
    private static final int EDGE = 64;
    private static final double CLOSE = 0.1;

    private static final List<String> IMAGES =
            List.of("nuclei_u2os", "xy_8bit__em_mitochondria_er", "xyc_8bit__dapi_tublin_c1");

    private static final List<SolverChoice> SOLVERS =
            List.of(SolverChoice.PARALLEL, SolverChoice.ANDERSON, SolverChoice.TRIANGULAR);

    private record Outcome(double psnr, double rounds, double evaluations) {}

    @ParameterizedTest
    @EnumSource(BenchmarkTask.class)
    void roundsToTheSequentialImage(BenchmarkTask task) throws IOException {
        assumeTrue(Bench.isPresent(), "the bench images are not beside this checkout");
        try (DiffusionPrior prior =
                new ModelStore(List.of()).find("microscopy-gray").load(PrecisionProbe.fastest())) {
            final DiffusionPrior remembering =
                    new DiffusionPrior(
                            prior.name(),
                            prior.sha256(),
                            new RememberingPredictor(prior.predictor()),
                            prior.schedule());
            final double sequential = outcome(remembering, task, SolverChoice.SEQUENTIAL, 0).psnr();
            BenchmarkResults.put("psnr." + task.key() + ".sequential", sequential);
            for (final SolverChoice solver : SOLVERS)
                compare(remembering, task, solver, sequential);
        }
    }

    private static void compare(
            DiffusionPrior prior, BenchmarkTask task, SolverChoice solver, double sequential) {
        Outcome reached = null;
        Outcome last = null;
        for (int rounds = 1; rounds <= MOST_ROUNDS; rounds++) {
            last = outcome(prior, task, solver, rounds);
            if (last.psnr() < sequential - CLOSE) reached = null;
            else if (reached == null) reached = last;
        }
        final String key = task.key() + "." + solver.name().toLowerCase(java.util.Locale.ROOT);
        if (reached == null) {
            BenchmarkResults.put("missed_by_db." + key, last.psnr() - sequential);
            return;
        }
        BenchmarkResults.put("rounds." + key, reached.rounds());
        BenchmarkResults.put("evaluations." + key, reached.evaluations());
        BenchmarkResults.put("psnr." + key, reached.psnr());
    }

    /** Means over the images. */
    private static Outcome outcome(
            DiffusionPrior prior, BenchmarkTask task, SolverChoice solver, int iterations) {
        final Sampling sampling =
                Sampling.DEFAULT
                        .withMode(task == BenchmarkTask.DENOISE ? Mode.SAMPLE : Mode.FIDELITY)
                        .withSteps(LEVELS)
                        .withSolver(solver)
                        .withIterations(iterations);
        double psnr = 0;
        double rounds = 0;
        double evaluations = 0;
        for (final String image : IMAGES) {
            final Plane truth = BenchmarkTask.crop(Bench.truth(image), EDGE);
            final RestorationResult result =
                    new Restorer(prior)
                            .restore(
                                    task.measure(truth),
                                    task.restoration(truth, sampling),
                                    Progress.NONE);
            final RestorationReport report = result.report();
            psnr +=
                    PeakSignalToNoiseRatio.ofClipped(
                            truth.channels()[0], result.restored().channels()[0], 1);
            rounds += report.rounds();
            evaluations += report.evaluations();
        }
        return new Outcome(
                psnr / IMAGES.size(), rounds / IMAGES.size(), evaluations / IMAGES.size());
    }
}
