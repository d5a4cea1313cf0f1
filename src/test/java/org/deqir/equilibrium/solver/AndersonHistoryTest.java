/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.solver;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AndersonHistoryTest {

    private final NDManager manager = NDManager.newBaseManager();

    @AfterEach
    void close() {
        manager.close();
    }

    @Test
    void remembersTheNewestIteratesAndMixesThem() {
        final AndersonHistory history = new AndersonHistory(2);
        for (int k = 1; k <= 3; k++) push(history, 10 * k, k);
        assertArrayEquals(new double[][] {{9, 6}, {6, 4}}, history.gram(1).products()[0]);
        assertArrayEquals(new double[][] {{18, 12}, {12, 8}}, history.gram(2).products()[0]);
        // 2·(30 + 0.5·3) − 1·(20 + 0.5·2)
        final NDArray mixed = history.mix(new double[][] {{2, -1}}, 0.5);
        assertArrayEquals(new float[] {42, 42, 42, 42}, mixed.toFloatArray());
        mixed.close();
        assertEquals(4, manager.getManagedArrays().size());
        history.close();
        assertTrue(history.isEmpty());
        assertTrue(manager.getManagedArrays().isEmpty());
    }

    @Test
    void ofASettledStateOnlyProductsAreKept() {
        final AndersonHistory history = new AndersonHistory(3);
        push(history, 0, 1);
        push(history, 0, 2);
        history.settle();
        assertTrue(manager.getManagedArrays().isEmpty());
        history.pushSettled();
        assertArrayEquals(
                new double[][] {{0, 0, 0}, {0, 4, 2}, {0, 2, 1}}, history.gram(1).products()[0]);
        history.pushSettled();
        assertArrayEquals(
                new double[][] {{0, 0, 0}, {0, 0, 0}, {0, 0, 4}}, history.gram(1).products()[0]);
    }

    @Test
    void aResidualThatIsNotFiniteClearsThePast() {
        final AndersonHistory history = new AndersonHistory(3);
        push(history, 0, 1);
        final NDArray broken = state(Float.NaN);
        assertFalse(history.push(state(1), broken));
        broken.close();
        assertTrue(history.isEmpty());
        assertTrue(manager.getManagedArrays().isEmpty());
    }

    private void push(AndersonHistory history, float state, float residual) {
        try (NDArray mapped = state(state + residual)) {
            assertTrue(history.push(state(state), mapped));
        }
    }

    private NDArray state(float value) {
        return manager.full(new Shape(1, 1, 2, 2), value);
    }
}
