/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium;

import static org.deqir.testing.Fixtures.relativeDifference;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import java.util.List;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.diffusion.TimestepSequence;
import org.deqir.equilibrium.solver.FixedPointSolver;
import org.deqir.equilibrium.solver.PublishedAnderson;
import org.deqir.equilibrium.solver.Solution;
import org.deqir.equilibrium.solver.SolverKind;
import org.deqir.equilibrium.solver.SolverSettings;
import org.deqir.model.store.ModelStore;
import org.deqir.network.TorchEngine;
import org.deqir.network.layout.Precision;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.operator.BlockAverageOperator;
import org.deqir.physics.step.HardProjection;
import org.deqir.progress.Progress;
import org.deqir.testing.Fixtures;
import org.deqir.testing.Npz;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The whole method on real images, against what the authors' own code gives from the same noise and
 * weights: 25 uniform steps, etw 0.1, noise-free average pooling ×4. The weights are those of the
 * first shipped grey prior, which are kept beside the results for that.
 */
@Tag("slow")
class PublishedResultsTest {

    private static final double TOLERANCE = 1e-3;
    private static final SolverSettings AUTHORS = SolverSettings.DEFAULT.withMaxIterations(15);

    private static DiffusionPrior prior;

    @BeforeAll
    static void load() throws Exception {
        final Path models = Fixtures.file("published");
        prior = new ModelStore(List.of(models)).find("prior").load(Precision.FLOAT32);
    }

    @AfterAll
    static void close() {
        prior.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"nuclei", "plk1"})
    void sequentialChain(String image) {
        compare(image, SolverKind.SEQUENTIAL.create(AUTHORS), "reference_sequential");
    }

    @ParameterizedTest
    @ValueSource(strings = {"nuclei", "plk1"})
    void andersonAcceleration(String image) {
        compare(image, new PublishedAnderson(AUTHORS), "reference_anderson");
    }

    private static void compare(String image, FixedPointSolver solver, String expected) {
        final Npz npz = Npz.fixture("published/" + image);
        try (NDManager manager = TorchEngine.newManager();
                LinearOperator operator = new BlockAverageOperator(manager, 1, 64, 64, 4);
                HardProjection projection = new HardProjection(operator, npz.array("y", manager))) {
            final RestorationChain chain =
                    RestorationChain.of(
                                    prior.predictor(),
                                    TimestepSequence.of(prior.schedule(), npz.doubles("t")),
                                    projection)
                            .withNoise(new NoiseMix(0.1, 0), null);
            final NDArray start = npz.array("xT", manager);
            try (Solution solution = solver.solve(chain, start, Progress.NONE)) {
                final double difference =
                        relativeDifference(solution.x0().toFloatArray(), npz.floats(expected));
                assertTrue(
                        difference <= TOLERANCE,
                        image + ": " + expected + " differs by " + difference);
            }
        }
    }
}
