/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.deqir.physics.operator.AbstractOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every listed degradation has to fulfil, on images of two shapes that are not square. */
class OperatorSuiteTest {

    private static final int BATCH = 3;

    private NDManager manager;

    /** An operator to test. */
    interface Case {
        LinearOperator operator(NDManager manager);
    }

    /** A listed degradation for images of one shape. */
    record PlaneCase(Degradation degradation, int channels, int height, int width) implements Case {

        @Override
        public LinearOperator operator(NDManager manager) {
            return degradation.operator(manager, channels, height, width);
        }

        @Override
        public String toString() {
            return degradation.describe() + " of " + channels + "x" + height + "x" + width;
        }
    }

    /** A listed degradation for volumes of one shape. */
    record VolumeCase(VolumeDegradation degradation, int depth, int height, int width)
            implements Case {

        @Override
        public LinearOperator operator(NDManager manager) {
            return degradation.operator(manager, depth, height, width);
        }

        @Override
        public String toString() {
            return degradation.describe() + " of " + depth + "x" + height + "x" + width;
        }
    }

    static Stream<Case> cases() {
        return Stream.concat(planes(), volumes());
    }

    private static Stream<VolumeCase> volumes() {
        return OperatorRegistry.ofVolumes().stream()
                .flatMap(d -> Stream.of(new VolumeCase(d, 12, 5, 7), new VolumeCase(d, 24, 6, 4)));
    }

    static Stream<PlaneCase> planes() {
        return OperatorRegistry.kinds().stream()
                .flatMap(kind -> kind.examples().stream())
                .flatMap(
                        example ->
                                Stream.of(
                                        new PlaneCase(example.of(12, 36), 1, 12, 36),
                                        new PlaneCase(example.of(24, 12), 3, 24, 12)))
                .filter(c -> c.degradation().accepts(c.channels()));
    }

    @BeforeEach
    void openManager() {
        manager = NDManager.newBaseManager();
        manager.getEngine().setRandomSeed(11);
    }

