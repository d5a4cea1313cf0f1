/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium;

import static org.deqir.equilibrium.ToyProblem.relativeDifference;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeldQuantityTest {

    /** Carried from the very state that was evaluated, every choice gives the plain step. */
    @ParameterizedTest
    @ValueSource(doubles = {0, 0.03, 0.3, 1, Double.POSITIVE_INFINITY})
    void agreesWithTheStepWhereTheStateIsTheEvaluatedOne(double spread) {
        try (ToyProblem problem = new ToyProblem(5, 2, 0)) {
            final RestorationChain chain = problem.chain(new NoiseMix(0.4, 0.4), 0);
            final HeldQuantity held = new HeldQuantity(spread);
            final NDArray x = problem.start;
            for (int step : new int[] {0, 2, 4}) {
                final double t = problem.levels.timestep(step);
                final NDArray epsilon = problem.predictor.predict(x, new double[] {t, t});
                final NDArray expected =
                        chain.next(step, chain.estimate(step, x, epsilon), epsilon);
                final NDArray carried =
                        held.carry(chain, step, held.hold(chain, step, x, epsilon), x);
                assertTrue(relativeDifference(carried, expected) < 1e-5);
            }
        }
    }

    @Test
    void dependsOnWhatTheChainCarriesOn() {
        assertEquals(HeldQuantity.CLEAN, HeldQuantity.suitedTo(NoiseMix.FIDELITY));
        assertTrue(HeldQuantity.suitedTo(NoiseMix.SAMPLE).spread() > 0);
        assertTrue(
                HeldQuantity.suitedTo(new NoiseMix(0, 0)).spread()
                        > HeldQuantity.suitedTo(NoiseMix.SAMPLE).spread());
        assertThrows(IllegalArgumentException.class, () -> new HeldQuantity(-1));
        assertThrows(IllegalArgumentException.class, () -> new HeldQuantity(Double.NaN));
    }
}
