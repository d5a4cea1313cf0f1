/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium;

import static org.deqir.testing.Fixtures.relativeDifference;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.deqir.diffusion.NoiseSchedule;
import org.deqir.diffusion.TimestepSequence;
import org.deqir.equilibrium.solver.FixedPointSolver;
import org.deqir.equilibrium.solver.Solution;
import org.deqir.equilibrium.solver.SolverKind;
import org.deqir.equilibrium.solver.SolverSettings;
import org.deqir.network.TorchEngine;
import org.deqir.network.UNetNoisePredictor;
import org.deqir.network.checkpoint.Checkpoint;
import org.deqir.network.layout.ArchitectureInference;
import org.deqir.network.layout.GuidedDiffusionUNet;
import org.deqir.network.layout.Precision;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.operator.BlockAverageOperator;
import org.deqir.physics.operator.GreyProjectionOperator;
import org.deqir.physics.operator.MaskOperator;
import org.deqir.physics.operator.sensing.WalshHadamardOperator;
import org.deqir.physics.step.HardProjection;
import org.deqir.progress.Progress;
import org.deqir.testing.Fixtures;
import org.deqir.testing.Npz;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The chain, its joint map and the solvers against the published implementation's results. */
class FixedPointFixturesTest {

    private static final int SIDE = 32;
    private static final SolverSettings PUBLISHED =
            SolverSettings.DEFAULT
                    .withHeld(Optional.of(HeldQuantity.EPSILON))
                    .withTolerance(1e-3)
                    .withKeepStates(true);

    private static UNetNoisePredictor network;

    static List<String> cases() {
        return Fixtures.cases("fixed-point").stream()
                .map(c -> c.get("name").getAsString())
                .toList();
    }

    @BeforeAll
    @SuppressWarnings("unchecked")
    static void load() throws IOException {
        final JsonObject c = Fixtures.networkCase("guided-official-like");
        try (Checkpoint checkpoint = Checkpoint.open(Fixtures.file("guided-official-like.pt"))) {
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
    static void close() {
        network.close();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void agreesWithTheReference(String name) {
        final Npz npz = Npz.fixture(name);
        try (NDManager manager = TorchEngine.newManager();
                LinearOperator operator = operator(name, npz, manager)) {
            final NDArray start = npz.array("xT", manager);
            final NDArray clean = npz.array("x_clean", manager);
            try (HardProjection projection = new HardProjection(operator, operator.apply(clean))) {
                final RestorationChain chain = chain(name, npz, projection);

                final FixedPointSolver once =
                        SolverKind.PARALLEL.create(PUBLISHED.withMaxIterations(1));
                try (Solution solution = once.solve(chain, start, Progress.NONE)) {
                    final float[] expected = npz.floats("map_once");
                    final int size = 3 * SIDE * SIDE;
                    for (int i = 0; i < 10; i++) {
                        final float[] row = Arrays.copyOfRange(expected, i * size, (i + 1) * size);
                        assertClose(row, solution.states().get(i), 1e-5, "F once, state " + i);
                    }
                }

                final float[] sequential = npz.floats("x0_sequential");
                for (SolverKind kind : SolverKind.values())
                    try (Solution solution =
                            kind.create(PUBLISHED).solve(chain, start, Progress.NONE)) {
                        assertTrue(solution.trace().converged());
                        assertClose(sequential, solution.x0(), 1e-4, kind.toString());
                    }
            }
        }
    }

    private static RestorationChain chain(String name, Npz npz, HardProjection projection) {
        final JsonObject c =
                Fixtures.cases("fixed-point").stream()
                        .filter(candidate -> candidate.get("name").getAsString().equals(name))
                        .findFirst()
                        .orElseThrow();
        final NoiseSchedule schedule = NoiseSchedule.linear(1e-4, 0.02, 1000);
        final TimestepSequence levels = TimestepSequence.of(schedule, npz.doubles("t"));
        assertEquals(c.get("T").getAsInt(), levels.length());
        // The reference draws one noise image and uses it at every step.
        return RestorationChain.of(network, levels, projection)
                .withNoise(
                        new NoiseMix(c.get("etw").getAsDouble(), c.get("nw").getAsDouble()),
                        (owner, step) -> npz.array("noise", owner));
    }

    private static LinearOperator operator(String name, Npz npz, NDManager manager) {
        final int pixels = SIDE * SIDE;
        if (name.contains("inpainting")) {
            final float[] mask = npz.floats("mask");
            final boolean[] known = new boolean[pixels];
            for (int i = 0; i < pixels; i++) known[i] = mask[i] == 1;
            return new MaskOperator(manager, 3, SIDE, SIDE, known);
        }
        if (name.contains("colorization"))
            return new GreyProjectionOperator(manager, SIDE, SIDE, 0.3333, 0.3334, 0.3333);
        if (name.contains("super-resolution-average-x4"))
            return new BlockAverageOperator(manager, 3, SIDE, SIDE, 4);
        if (name.contains("walsh-hadamard-half")) {
            final int[] identity = new int[pixels];
            for (int i = 0; i < pixels; i++) identity[i] = i;
            return new WalshHadamardOperator(
                    manager, 3, SIDE, SIDE, identity, npz.ints("perm"), pixels / 2);
        }
        throw new IllegalArgumentException("no operator for case " + name);
    }

    private static void assertClose(
            float[] expected, NDArray actual, double tolerance, String what) {
        final double difference = relativeDifference(actual.toFloatArray(), expected);
        assertTrue(difference <= tolerance, what + " differs by " + difference);
    }
}