    @AfterEach
    void closeManager() {
        manager.close();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void adjointIsTheAdjoint(Case c) {
        try (LinearOperator a = c.operator(manager)) {
            final NDArray x = normal(a.imageShape());
            final NDArray y = normal(a.measurementShape());
            final double left = dot(a.apply(x), y);
            final double right = dot(x, a.adjoint(y));
            assertEquals(left, right, 1e-5 * norm(a.apply(x)) * norm(y));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void pseudoInverseExplainsWhatTheOperatorYields(Case c) {
        try (LinearOperator a = c.operator(manager)) {
            final NDArray x = normal(a.imageShape());
            final NDArray y = a.apply(x);
            assertTrue(distance(a.apply(a.pseudoInverse(y)), y) <= exactness(a) * norm(x));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void pseudoInverseAfterTheOperatorIsAnOrthogonalProjection(Case c) {
        try (LinearOperator a = c.operator(manager)) {
            final NDArray x = normal(a.imageShape());
            final NDArray z = normal(a.imageShape());
            final UnaryOperator<NDArray> projection = v -> a.pseudoInverse(a.apply(v));
            final NDArray px = projection.apply(x);
            final NDArray pz = projection.apply(z);
            final double tolerance = 10 * exactness(a);
            assertTrue(distance(projection.apply(px), px) <= tolerance * norm(x), "idempotent");
            assertEquals(dot(px, z), dot(x, pz), tolerance * norm(x) * norm(z), "symmetric");
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void spectralFormIsTheDirectForm(Case c) {
        try (LinearOperator operator = c.operator(manager)) {
            assumeTrue(operator instanceof SpectralOperator);
            final SpectralOperator a = (SpectralOperator) operator;
            final NDArray s = a.singularValues();
            final NDArray x = normal(a.imageShape());
            final NDArray y = normal(a.measurementShape());
            final NDArray v = normal(s.getShape());

            assertClose(x, a.fromSpectrum(a.toSpectrum(x)), "V Vᵀ = I");
            assertClose(v, a.toSpectrum(a.fromSpectrum(v)), "Vᵀ V = I");
            assertEquals(
                    dot(a.toSpectrum(x), v),
                    dot(x, a.fromSpectrum(v)),
                    1e-5 * norm(x) * norm(v),
                    "V is the transpose of Vᵀ");
            final NDArray measured = a.apply(x);
            final NDArray spectrum = a.measurementToSpectrum(measured);
            assertClose(spectrum, a.toSpectrum(x).mul(s), "Uᵀ A = S Vᵀ");
            assertEquals(norm(measured), norm(spectrum), 1e-5 * norm(measured), "U has norm 1");
            assertClose(
                    a.adjoint(y), a.fromSpectrum(a.measurementToSpectrum(y).mul(s)), "Aᵀ = V S Uᵀ");
            assertClose(
                    a.pseudoInverse(y),
                    a.fromSpectrum(a.measurementToSpectrum(y).mul(a.inverseSingularValues())),
                    "A⁺ = V S⁺ Uᵀ");
            final NDArray nullSpace = s.eq(0).toType(DataType.FLOAT32, false);
            assertEquals(0, norm(a.measurementToSpectrum(y).mul(nullSpace)), "0 in the null space");
            final float[] values = s.toFloatArray();
            final float[] inverse = a.inverseSingularValues().toFloatArray();
            for (int i = 0; i < values.length; i++) {
                assertTrue(values[i] >= 0);
                assertTrue(inverse[i] == 0 || Math.abs(inverse[i] * values[i] - 1) < 1e-6);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void rowsOfABatchAreIndependent(Case c) {
        try (LinearOperator a = c.operator(manager)) {
            final NDArray x = normal(a.imageShape());
            final NDArray y = normal(a.measurementShape());
            assertClose(a.apply(x.get("1:2")), a.apply(x).get("1:2"), "apply");
            assertClose(a.adjoint(y.get("1:2")), a.adjoint(y).get("1:2"), "adjoint");
        }
    }

    @ParameterizedTest
    @MethodSource("planes")
    void imagesKeepTheirFormAsMeasurementsOnDisk(PlaneCase c) {
        try (LinearOperator a = c.operator(manager)) {
            final NDArray y = normal(a.measurementShape());
            final NDArray image = c.degradation().toImage(a, y);
            assertEquals(4, image.getShape().dimension());
            final NDArray back = c.degradation().fromImage(a, image);
            assertTrue(distance(back, y) <= 1e-5 * norm(y));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void otherShapesAndTypesAreRefused(Case c) {
        try (LinearOperator a = c.operator(manager)) {
            final Shape image = a.imageShape();
            final NDArray noBatch = manager.zeros(image);
            final NDArray taller =
                    manager.zeros(new Shape(1, image.get(0), image.get(1) + 1, image.get(2)));
            final NDArray whole = manager.zeros(new Shape(1).addAll(image), DataType.INT32);
            final NDArray odd = manager.zeros(new Shape(1, 1, 1, 1, 7));
            for (final NDArray wrong : List.of(noBatch, taller, whole, odd)) {
                final var refusal =
                        assertThrows(IllegalArgumentException.class, () -> a.apply(wrong));
                assertTrue(refusal.getMessage().contains(a.describe()), refusal.getMessage());
            }
            assertThrows(IllegalArgumentException.class, () -> a.adjoint(odd));
            assertThrows(IllegalArgumentException.class, () -> a.pseudoInverse(odd));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void nothingButTheResultIsLeft(Case c) {
        final int before = arrays();
        try (LinearOperator a = c.operator(manager);
                NDArray x = normal(a.imageShape());
                NDArray y = normal(a.measurementShape())) {
            final float[] pixels = x.toFloatArray();
            a.apply(x).close();
            final int warm = arrays();
            final int constants = constants(a);
            a.apply(x).close();
            a.adjoint(y).close();
            a.pseudoInverse(y).close();
            if (a instanceof SpectralOperator spectral)
                try (NDArray v = spectral.toSpectrum(x)) {
                    spectral.fromSpectrum(v).close();
                    spectral.measurementToSpectrum(y).close();
                }
            assertEquals(warm, arrays(), "in the caller's manager");
            assertEquals(constants, constants(a), "in the operator's manager");
            try (NDArray result = a.apply(x)) {
                assertEquals(manager, result.getManager());
                result.muli(0);
            }
            org.junit.jupiter.api.Assertions.assertArrayEquals(
                    pixels, x.toFloatArray(), "the argument is not changed");
        }
        assertEquals(before, arrays(), "after close()");
    }

    /**
     * How far A A⁺ A may be from A: rounding, or what the cutoff of small singular values costs.
     */
    private static double exactness(LinearOperator operator) {
        double lost = 0;
        if (operator instanceof SpectralOperator a) {
            final float[] s = a.singularValues().toFloatArray();
            final float[] inverse = a.inverseSingularValues().toFloatArray();
            for (int i = 0; i < s.length; i++) if (inverse[i] == 0) lost = Math.max(lost, s[i]);
        }
        return Math.max(lost, 1e-5);
    }

    private int arrays() {
        return manager.getManagedArrays().size();
    }

    private static int constants(LinearOperator operator) {
        return ((AbstractOperator) operator).constants.getManagedArrays().size();
    }

    private NDArray normal(Shape shape) {
        return manager.randomNormal(new Shape(BATCH).addAll(shape));
    }

    private static void assertClose(NDArray expected, NDArray actual, String message) {
        assertEquals(expected.getShape(), actual.getShape(), message);
        final double distance = distance(expected, actual);
        assertTrue(distance <= 1e-5 * norm(expected), message + ": " + distance);
    }

    private static double dot(NDArray a, NDArray b) {
        final float[] x = a.toFloatArray();
        final float[] y = b.toFloatArray();
        assertEquals(x.length, y.length);
        double sum = 0;
        for (int i = 0; i < x.length; i++) sum += (double) x[i] * y[i];
        return sum;
    }

    private static double norm(NDArray a) {
        return Math.sqrt(dot(a, a));
    }

    private static double distance(NDArray a, NDArray b) {
        return norm(a.sub(b));
    }
}
