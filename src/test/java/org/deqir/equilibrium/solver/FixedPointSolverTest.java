/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.solver;

import static org.deqir.equilibrium.ToyProblem.relativeDifference;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.deqir.diffusion.ForwardingNoisePredictor;
import org.deqir.diffusion.NoisePredictor;
import org.deqir.equilibrium.HeldQuantity;
import org.deqir.equilibrium.JointState;
import org.deqir.equilibrium.NoiseMix;
import org.deqir.equilibrium.RestorationChain;
import org.deqir.equilibrium.ToyProblem;
import org.deqir.progress.Progress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class FixedPointSolverTest {

    private static final int STEPS = 12;
    private static final SolverSettings EXACT = SolverSettings.DEFAULT.withTolerance(0);
    private static final List<HeldQuantity> HELD =
            List.of(HeldQuantity.EPSILON, HeldQuantity.CLEAN, new HeldQuantity(0.2));
    private static final List<NoiseMix> MIXES =
            List.of(NoiseMix.FIDELITY, NoiseMix.SAMPLE, new NoiseMix(0, 0), new NoiseMix(0.1, 0.1));

    static Stream<Arguments> everySolver() {
        return Stream.of(SolverKind.values())
                .flatMap(
                        kind ->
                                HELD.stream()
                                        .flatMap(
                                                held ->
                                                        MIXES.stream()
                                                                .map(
                                                                        mix ->
                                                                                Arguments.of(
                                                                                        kind, held,
                                                                                        mix))));
    }

    @ParameterizedTest
    @MethodSource("everySolver")
    void reachesTheSequentialChain(SolverKind kind, HeldQuantity held, NoiseMix mix) {
        try (ToyProblem problem = new ToyProblem(STEPS, 1, 0)) {
            final RestorationChain chain = problem.chain(mix, 0);
            final float[] sequential = x0(SolverKind.SEQUENTIAL, EXACT, chain, problem.start);
            final float[] exact = x0(kind, EXACT.withHeld(Optional.of(held)), chain, problem.start);
            assertTrue(relativeDifference(exact, sequential) < 1e-5);

            final SolverSettings loose = EXACT.withHeld(Optional.of(held)).withTolerance(1e-3);
            try (Solution solution =
                    kind.create(loose).solve(chain, problem.start, Progress.NONE)) {
                assertTrue(solution.trace().converged());
                assertTrue(relativeDifference(solution.x0().toFloatArray(), sequential) < 1e-4);
            }
        }
    }

    static List<HeldQuantity> held() {
        return HELD;
    }

    /** A network with damaged weights, seen in the second half of its chain. */
    @ParameterizedTest
    @EnumSource(SolverKind.class)
    void anAnswerThatIsNotFiniteIsRefusedWithNetworkAndLevel(SolverKind kind) {
        try (ToyProblem problem = new ToyProblem(STEPS, 1, 0)) {
            final double broken = problem.levels.timestep(STEPS / 2);
            final NoisePredictor damaged =
                    new ForwardingNoisePredictor(problem.predictor) {
                        @Override
                        public String name() {
                            return "microbes";
                        }

                        @Override
                        public NDArray predict(NDArray x, double[] timesteps) {
                            final NDArray epsilon = network.predict(x, timesteps);
                            for (int i = 0; i < timesteps.length; i++)
                                if (timesteps[i] == broken)
                                    epsilon.set(new NDIndex(i + ", 0, 3, 4"), Float.NaN);
                            return epsilon;
                        }
                    };
            final RestorationChain chain =
                    RestorationChain.of(damaged, problem.levels, problem.dataStep);
            final String message =
                    assertThrows(
                                    ArithmeticException.class,
                                    () ->
                                            kind.create(EXACT)
                                                    .solve(chain, problem.start, Progress.NONE))
                            .getMessage();
            assertTrue(
                    message.startsWith("The network microbes answers with values that are not")
                            && message.contains("timestep " + Math.round(broken) + ":"),
                    message);
        }
    }

    @ParameterizedTest
    @MethodSource("held")
    void everyRoundMakesOneMoreStateExact(HeldQuantity held) {
        try (ToyProblem problem = new ToyProblem(STEPS, 1, 0)) {
            final RestorationChain chain = problem.chain(new NoiseMix(0.5, 0.5), 0);
            final SolverSettings settings = EXACT.withHeld(Optional.of(held)).withKeepStates(true);
            try (Solution sequential =
                    SolverKind.SEQUENTIAL
                            .create(settings)
                            .solve(chain, problem.start, Progress.NONE)) {
                for (SolverKind kind : SolverKind.values()) {
                    if (kind == SolverKind.SEQUENTIAL) continue;
                    for (int rounds = 1; rounds <= STEPS; rounds++) {
                        try (Solution solution =
                                kind.create(settings.withMaxIterations(rounds))
                                        .solve(chain, problem.start, Progress.NONE)) {
                            for (int i = 0; i < rounds; i++)
                                assertTrue(
                                        relativeDifference(
                                                        solution.states().get(i),
                                                        sequential.states().get(i))
                                                < 1e-5,
                                        kind + ", state " + i + " after round " + rounds);
                            assertEquals(rounds == STEPS, solution.trace().converged());
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = SolverKind.class,
            names = {"ANDERSON", "TRIANGULAR"})
    void accelerationBeatsPlainIteration(SolverKind kind) {
        try (ToyProblem problem = new ToyProblem(30, 1, 0)) {
            final RestorationChain chain = problem.chain(NoiseMix.FIDELITY, 0);
            final SolverSettings settings = EXACT.withMaxIterations(6);
            final float[] exact = x0(SolverKind.SEQUENTIAL, EXACT, chain, problem.start);
            final double plain =
                    relativeDifference(
                            x0(SolverKind.PARALLEL, settings, chain, problem.start), exact);
            final double accelerated =
                    relativeDifference(x0(kind, settings, chain, problem.start), exact);
            assertTrue(accelerated < plain, accelerated + " against " + plain);
        }
    }

    @ParameterizedTest
    @EnumSource(SolverKind.class)
    void settledStatesAreNotEvaluatedAgain(SolverKind kind) {
        final int steps = 24;
        try (ToyProblem problem = new ToyProblem(steps, 2, 0)) {
            final RestorationChain chain = problem.chain(new NoiseMix(0.3, 0.3), 0);
            try (Solution solution =
                    kind.create(EXACT.withTolerance(1e-2).withMaxBatch(5))
                            .solve(chain, problem.start, Progress.NONE)) {
                final SolverTrace trace = solution.trace();
                assertEquals(problem.predictor.evaluations(), trace.evaluations());
                assertEquals(problem.predictor.calls.size(), trace.calls());
                assertTrue(
                        problem.predictor.calls.stream().allMatch(t -> t.length <= 5),
                        "batches are limited");
                if (kind == SolverKind.SEQUENTIAL) {
                    assertEquals(steps * 2, trace.evaluations());
                    assertEquals(steps, trace.rounds());
                    return;
                }
                int settled = 0;
                for (SolverTrace.Iteration iteration : trace.iterations()) {
                    assertEquals(2L * (steps - settled), iteration.evaluations());
                    for (int i = 0; i < steps; i++)
                        assertEquals(i < settled, Double.isNaN(iteration.residuals()[i]));
                    assertTrue(iteration.settled() > settled);
                    settled = iteration.settled();
                }
                assertEquals(steps, settled);
                assertTrue(trace.rounds() < steps, "the tolerance settles some states early");
                assertTrue(trace.finalResidual() <= 1e-2);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(SolverKind.class)
    void batchedSamplesEqualSeparateRuns(SolverKind kind) {
        final SolverSettings settings = EXACT.withMaxIterations(5);
        try (ToyProblem together = new ToyProblem(STEPS, 3, 0)) {
            final float[] batched =
                    x0(kind, settings, together.chain(NoiseMix.SAMPLE, 0), together.start);
            final int size = batched.length / 3;
            for (int k = 0; k < 3; k++) {
                try (ToyProblem alone = new ToyProblem(STEPS, 1, k)) {
                    final float[] single =
                            x0(kind, settings, alone.chain(NoiseMix.SAMPLE, k), alone.start);
                    final float[] part = Arrays.copyOfRange(batched, k * size, (k + 1) * size);
                    assertTrue(relativeDifference(part, single) < 1e-5);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(SolverKind.class)
    void cancelStopsBeforeTheNextCallAndLeavesNothingBehind(SolverKind kind) {
        try (ToyProblem problem = new ToyProblem(STEPS, 1, 0)) {
            final int held = problem.manager.getManagedArrays().size();
            final float[] start = problem.start.toFloatArray();
            final RestorationChain chain = problem.chain(NoiseMix.SAMPLE, 0);
            for (int allowed = 0; allowed < 5; allowed++) {
                problem.predictor.calls.clear();
                final int calls = allowed;
                final Progress canceling =
                        new Progress() {
                            @Override
                            public void update(String stage, double fraction) {}

                            @Override
                            public boolean isCanceled() {
                                return problem.predictor.calls.size() >= calls;
                            }
                        };
                final SolverSettings settings =
                        EXACT.withMaxBatch(4).withGuess(InitialGuess.coarseChain(2));
                assertThrows(
                        CancellationException.class,
                        () -> kind.create(settings).solve(chain, problem.start, canceling));
                assertEquals(calls, problem.predictor.calls.size());
                assertEquals(held, problem.manager.getManagedArrays().size());
            }
            assertArrayEquals(start, problem.start.toFloatArray());
        }
    }

    @ParameterizedTest
    @EnumSource(SolverKind.class)
    void holdsOnlyWhatIsAskedFor(SolverKind kind) {
        try (ToyProblem problem = new ToyProblem(STEPS, 2, 0)) {
            final int held = problem.manager.getManagedArrays().size();
            final RestorationChain chain = problem.chain(new NoiseMix(0.5, 0.5), 0);
            for (boolean keep : new boolean[] {false, true}) {
                final SolverSettings settings =
                        EXACT.withKeepStates(keep)
                                .withMaxIterations(7)
                                .withGuess(InitialGuess.coarseChain(3));
                try (Solution solution =
                        kind.create(settings).solve(chain, problem.start, Progress.NONE)) {
                    final NDManager owner = solution.x0().getManager();
                    assertEquals(keep ? STEPS : 1, owner.getManagedArrays().size());
                    if (keep) assertSame(solution.x0(), solution.states().get(STEPS - 1));
                    else assertThrows(IllegalStateException.class, solution::states);
                }
                assertEquals(held, problem.manager.getManagedArrays().size());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(SolverKind.class)
    void progressRisesToTheEnd(SolverKind kind) {
        try (ToyProblem problem = new ToyProblem(STEPS, 1, 0)) {
            final List<Double> fractions = new ArrayList<>();
            final Progress recording =
                    new Progress() {
                        @Override
                        public void update(String stage, double fraction) {
                            assertFalse(stage.isEmpty());
                            fractions.add(fraction);
                        }

                        @Override
                        public boolean isCanceled() {
                            return false;
                        }
                    };
            kind.create(EXACT.withGuess(InitialGuess.coarseChain(4)).withMaxBatch(3))
                    .solve(problem.chain(NoiseMix.FIDELITY, 0), problem.start, recording)
                    .close();
            assertEquals(0, fractions.get(0));
            for (int i = 1; i < fractions.size(); i++)
                assertTrue(fractions.get(i) >= fractions.get(i - 1) - 1e-12);
            assertEquals(1, fractions.get(fractions.size() - 1), 1e-12);
        }
    }

    @Test
    void guessesChangeTheWayNotTheAnswer() {
        try (ToyProblem problem = new ToyProblem(STEPS, 1, 0)) {
            for (NoiseMix mix : MIXES) {
                final RestorationChain chain = problem.chain(mix, 0);
                final float[] exact = x0(SolverKind.SEQUENTIAL, EXACT, chain, problem.start);
                final SolverSettings one = EXACT.withMaxIterations(1);
                final double fromStart =
                        relativeDifference(
                                x0(SolverKind.PARALLEL, one, chain, problem.start), exact);
                for (InitialGuess guess :
                        List.of(InitialGuess.estimate(problem.y), InitialGuess.coarseChain(5))) {
                    final double afterOne =
                            relativeDifference(
                                    x0(
                                            SolverKind.PARALLEL,
                                            one.withGuess(guess),
                                            chain,
                                            problem.start),
                                    exact);
                    assertTrue(afterOne < fromStart, afterOne + " against " + fromStart);
                    assertTrue(
                            relativeDifference(
                                            x0(
                                                    SolverKind.PARALLEL,
                                                    EXACT.withGuess(guess),
                                                    chain,
                                                    problem.start),
                                            exact)
                                    < 1e-5);
                }
            }
        }
    }

    @Test
    void coarseChainThroughAllLevelsIsTheAnswer() {
        try (ToyProblem problem = new ToyProblem(STEPS, 1, 0)) {
            final RestorationChain chain = problem.chain(new NoiseMix(0.6, 0.6), 0);
            final SolverSettings settings =
                    SolverSettings.DEFAULT
                            .withTolerance(1e-4)
                            .withGuess(InitialGuess.coarseChain(STEPS));
            try (Solution solution =
                    SolverKind.PARALLEL
                            .create(settings)
                            .solve(chain, problem.start, Progress.NONE)) {
                assertEquals(1, solution.trace().iterations().size());
                assertEquals(STEPS, solution.trace().guessRounds());
                assertEquals(STEPS, solution.trace().guessEvaluations());
                assertEquals(2 * STEPS, solution.trace().evaluations());
                assertEquals(STEPS + 1, solution.trace().rounds());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = SolverKind.class,
            names = {"PARALLEL", "ANDERSON", "TRIANGULAR"})
    void aWindowReachesTheSequentialChainWithFewerEvaluations(SolverKind kind) {
        try (ToyProblem problem = new ToyProblem(STEPS, 2, 0)) {
            final RestorationChain chain = problem.chain(NoiseMix.SAMPLE, 0);
            final float[] sequential = x0(SolverKind.SEQUENTIAL, EXACT, chain, problem.start);
            try (Solution all = kind.create(EXACT).solve(chain, problem.start, Progress.NONE);
                    Solution some =
                            kind.create(EXACT.withWindow(4))
                                    .solve(chain, problem.start, Progress.NONE)) {
                assertTrue(relativeDifference(some.x0().toFloatArray(), sequential) < 1e-5);
                assertTrue(some.trace().converged());
                for (SolverTrace.Iteration iteration : some.trace().iterations())
                    assertTrue(iteration.evaluations() <= 4 * 2);
                assertTrue(some.trace().evaluations() < all.trace().evaluations());
            }
        }
    }

    @Test
    void theLastRoundThatIsAllowedLooksBeyondTheWindow() {
        try (ToyProblem problem = new ToyProblem(STEPS, 1, 0)) {
            final RestorationChain chain = problem.chain(NoiseMix.FIDELITY, 0);
            try (Solution solution =
                    SolverKind.PARALLEL
                            .create(EXACT.withWindow(3).withMaxIterations(2))
                            .solve(chain, problem.start, Progress.NONE)) {
                assertEquals(3, solution.trace().iterations().get(0).evaluations());
                assertEquals(STEPS - 1, solution.trace().iterations().get(1).evaluations());
                assertEquals(false, solution.trace().converged());
            }
        }
    }

    /** Why in fidelity mode rounds alone are a slow way through the levels. */
    @Test
    void roundsOfPlainIterationAreLastLevelsOfTheChain() {
        try (ToyProblem problem = new ToyProblem(STEPS, 1, 0)) {
            final RestorationChain chain = problem.chain(NoiseMix.FIDELITY, 0);
            final int[] last = {STEPS - 4, STEPS - 3, STEPS - 2, STEPS - 1};
            final RestorationChain end = chain.subsequence(last);
            final SolverSettings rounds =
                    EXACT.withHeld(Optional.of(HeldQuantity.CLEAN))
                            .withGuess(InitialGuess.estimate(problem.y))
                            .withMaxIterations(4);
            try (JointState guess = new JointState(problem.start, STEPS)) {
                rounds.guess().fill(chain, guess, null);
                assertTrue(
                        relativeDifference(
                                        x0(SolverKind.PARALLEL, rounds, chain, problem.start),
                                        x0(
                                                SolverKind.SEQUENTIAL,
                                                EXACT,
                                                end,
                                                guess.before(STEPS - 4)))
                                < 1e-5);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(SolverKind.class)
    void aNetworkThatGivesNaNIsReported(SolverKind kind) {
        try (ToyProblem problem = new ToyProblem(STEPS, 1, 0)) {
            final int held = problem.manager.getManagedArrays().size();
            final NoisePredictor broken =
                    new NoisePredictor() {
                        @Override
                        public int channels() {
                            return 1;
                        }

                        @Override
                        public NDArray predict(NDArray x, double[] timesteps) {
                            return x.mul(Float.NaN);
                        }

                        @Override
                        public void close() {}
                    };
            final RestorationChain chain =
                    RestorationChain.of(broken, problem.levels, problem.dataStep);
            assertThrows(
                    ArithmeticException.class,
                    () -> kind.create(EXACT).solve(chain, problem.start, Progress.NONE));
            assertEquals(held, problem.manager.getManagedArrays().size());
        }
    }

    @Test
    void namesAndSettingsAreChecked() {
        for (SolverKind kind : SolverKind.values())
            assertSame(kind, SolverKind.named(kind.toString().toUpperCase()));
        assertMessage("parallel fixed point", () -> SolverKind.named("newton"));
        assertMessage("not 0", () -> EXACT.withMaxIterations(0));
        assertMessage("not NaN", () -> EXACT.withTolerance(Double.NaN));
        assertMessage("history", () -> EXACT.withHistory(0));
        assertMessage("not -1.0", () -> EXACT.withRegularization(-1));
        assertMessage("not 1.5", () -> EXACT.withMixing(1.5));
        assertMessage("largest batch", () -> EXACT.withMaxBatch(0));
        assertMessage("window", () -> EXACT.withWindow(0));
        assertMessage("not 0", () -> InitialGuess.coarseChain(0));
        try (ToyProblem problem = new ToyProblem(STEPS, 2, 0)) {
            final SolverSettings settings = EXACT.withGuess(InitialGuess.estimate(problem.y));
            assertMessage(
                    "(1, 1, 12, 16)",
                    () ->
                            SolverKind.PARALLEL
                                    .create(settings)
                                    .solve(
                                            problem.chain(NoiseMix.FIDELITY, 0),
                                            problem.start,
                                            Progress.NONE));
        }
    }

    private static void assertMessage(String part, Runnable action) {
        final String message =
                assertThrows(IllegalArgumentException.class, action::run).getMessage();
        assertTrue(message.contains(part), message);
    }

    private static float[] x0(
            SolverKind kind, SolverSettings settings, RestorationChain chain, NDArray start) {
        try (Solution solution = kind.create(settings).solve(chain, start, Progress.NONE)) {
            return solution.x0().toFloatArray();
        }
    }
}
