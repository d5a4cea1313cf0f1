/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.gradient;

import static org.deqir.testing.Fixtures.relativeDifference;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.deqir.diffusion.GaussianNoise;
import org.deqir.diffusion.NoiseSchedule;
import org.deqir.diffusion.TimestepSequence;
import org.deqir.diffusion.TurningNoisePredictor;
import org.deqir.equilibrium.Combination;
import org.deqir.equilibrium.FreshNoise;
import org.deqir.equilibrium.HeldQuantity;
import org.deqir.equilibrium.JointState;
import org.deqir.equilibrium.JointSystem;
import org.deqir.equilibrium.NetworkCalls;
import org.deqir.equilibrium.NoiseMix;
import org.deqir.equilibrium.RestorationChain;
import org.deqir.equilibrium.ToyProblem;
import org.deqir.equilibrium.solver.Solution;
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
import org.deqir.physics.step.HardProjection;
import org.deqir.physics.step.SpectralProximalStep;
import org.deqir.progress.Progress;
import org.deqir.testing.Fixtures;
import org.deqir.testing.Npz;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Gradients through the equilibrium against central differences, against one another and against
 * the published implementation, with a small network.
 */
@Tag("slow")
class EquilibriumGradientTest {

    private static final int T = 4;
    private static final int SIDE = 16;
    private static final Shape STATES = new Shape(2, 1, SIDE, SIDE);
    private static final NoiseSchedule SCHEDULE = NoiseSchedule.linear(1e-4, 0.02, 1000);

    private static UNetNoisePredictor network;

    private NDManager manager;
    private LinearOperator operator;
    private DataStep dataStep;
    private NDArray start;

    @BeforeAll
    static void load() throws IOException {
        network = load("guided-plain-gray");
    }

