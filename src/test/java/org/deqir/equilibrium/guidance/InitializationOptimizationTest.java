/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.guidance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.IntPredicate;
import org.deqir.diffusion.GaussianNoise;
import org.deqir.diffusion.NoiseSchedule;
import org.deqir.diffusion.TimestepSequence;
import org.deqir.equilibrium.RestorationChain;
import org.deqir.equilibrium.gradient.UnrolledGradient;
import org.deqir.equilibrium.guidance.InitializationOptimization.End;
import org.deqir.equilibrium.guidance.InitializationOptimization.Outcome;
import org.deqir.equilibrium.guidance.InitializationOptimization.Settings;
import org.deqir.equilibrium.solver.FixedPointSolver;
import org.deqir.equilibrium.solver.SolverKind;
import org.deqir.equilibrium.solver.SolverSettings;
import org.deqir.network.TorchEngine;
import org.deqir.network.UNetNoisePredictor;
import org.deqir.network.checkpoint.Checkpoint;
import org.deqir.network.layout.ArchitectureInference;
import org.deqir.network.layout.GuidedDiffusionUNet;
import org.deqir.network.layout.Precision;
import org.deqir.physics.DataStep;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.operator.BlockAverageOperator;
import org.deqir.physics.step.SpectralProximalStep;
import org.deqir.progress.Progress;
import org.deqir.testing.Fixtures;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class InitializationOptimizationTest {

    private static final int SIDE = 16;
    private static final Shape STATES = new Shape(1, 1, SIDE, SIDE);
    private static final NoiseSchedule SCHEDULE = NoiseSchedule.linear(1e-4, 0.02, 1000);
    private static final FixedPointSolver SOLVER =
            SolverKind.SEQUENTIAL.create(SolverSettings.DEFAULT.withKeepStates(true));

    private static UNetNoisePredictor network;

    private NDManager manager;
    private LinearOperator operator;
    private DataStep dataStep;
    private NDArray start;
    private RestorationChain chain;
    private Objective objective;

    @BeforeAll
    @SuppressWarnings("unchecked")
    static void load() throws IOException {
        final JsonObject c = Fixtures.networkCase("guided-plain-gray");
        try (Checkpoint checkpoint = Checkpoint.open(Fixtures.file("guided-plain-gray.pt"))) {
            network =
                    UNetNoisePredictor.load(
                            ArchitectureInference.of(
                                    GuidedDiffusionUNet.LAYOUT,
                                    new Gson().fromJson(c.get("config"), Map.class)),
                            checkpoint,
                            Precision.FLOAT32);
        }
    }

    @AfterAll
    static void closeNetwork() {
        network.close();
    }

    @BeforeEach
    void open() {
        manager = TorchEngine.newManager();
        final BlockAverageOperator average = new BlockAverageOperator(manager, 1, SIDE, SIDE, 2);
        operator = average;
        final NDArray y = operator.apply(noise(1).mul(0.5));
        dataStep = new SpectralProximalStep(average, y, 0.3, 1);
        final TimestepSequence levels =
                TimestepSequence.spaced(TimestepSequence.Spacing.LOG_SIGMA, SCHEDULE, 3, 0.8, 0.1);
        chain = RestorationChain.of(network, levels, dataStep).withLastDataStep(false);
        start = noise(2).mul(0.5);
        objective =
                Objective.EMPTY
                        .ofImage(
                                "measurement",
                                1,
                                new MeasurementConsistency(operator, y, y.onesLike().mul(100)))
                        .ofStart("prior", 0.01, new GaussianPrior(start, 0.6));
    }

    @AfterEach
    void close() {
        dataStep.close();
        operator.close();
        manager.close();
    }

    private NDArray noise(int stream) {
        return new GaussianNoise(17).draw(manager, STATES, stream, 0, 0, 0);
    }

    private Outcome minimize(int rounds, double rate, NDArray movable, Progress progress) {
        return new InitializationOptimization(
                        SOLVER, new UnrolledGradient(1), objective, new Settings(rounds, rate, 5))
                .minimize(chain, start, movable, progress);
    }

    /** Stops when a number of rounds have been told. */
    private static final class Listener implements Progress {

        private final List<Double> losses = new ArrayList<>();
        private final List<Double> fractions = new ArrayList<>();
        private final IntPredicate stop;
        private String stage;

        Listener(IntPredicate stop) {
            this.stop = stop;
        }

        @Override
        public void update(String newStage, double fraction) {
            stage = newStage;
            fractions.add(fraction);
        }

        @Override
        public void measured(String quantity, int index, double value) {
            assertEquals(InitializationOptimization.LOSS, quantity);
            assertEquals(losses.size(), index);
            losses.add(value);
        }

        @Override
        public boolean isCanceled() {
            return stop.test(losses.size());
        }
    }

    @Test
    void descentLowersTheLossAndTheAnswerIsTheBest() {
        final float[] unchanged = start.toFloatArray();
        final Listener listener = new Listener(told -> false);
        try (Outcome outcome = minimize(12, 0.002, null, listener)) {
            assertEquals(End.ALL_ROUNDS, outcome.end(), () -> "losses " + outcome.losses());
            assertEquals(12, outcome.rounds());
            assertEquals(listener.losses, outcome.losses());
            assertTrue(
                    outcome.after() < 0.8 * outcome.before(),
                    outcome.before() + " to " + outcome.after());
            assertEquals(13 * 3, outcome.evaluations());
            assertEquals(12 * 3, outcome.pullbacks());
            assertArrayEquals(unchanged, start.toFloatArray());
            try (Objective.Evaluation again = objective.at(outcome.start(), outcome.image())) {
                assertEquals(outcome.after(), again.value(), 1e-6);
            }
            assertTrue(listener.stage.startsWith("Round 12 of 12, loss "), listener.stage);
            double last = 0;
            for (final double fraction : listener.fractions) {
                assertTrue(fraction >= last - 1e-9 && fraction <= 1, "progress " + fraction);
                last = fraction;
            }
        }
    }

    @Test
    void noRoundsAreTheChainItself() {
        try (Outcome outcome = minimize(0, 0.02, null, Progress.NONE)) {
            assertArrayEquals(start.toFloatArray(), outcome.start().toFloatArray());
            assertEquals(outcome.before(), outcome.after());
            assertEquals(0, outcome.pullbacks());
            assertEquals(3, outcome.evaluations());
        }
    }

    @Test
    void cancellingGivesTheBestSoFarAndSaysSo() {
        final int before = manager.getManagedArrays().size();
        try (Outcome outcome = minimize(50, 0.02, null, new Listener(told -> told == 4))) {
            assertEquals(End.CANCELLED, outcome.end());
            assertEquals(3, outcome.rounds());
            assertTrue(outcome.after() < outcome.before());
        }
        assertEquals(before, manager.getManagedArrays().size());
        assertThrows(
                CancellationException.class,
                () -> minimize(50, 0.02, null, new Listener(told -> true)));
        assertEquals(before, manager.getManagedArrays().size());
    }

    @Test
    void aRateThatIsTooLargeLeavesTheBest() {
        try (Outcome outcome = minimize(30, 1e30, null, Progress.NONE)) {
            assertTrue(outcome.end() == End.DIVERGED || outcome.end() == End.NO_PROGRESS);
            assertTrue(outcome.after() <= outcome.before());
            assertTrue(Float.isFinite(outcome.image().sum().getFloat()));
        }
    }

    @Test
    void descentEndsWhereItNoLongerGetsBetter() {
        try (Outcome outcome = minimize(200, 1e-9, null, Progress.NONE)) {
            assertEquals(End.NO_PROGRESS, outcome.end());
            assertEquals(5, outcome.rounds());
        }
    }

    @Test
    void whatMayNotMoveStays() {
        final NDArray movable = noise(5).gt(0).toType(DataType.FLOAT32, true);
        try (Outcome outcome = minimize(3, 0.02, movable, Progress.NONE)) {
            final NDArray moved = outcome.start().sub(start).abs();
            assertEquals(0, moved.mul(movable.neg().add(1)).sum().getFloat());
            assertTrue(moved.mul(movable).sum().getFloat() > 0);
        }
    }

    /** Fifty rounds leave as many tensors open as one, and as much memory. */
    @Test
    void memoryDoesNotGrowWithTheRounds() throws IOException {
        final int arrays = manager.getManagedArrays().size();
        final Path status = Path.of("/proc/self/status");
        minimize(20, 1e-3, null, Progress.NONE).close();
        final long early = Files.exists(status) ? residentKilobytes(status) : 0;
        final List<Integer> open = new ArrayList<>();
        final Progress counter =
                new Progress() {
                    @Override
                    public void update(String stage, double fraction) {}

                    @Override
                    public void measured(String quantity, int index, double value) {
                        open.add(manager.getManagedArrays().size());
                    }

                    @Override
                    public boolean isCanceled() {
                        return false;
                    }
                };
        try (Outcome outcome = minimize(50, 1e-3, null, counter)) {
            assertEquals(50, outcome.rounds());
            assertEquals(arrays + 2, manager.getManagedArrays().size());
        }
        // The first is told before there is a best so far.
        assertEquals(1, open.stream().skip(1).distinct().count(), "open tensors by round: " + open);
        assertEquals(arrays, manager.getManagedArrays().size());
        assumeTrue(Files.exists(status));
        final long late = residentKilobytes(status);
        // Java's own heap grows by tens of MB; activations of 150 gradients would be far more.
        assertTrue(late - early < 100_000, "grew by " + (late - early) + " kB in 50 rounds");
    }

    private static long residentKilobytes(Path status) throws IOException {
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void settingsOutOfRangeAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new Settings(-1, 0.1, 1));
        assertThrows(IllegalArgumentException.class, () -> new Settings(1, 0, 1));
        assertThrows(IllegalArgumentException.class, () -> new Settings(1, 0.1, 0));
    }
}
