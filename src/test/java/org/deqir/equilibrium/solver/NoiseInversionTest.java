/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.solver;

import static org.deqir.testing.Fixtures.relativeDifference;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.deqir.diffusion.GaussianNoise;
import org.deqir.diffusion.NoiseSchedule;
import org.deqir.diffusion.TimestepSequence;
import org.deqir.equilibrium.MixturePredictor;
import org.deqir.equilibrium.NoiseMix;
import org.deqir.equilibrium.RestorationChain;
import org.deqir.equilibrium.ToyProblem;
import org.deqir.network.TorchEngine;
import org.deqir.progress.Progress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NoiseInversionTest {

    private static final NoiseSchedule SCHEDULE = NoiseSchedule.linear(1e-4, 0.02, 1000);
    private static final Shape IMAGES = new Shape(2, 1, 12, 16);

    private final TimestepSequence levels =
            TimestepSequence.spaced(TimestepSequence.Spacing.LOG_SIGMA, SCHEDULE, 6, 2, 0.05);
    private final MixturePredictor predictor = new MixturePredictor(SCHEDULE, 0.6, 0.25, 0.2);
    private NDManager manager;

    @BeforeEach
    void open() {
        manager = TorchEngine.newManager();
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private NDArray noise(int stream) {
        return new GaussianNoise(4).draw(manager, IMAGES, stream, 0, 0, 0);
    }

    /** An image that the prior can make, since it made it. */
    private NDArray image(NDArray start) {
        try (Solution solution =
                SolverKind.SEQUENTIAL
                        .create(SolverSettings.DEFAULT)
                        .solve(NoiseInversion.chain(predictor, levels), start, Progress.NONE)) {
            final NDArray image = solution.x0().duplicate();
            image.attach(manager);
            return image;
        }
    }

    @Test
    void theChainReproducesTheImage() {
        final NDArray image = image(noise(1));
        final int before = manager.getManagedArrays().size();
        try (NoiseInversion.Result rough =
                        new NoiseInversion(0, 1e-5, 64)
                                .invert(predictor, levels, image, Progress.NONE);
                NoiseInversion.Result exact =
                        new NoiseInversion(60, 1e-5, 64)
                                .invert(predictor, levels, image, Progress.NONE)) {
            assertEquals(before + 2, manager.getManagedArrays().size());
            assertTrue(exact.residual() < 2e-4, "residual " + exact.residual());
            assertTrue(rough.residual() > 10 * exact.residual(), "first guess " + rough.residual());
            assertEquals(0, rough.rounds());
            assertTrue(exact.rounds() > 0 && exact.rounds() < 60, exact.rounds() + " rounds");
            assertTrue(
                    relativeDifference(image(exact.start()).toFloatArray(), image.toFloatArray())
                            < 1e-3);
        }
    }

    @Test
    void theStatesOfAChainInvertToItsStart() {
        final NDArray start = noise(2).mul(0.9);
        try (NoiseInversion.Result result =
                new NoiseInversion(80, 1e-6, 64)
                        .invert(predictor, levels, image(start), Progress.NONE)) {
            assertTrue(
                    relativeDifference(result.start().toFloatArray(), start.toFloatArray()) < 0.02);
        }
    }

    @Test
    void settingsOutOfRangeAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new NoiseInversion(-1, 0, 1));
        assertThrows(IllegalArgumentException.class, () -> new NoiseInversion(1, -1, 1));
    }

    /**
     * The states are those of the sequential solver, and the estimates lead from one to the next.
     */
    @Test
    void aTrajectoryIsTheWayOfTheChain() {
        try (ToyProblem problem = new ToyProblem(5, 2, 0)) {
            final RestorationChain chain = problem.chain(new NoiseMix(0.5, 0.2), 0);
            try (Trajectory trajectory = Trajectory.of(chain, problem.start, 1, Progress.NONE);
                    Solution solution =
                            SolverKind.SEQUENTIAL
                                    .create(SolverSettings.DEFAULT.withKeepStates(true))
                                    .solve(chain, problem.start, Progress.NONE)) {
                assertEquals(6, trajectory.states().size());
                assertEquals(5, trajectory.estimates().size());
                assertArrayEquals(
                        problem.start.toFloatArray(), trajectory.states().get(0).toFloatArray());
                for (int i = 0; i < 5; i++)
                    assertArrayEquals(
                            solution.states().get(i).toFloatArray(),
                            trajectory.states().get(i + 1).toFloatArray(),
                            1e-5f);
                // The network's estimates converge: the last is the restored image but for the
                // last data step, the first is far from it.
                final NDArray x0 = trajectory.states().get(5);
                assertTrue(
                        relativeDifference(
                                        trajectory.estimates().get(4).toFloatArray(),
                                        x0.toFloatArray())
                                < 0.3
                                        * relativeDifference(
                                                trajectory.estimates().get(0).toFloatArray(),
                                                x0.toFloatArray()));
            }
        }
    }
}