    @SuppressWarnings("unchecked")
    private static UNetNoisePredictor load(String name) throws IOException {
        final JsonObject c = Fixtures.networkCase(name);
        try (Checkpoint checkpoint = Checkpoint.open(Fixtures.file(name + ".pt"))) {
            return UNetNoisePredictor.load(
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
        final NDArray y = operator.apply(noise(1).mul(0.5).get("0:1"));
        dataStep = new SpectralProximalStep(average, y, 0.1, 0.7);
        start = noise(2);
    }

    @AfterEach
    void close() {
        dataStep.close();
        operator.close();
        manager.close();
    }

    private NDArray noise(int stream) {
        return new GaussianNoise(11).draw(manager, STATES, stream, 0, 0, 0);
    }

    private RestorationChain chain(double etw, double nw) {
        final TimestepSequence levels =
                TimestepSequence.spaced(TimestepSequence.Spacing.LOG_SIGMA, SCHEDULE, T, 1.5, 0.05);
        return RestorationChain.of(new TurningNoisePredictor(network, levels), levels, dataStep)
                .withNoise(new NoiseMix(etw, nw), FreshNoise.of(new GaussianNoise(3), STATES));
    }

    /** F is nonlinear, and a difference in single precision is rounded: 1 % is what both allow. */
    @ParameterizedTest
    @CsvSource({"Infinity,0,0", "0,1,0", "0.3,0.4,0.2", "0,1,1", "Infinity,1,0"})
    void productsWithTheJacobianOfFAreThoseOfDifferences(double spread, double etw, double nw) {
        final RestorationChain chain = chain(etw, nw);
        final HeldQuantity held = new HeldQuantity(spread);
        final NDArray[] rows = new NDArray[T];
        final NDArray[] v = new NDArray[T];
        final NDArray[] direction = new NDArray[T + 1];
        for (int i = 0; i < T; i++) {
            rows[i] = noise(10 + i).mul(0.7);
            v[i] = noise(20 + i);
        }
        for (int i = 0; i <= T; i++) direction[i] = noise(30 + i);
        final NDArray[] gradient = new NDArray[T];
        final JointPullback pullback =
                new JointPullback(
                        chain,
                        held,
                        start,
                        List.of(rows),
                        new PullbackCalls(chain.predictor(), 3, 1, Progress.NONE),
                        manager);
        try (JointPullback.Scan scan = pullback.scan(v)) {
            final NDArray[] products = pullback.throughNetwork(scan, 0, T);
            for (int i = 0; i < T; i++) gradient[i] = products[i];
            gradient[0] = gradient[0].add(scan.start());
        }
        // Along the gradient itself the slope is largest and its rounding error least.
        for (final boolean alongGradient : new boolean[] {true, false}) {
            double expected = 0;
            for (int i = 0; i < T; i++) {
                if (alongGradient) direction[i] = gradient[i].div(gradient[i].norm()).mul(16);
                expected += dot(gradient[i], direction[i]);
            }
            final float h = 1e-2f;
            final double slope =
                    (projected(chain, held, rows, direction, h, v)
                                    - projected(chain, held, rows, direction, -h, v))
                            / (2 * h);
            double scale = 0;
            for (int i = 0; i < T; i++)
                scale += gradient[i].norm().getFloat() * direction[i].norm().getFloat();
            assertEquals(slope, expected, alongGradient ? 1e-2 * Math.abs(expected) : 1e-3 * scale);
        }
    }

    /** ⟨v, F(X + h·direction)⟩. */
    private double projected(
            RestorationChain chain,
            HeldQuantity held,
            NDArray[] rows,
            NDArray[] direction,
            float h,
            NDArray[] v) {
        final NDArray moved = start.add(direction[0].mul(h));
        double sum = 0;
        try (JointState x = new JointState(moved, T)) {
            for (int i = 0; i < T; i++) x.replace(i, rows[i].add(direction[i + 1].mul(h)));
            final List<NDArray> mapped =
                    new JointSystem(chain, held)
                            .apply(
                                    x,
                                    0,
                                    x.length(),
                                    new NetworkCalls(chain.predictor(), 16, Progress.NONE));
            for (int i = 0; i < T; i++) sum += dot(v[i], mapped.get(i));
        }
        return sum;
    }

    @ParameterizedTest
    @CsvSource({"0,0", "1,0", "0.4,0.2", "1,1"})
    void unrollingGivesTheSlopeOfTheWholeChain(double etw, double nw) {
        final RestorationChain chain = chain(etw, nw);
        final NDArray v = noise(4);
        final NDArray gradient = gradient(chain, new UnrolledGradient(1), v);
        for (final NDArray direction : List.of(gradient.div(gradient.norm()).mul(16), noise(5))) {
            final float h = 1e-2f;
            final double slope =
                    (dot(v, restored(chain, start.add(direction.mul(h))))
                                    - dot(v, restored(chain, start.sub(direction.mul(h)))))
                            / (2 * h);
            final double scale = gradient.norm().getFloat() * direction.norm().getFloat();
            assertEquals(slope, dot(gradient, direction), 1e-2 * Math.abs(scale));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "Infinity,0,0,1",
        "0,0,0,1",
        "0.3,0.4,0.2,1",
        "Infinity,1,1,1",
        "0,1,0,1",
        "0.3,0.4,0.2,4",
        "Infinity,0,0,4"
    })
    void theImplicitGradientIsThatOfTheUnrolledChain(
            double spread, double etw, double nw, int history) {
        final RestorationChain chain = chain(etw, nw);
        final NDArray v = noise(4);
        final float[] oracle = gradient(chain, new UnrolledGradient(2), v).toFloatArray();
        final HeldQuantity held = new HeldQuantity(spread);
        try (Solution solution = solve(chain, start, SolverKind.SEQUENTIAL);
                EquilibriumGradient.Result exact =
                        new ImplicitGradient(held, 0, history, 8)
                                .pullBack(chain, start, solution.states(), v, Progress.NONE);
                EquilibriumGradient.Result early =
                        new ImplicitGradient(held, 1e-3, history, 8)
                                .pullBack(chain, start, solution.states(), v, Progress.NONE)) {
            assertTrue(relativeDifference(exact.start().toFloatArray(), oracle) < 1e-3);
            assertEquals(0, exact.residual());
            assertTrue(exact.rounds() <= T);
            assertTrue(early.residual() <= 1e-3);
            assertTrue(early.rounds() <= exact.rounds());
            assertTrue(relativeDifference(early.start().toFloatArray(), oracle) < 1e-2);
        }
    }

    /** The gradient belongs to the fixed point, not to the way there. */
    @ParameterizedTest
    @CsvSource({"PARALLEL", "ANDERSON", "TRIANGULAR"})
    void theSolverDoesNotMatter(SolverKind kind) {
        final RestorationChain chain = chain(1, 0);
        final NDArray v = noise(4);
        final float[] oracle = gradient(chain, new UnrolledGradient(2), v).toFloatArray();
        try (Solution solution = solve(chain, start, kind);
                EquilibriumGradient.Result result =
                        new ImplicitGradient(HeldQuantity.CLEAN, 0, 1, 8)
                                .pullBack(chain, start, solution.states(), v, Progress.NONE)) {
            assertTrue(relativeDifference(result.start().toFloatArray(), oracle) < 1e-3);
        }
    }

    /** With τ = 1 and as many steps as levels the phantom's series is complete. */
    @Test
    void aPhantomOfAllUndampedStepsIsTheImplicitGradient() {
        final RestorationChain chain = chain(0.4, 0);
        final NDArray v = noise(4);
        final float[] oracle = gradient(chain, new UnrolledGradient(2), v).toFloatArray();
        for (final HeldQuantity held :
                List.of(HeldQuantity.EPSILON, new HeldQuantity(0.3), HeldQuantity.CLEAN))
            assertTrue(
                    relativeDifference(
                                    gradient(chain, new PhantomGradient(1, T, held, 8), v)
                                            .toFloatArray(),
                                    oracle)
                            < 1e-3);
    }

    @Test
    void onePhantomStepSeesTheStartOnlyWhereFCarriesIt() {
        final NDArray v = noise(4);
        final RestorationChain fidelity = chain(1, 0);
        assertEquals(
                0,
                gradient(fidelity, new PhantomGradient(0.5, 1, HeldQuantity.CLEAN, 8), v)
                        .norm()
                        .getFloat());
        assertTrue(
                gradient(fidelity, new PhantomGradient(0.5, 1, HeldQuantity.EPSILON, 8), v)
                                .norm()
                                .getFloat()
                        > 0);
    }

    @Test
    void thePhantomGradientAgreesWithTheReference() throws IOException {
        final JsonObject c = Fixtures.cases("gradient").get(0);
        final Npz npz = Npz.fixture(c.get("name").getAsString());
        final int size = 3 * 32 * 32;
        try (UNetNoisePredictor reference = load(c.get("network").getAsString());
                BlockAverageOperator average = new BlockAverageOperator(manager, 3, 32, 32, 4)) {
            final NDArray clean = npz.array("x_clean", manager);
            final NDArray y = average.apply(clean);
            final NDArray explained = npz.array("pinv_y", manager);
            assertTrue(
                    relativeDifference(
                                    average.pseudoInverse(y).toFloatArray(),
                                    explained.toFloatArray())
                            < 1e-5,
                    "the operator is the reference's");
            final TimestepSequence levels = TimestepSequence.of(SCHEDULE, npz.doubles("t"));
            final NDArray all = npz.array("x_eq", manager);
            final int length = levels.length();
            final NDArray[] states = new NDArray[length];
            for (int i = 0; i < length; i++) states[i] = all.get((i + 1) + ":" + (i + 2));
            final NDArray first = all.get("0:1");
            final double tau = c.get("tau").getAsDouble();
            try (HardProjection projection = new HardProjection(average, y)) {
                final RestorationChain chain =
                        RestorationChain.of(reference, levels, projection)
                                .withNoise(new NoiseMix(0, 0), null);
                final NDArray mixed;
                try (JointState x = new JointState(first, length)) {
                    for (int i = 0; i < length; i++) x.replace(i, states[i].duplicate());
                    final NDArray mapped =
                            new JointSystem(chain, HeldQuantity.EPSILON)
                                    .apply(
                                            x,
                                            0,
                                            x.length(),
                                            new NetworkCalls(reference, 16, Progress.NONE))
                                    .get(length - 1);
                    mixed = Combination.of(states[length - 1], 1 - tau, mapped, tau);
                }
                final NDArray consistency =
                        average.pseudoInverse(average.apply(mixed)).sub(explained);
                final NDArray distance = mixed.sub(clean);
                assertEquals(
                        npz.doubles("loss")[0],
                        dot(consistency, consistency) + 0.3 * dot(distance, distance),
                        1e-4 * npz.doubles("loss")[0]);
                final NDArray v = Combination.of(consistency, 2, distance, 0.6);
                // The reference's x_T is a constant beside the row of the joint state that holds
                // it.
                final PhantomGradient.Gradients gradient =
                        new PhantomGradient(
                                        tau, c.get("pg_steps").getAsInt(), HeldQuantity.EPSILON, 16)
                                .pullBack(
                                        chain,
                                        first,
                                        List.of(states),
                                        v,
                                        new PullbackCalls(reference, 16, 1, Progress.NONE),
                                        manager);
                final float[] expected = npz.floats("grad");
                final float[] actual = new float[expected.length];
                for (int i = 0; i <= length; i++)
                    System.arraycopy(
                            gradient.states()[i].toFloatArray(), 0, actual, i * size, size);
                for (int i = 0; i <= length; i++)
                    assertTrue(
                            relativeDifference(
                                            Arrays.copyOfRange(actual, i * size, (i + 1) * size),
                                            Arrays.copyOfRange(expected, i * size, (i + 1) * size))
                                    < 1e-4,
                            "row " + i);
            }
        }
    }

    @Test
    void nothingButTheGradientIsLeftInMemory() {
        final RestorationChain chain = chain(0.4, 0.2);
        final NDArray v = noise(4);
        try (Solution solution = solve(chain, start, SolverKind.SEQUENTIAL)) {
            final List<NDArray> states = solution.states();
            for (final EquilibriumGradient kind :
                    List.of(
                            new UnrolledGradient(1),
                            new ImplicitGradient(HeldQuantity.EPSILON, 0, 3, 8),
                            new PhantomGradient(0.5, 2, HeldQuantity.EPSILON, 8))) {
                final int before = manager.getManagedArrays().size();
                final EquilibriumGradient.Result result =
                        kind.pullBack(chain, start, states, v, Progress.NONE);
                assertEquals(before + 1, manager.getManagedArrays().size());
                result.close();
                assertEquals(before, manager.getManagedArrays().size());
            }
        }
    }

    @Test
    void cancellingStopsBeforeTheNextNetworkCall() {
        final RestorationChain chain = chain(1, 0);
        final AtomicInteger asked = new AtomicInteger();
        final Progress second =
                new Progress() {
                    @Override
                    public void update(String stage, double fraction) {}

                    @Override
                    public boolean isCanceled() {
                        return asked.incrementAndGet() == 2;
                    }
                };
        try (Solution solution = solve(chain, start, SolverKind.SEQUENTIAL)) {
            final List<NDArray> states = solution.states();
            final NDArray v = noise(4);
            final int before = manager.getManagedArrays().size();
            assertThrows(
                    CancellationException.class,
                    () -> new UnrolledGradient(2).pullBack(chain, start, states, v, second));
            assertEquals(2, asked.get());
            assertEquals(before, manager.getManagedArrays().size());
        }
    }

    @Test
    void aNetworkWithoutDerivativeIsRefused() {
        try (ToyProblem problem = new ToyProblem(3, 1, 0)) {
            final RestorationChain chain = problem.chain(NoiseMix.FIDELITY, 0);
            try (Solution solution = solve(chain, problem.start, SolverKind.SEQUENTIAL)) {
                final String message =
                        assertThrows(
                                        IllegalArgumentException.class,
                                        () ->
                                                new UnrolledGradient(1)
                                                        .pullBack(
                                                                chain,
                                                                problem.start,
                                                                solution.states(),
                                                                problem.start,
                                                                Progress.NONE))
                                .getMessage();
                assertTrue(message.contains("cannot be differentiated"), message);
            }
        }
    }

    private NDArray gradient(RestorationChain chain, EquilibriumGradient kind, NDArray v) {
        try (Solution solution = solve(chain, start, SolverKind.SEQUENTIAL)) {
            return kind.pullBack(chain, start, solution.states(), v, Progress.NONE).start();
        }
    }

    private static NDArray restored(RestorationChain chain, NDArray start) {
        try (Solution solution = solve(chain, start, SolverKind.SEQUENTIAL)) {
            final NDArray x0 = solution.x0().duplicate();
            x0.attach(start.getManager());
            return x0;
        }
    }

    private static Solution solve(RestorationChain chain, NDArray start, SolverKind kind) {
        return kind.create(SolverSettings.DEFAULT.withKeepStates(true).withTolerance(1e-6))
                .solve(chain, start, Progress.NONE);
    }

    private static double dot(NDArray a, NDArray b) {
        try (NDArray product =
                        a.toType(DataType.FLOAT64, true).mul(b.toType(DataType.FLOAT64, true));
                NDArray sum = product.sum()) {
            return sum.getDouble();
        }
    }

    @Test
    void settingsOutOfRangeAreRefused() {
        assertThrows(
                IllegalArgumentException.class,
                () -> new PhantomGradient(0, 1, HeldQuantity.CLEAN, 1));
        assertThrows(
                IllegalArgumentException.class,
                () -> new PhantomGradient(1, 0, HeldQuantity.CLEAN, 1));
        assertThrows(
                IllegalArgumentException.class,
                () -> new ImplicitGradient(HeldQuantity.CLEAN, -1, 1, 1));
        assertThrows(
                IllegalArgumentException.class,
                () -> new ImplicitGradient(HeldQuantity.CLEAN, 0, 0, 1));
    }
}
