/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.deqir.physics.degradation.GreyProjection;
import org.deqir.physics.operator.BlockAverageOperator;
import org.deqir.physics.operator.IdentityOperator;
import org.deqir.physics.operator.MaskOperator;
import org.deqir.physics.operator.sensing.WalshHadamardOperator;
import org.deqir.testing.Npz;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The operators against the published implementation's results. */
class FixtureOperatorsTest {

    private static final int SIDE = 32;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "denoising",
                "inpainting",
                "colorization",
                "super-resolution-average-x2",
                "super-resolution-average-x4",
                "walsh-hadamard-half"
            })
    void reference(String name) {
        final Npz fixture = Npz.fixture("operator-" + name);
        try (NDManager manager = NDManager.newBaseManager();
                LinearOperator a = operator(name, fixture, manager)) {
            final NDArray x = fixture.array("x", manager);
            final NDArray expected = fixture.array("pinv_y", manager);
            final NDArray y = a.apply(x);
            assertClose(expected, a.pseudoInverse(y));
            // The inpainting reference keeps known pixels only, in an order of its own.
            if (name.equals("inpainting")) return;
            NDArray reference = fixture.array("y", manager);
            if (name.startsWith("walsh"))
                reference = reference.reshape(2, -1, 3).transpose(0, 2, 1);
            assertClose(reference, y.reshape(reference.getShape()));
        }
    }

    private static LinearOperator operator(String name, Npz fixture, NDManager manager) {
        switch (name) {
            case "denoising":
                return new IdentityOperator(manager, 3, SIDE, SIDE);
            case "inpainting":
                final float[] mask = fixture.floats("mask");
                final boolean[] known = new boolean[mask.length];
                for (int i = 0; i < known.length; i++) known[i] = mask[i] == 1;
                return new MaskOperator(manager, 3, SIDE, SIDE, known);
            case "colorization":
                return GreyProjection.PUBLISHED.operator(manager, 3, SIDE, SIDE);
            case "super-resolution-average-x2":
                return new BlockAverageOperator(manager, 3, SIDE, SIDE, 2);
            case "super-resolution-average-x4":
                return new BlockAverageOperator(manager, 3, SIDE, SIDE, 4);
            default:
                final int[] pixels = new int[SIDE * SIDE];
                for (int i = 0; i < pixels.length; i++) pixels[i] = i;
                return new WalshHadamardOperator(
                        manager, 3, SIDE, SIDE, pixels, fixture.ints("perm"), pixels.length / 2);
        }
    }

    private static void assertClose(NDArray expected, NDArray actual) {
        assertEquals(expected.getShape(), actual.getShape());
        final float difference = expected.sub(actual).norm().getFloat();
        assertTrue(difference <= 1e-5 * expected.norm().getFloat(), "differs by " + difference);
    }
}
