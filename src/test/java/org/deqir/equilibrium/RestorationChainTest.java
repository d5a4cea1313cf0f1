/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium;

import static org.deqir.equilibrium.ToyProblem.SCHEDULE;
import static org.deqir.equilibrium.ToyProblem.relativeDifference;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.deqir.diffusion.GaussianNoise;
import org.deqir.diffusion.TimestepSequence;
import org.deqir.equilibrium.solver.FixedPointSolver;
import org.deqir.equilibrium.solver.Solution;
import org.deqir.equilibrium.solver.SolverKind;
import org.deqir.equilibrium.solver.SolverSettings;
import org.deqir.progress.Progress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RestorationChainTest {

    private static final Shape SHAPE = new Shape(1, 1, 6, 7);
    private static final FixedPointSolver SEQUENTIAL =
            SolverKind.SEQUENTIAL.create(SolverSettings.DEFAULT);

    /** Against the recurrence in plain double arithmetic, for a Gaussian prior N(0, 0.5²). */
    @ParameterizedTest
    @CsvSource({
        "1, 0, true, 0.1",
        "1, 0, false, 0.1",
        "1, 1, false, 0.1",
        "0, 0, true, 0",
        "0.1, 0.1, true, 0",
        "0.7, 0.4, false, 0.3"
    })
    void isTheRecurrenceOfThePaper(double etw, double nw, boolean lastDataStep, double sigmaY) {
        try (NDManager manager = NDManager.newBaseManager()) {
            final TimestepSequence levels =
                    TimestepSequence.of(SCHEDULE, 900, 700.5, 500, 300, 100, 0);
            final GaussianNoise noise = new GaussianNoise(3);
            final NDArray start = noise.draw(manager, SHAPE, 100, 0, 0, 0);
            final NDArray y = noise.draw(manager, SHAPE, 101, 0, 0, 0);
            final RestorationChain chain =
                    RestorationChain.of(
                                    new MixturePredictor(SCHEDULE, 0, 0.5, 0),
                                    levels,
                                    new MaskStep(manager.ones(SHAPE), y, sigmaY))
                            .withNoise(new NoiseMix(etw, nw), FreshNoise.of(noise, SHAPE))
                            .withLastDataStep(lastDataStep);

            final float[] expected = start.toFloatArray();
            final float[] measured = y.toFloatArray();
            for (int p = 0; p < expected.length; p++) {
                double x = expected[p];
                for (int i = 0; i < 6; i++) {
                    final double a = levels.alphaBar(i);
                    final double next = levels.alphaBar(i + 1);
                    final double sigma2 = (1 - a) / a;
                    final double posterior = Math.sqrt(a) * 0.25 * x / (a * 0.25 + 1 - a);
                    final double epsilon = (x - Math.sqrt(a) * posterior) / Math.sqrt(1 - a);
                    final double pull =
                            i == 5 && !lastDataStep ? 0 : sigma2 / (sigmaY * sigmaY + sigma2);
                    final double imposed = posterior + pull * (measured[p] - posterior);
                    final float[] z = new float[1];
                    noise.fill(z, 0, i, 0, 0, p / 7, p % 7, 1, 1);
                    x =
                            Math.sqrt(next) * imposed
                                    + Math.sqrt(1 - next) * Math.sqrt(1 - etw * etw) * epsilon
                                    + Math.sqrt(1 - next) * nw * z[0];
                }
                expected[p] = (float) x;
            }
            try (Solution solution = SEQUENTIAL.solve(chain, start, Progress.NONE)) {
                assertTrue(relativeDifference(solution.x0().toFloatArray(), expected) < 1e-5);
            }
        }
    }

    @Test
    void oneLevelWithoutLastDataStepIsTheDenoiser() {
        try (NDManager manager = NDManager.newBaseManager()) {
            final TimestepSequence level =
                    TimestepSequence.spaced(
                            TimestepSequence.Spacing.LOG_SIGMA, SCHEDULE, 1, 0.3, 0.3);
            final NDArray y = new GaussianNoise(1).draw(manager, SHAPE, 0, 0, 0, 0);
            final RestorationChain noisy =
                    RestorationChain.of(
                                    new MixturePredictor(SCHEDULE, 0, 0.5, 0),
                                    level,
                                    new MaskStep(manager.ones(SHAPE), y, 0.3))
                            .withLastDataStep(false);
            for (SolverKind kind : SolverKind.values()) {
                final FixedPointSolver solver = kind.create(SolverSettings.DEFAULT);
                try (NDArray start = noisy.start(y);
                        Solution solution = solver.solve(noisy, start, Progress.NONE)) {
                    // E[x₀|y] of the prior N(0, 0.5²) and noise 0.3
                    final NDArray mean = y.mul(0.25 / (0.25 + 0.09));
                    assertTrue(relativeDifference(solution.x0(), mean) < 1e-5);
                    assertEquals(1, solution.trace().evaluations());
                }
                final RestorationChain exact =
                        RestorationChain.of(
                                new MixturePredictor(SCHEDULE, 0, 0.5, 0),
                                level,
                                new MaskStep(manager.ones(SHAPE), y, 0));
                try (NDArray start = exact.start(y);
                        Solution solution = solver.solve(exact, start, Progress.NONE)) {
                    assertTrue(relativeDifference(solution.x0(), y) < 1e-5);
                }
            }
        }
    }

    @Test
    void startCarriesTheSameShareOfFreshNoiseAsTheSteps() {
        try (ToyProblem problem = new ToyProblem(4, 1, 0)) {
            final NDArray estimate = problem.y;
            final double alphaBar = problem.levels.alphaBar(0);
            assertArrayEquals(
                    estimate.mul(Math.sqrt(alphaBar)).toFloatArray(),
                    problem.chain(NoiseMix.FIDELITY, 0).start(estimate).toFloatArray());
            final NDArray z =
                    new GaussianNoise(7)
                            .draw(problem.manager, estimate.getShape(), FreshNoise.START, 0, 0, 0);
            assertArrayEquals(
                    estimate.mul(Math.sqrt(alphaBar))
                            .add(z.mul(Math.sqrt(1 - alphaBar)))
                            .toFloatArray(),
                    problem.chain(NoiseMix.SAMPLE, 0).start(estimate).toFloatArray(),
                    1e-6f);
        }
    }

    @Test
    void errorsNameTheValueAndWhatIsAccepted() {
        assertThrows(IllegalArgumentException.class, () -> new NoiseMix(1.1, 0));
        assertThrows(IllegalArgumentException.class, () -> new NoiseMix(Double.NaN, 0));
        assertThrows(IllegalArgumentException.class, () -> new NoiseMix(1, -1));
        try (ToyProblem problem = new ToyProblem(4, 1, 0)) {
            final RestorationChain chain =
                    RestorationChain.of(problem.predictor, problem.levels, problem.dataStep);
            assertThrows(
                    IllegalArgumentException.class, () -> chain.withNoise(NoiseMix.SAMPLE, null));
            final RestorationChain other =
                    chain.withNoise(
                            NoiseMix.SAMPLE,
                            FreshNoise.of(new GaussianNoise(1), new Shape(2, 3, 4, 5)));
            final String message =
                    assertThrows(
                                    IllegalArgumentException.class,
                                    () -> SEQUENTIAL.solve(other, problem.start, Progress.NONE))
                            .getMessage();
            assertTrue(message.contains("(2, 3, 4, 5)"), message);
        }
    }
}
