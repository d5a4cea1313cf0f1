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
import java.util.stream.Stream;
import org.deqir.physics.degradation.BlockSensing;
import org.deqir.physics.degradation.Downsampling;
import org.deqir.physics.degradation.GreyProjection;
import org.deqir.physics.degradation.KernelBlur;
import org.deqir.physics.operator.BlockAverageOperator;
import org.deqir.physics.operator.IdentityOperator;
import org.deqir.physics.operator.MaskOperator;
import org.deqir.physics.operator.sensing.WalshHadamardOperator;
import org.deqir.testing.Npz;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
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

    static Stream<Arguments> published() {
        return Stream.of(
                Arguments.of("blur-gaussian", new KernelBlur(10, 10, 5, Border.ZEROS)),
                Arguments.of("blur-uniform", KernelBlur.box(9, Border.ZEROS)),
                Arguments.of("blur-anisotropic", new KernelBlur(20, 1, 9, Border.ZEROS)),
                Arguments.of(
                        "super-resolution-bicubic-x2",
                        new Downsampling(2, Downsampling.Kernel.BICUBIC)),
                Arguments.of(
                        "super-resolution-bicubic-x4",
                        new Downsampling(4, Downsampling.Kernel.BICUBIC)),
                Arguments.of("block-sensing", new BlockSensing(0.5, 1, 8)));
    }

    /**
     * The degradations with keys for what the paper compares. {@code published_operators.py} among
     * the tests made the fixture by the authors' classes, and says where their mistakes were
     * mended.
     */
    @ParameterizedTest
    @MethodSource("published")
    void published(String name, Degradation degradation) {
        final Npz fixture = Npz.fixture("operator-published");
        try (NDManager manager = NDManager.newBaseManager();
                LinearOperator a = degradation.operator(manager, 3, 24, 24)) {
            final NDArray y = a.apply(fixture.array("x", manager));
            assertClose(fixture.array(name + "-y", manager).reshape(y.getShape()), y, 1e-6);
            assertClose(fixture.array(name + "-pinv", manager), a.pseudoInverse(y), 1e-4);
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
        assertClose(expected, actual, 1e-5);
    }

    private static void assertClose(NDArray expected, NDArray actual, double tolerance) {
        assertEquals(expected.getShape(), actual.getShape());
        final float difference = expected.sub(actual).norm().getFloat();
        assertTrue(
                difference <= tolerance * expected.norm().getFloat(),
                "differs by " + difference + " of " + expected.norm().getFloat());
    }
}
