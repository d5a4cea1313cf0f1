/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.operator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class SymmetricFilterTest {

    @Test
    void bicubicByTwoHasTheWeightsOfImresize() {
        final double[] expected = {-3, -9, 29, 111, 111, 29, -9, -3};
        assertArrayEquals(
                Arrays.stream(expected).map(w -> w / 256).toArray(),
                SymmetricFilter.bicubic(2).weights(),
                1e-15);
    }

    @Test
    void bicubicByAnOddFactorIsCentredOnAPixel() {
        final double[] weights = SymmetricFilter.bicubic(3).weights();
        assertEquals(11, weights.length);
        // Keys' kernel is 1 at 0, so the middle weight is 1/f up to the normalisation; 0 at ±f.
        assertEquals(1 / 3.0, weights[5], 0.01);
        assertEquals(0, weights[2], 1e-15);
    }

    @Test
    void aBoxOfEvenWidthIsCentredByHalfWeightsAtItsEnds() {
        assertArrayEquals(
                new double[] {0.125, 0.25, 0.25, 0.25, 0.125},
                SymmetricFilter.uniform(4).weights(),
                1e-15);
        assertArrayEquals(
                new double[] {0.2, 0.2, 0.2, 0.2, 0.2},
                SymmetricFilter.uniform(5).weights(),
                1e-15);
        assertArrayEquals(new double[] {1}, SymmetricFilter.uniform(1).weights(), 0);
    }

    @Test
    void aGaussianHasTheVarianceItIsAskedFor() {
        final double[] weights = SymmetricFilter.gaussian(2).weights();
        assertEquals(17, weights.length);
        double variance = 0;
        for (int i = 0; i < weights.length; i++) variance += weights[i] * (i - 8) * (i - 8);
        assertEquals(4, variance, 0.01);
        assertArrayEquals(new double[] {1}, SymmetricFilter.gaussian(0).weights(), 0);
    }

    @Test
    void borderPixelsSeeTheMirrorImage() {
        // d c b a | a b c d: of a box of three around pixel 0, pixel 0 counts twice.
        final double[][] rows = ReflectiveAxis.of(SymmetricFilter.uniform(3), 4).matrix();
        final double third = 1 / 3.0;
        assertArrayEquals(new double[] {2 * third, third, 0, 0}, rows[0], 1e-15);
        assertArrayEquals(new double[] {third, third, third, 0}, rows[1], 1e-15);
        assertArrayEquals(new double[] {0, 0, third, 2 * third}, rows[3], 1e-15);
    }

    @Test
    void parametersOutOfRangeAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> SymmetricFilter.gaussian(-1));
        assertThrows(IllegalArgumentException.class, () -> SymmetricFilter.gaussian(Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> SymmetricFilter.gaussian(1, 4));
        assertThrows(IllegalArgumentException.class, () -> SymmetricFilter.uniform(0.5));
        assertThrows(IllegalArgumentException.class, () -> SymmetricFilter.bicubic(0));
    }

    @Property(tries = 60)
    void gaussianDecompositionIsExact(
            @ForAll @DoubleRange(min = 0, max = 6) double sigma,
            @ForAll @IntRange(min = 1, max = 40) int length) {
        assertDecomposition(SymmetricFilter.gaussian(sigma), length);
    }

    @Property(tries = 60)
    void downsamplingDecompositionIsExact(
            @ForAll @IntRange(min = 1, max = 8) int factor,
            @ForAll @IntRange(min = 1, max = 8) int outputs) {
        assertDecomposition(SymmetricFilter.bicubic(factor), factor * outputs);
    }

    @Property(tries = 40)
    void boxDecompositionIsExact(
            @ForAll @DoubleRange(min = 1, max = 9) double width,
            @ForAll @IntRange(min = 1, max = 24) int length) {
        assertDecomposition(SymmetricFilter.uniform(width), length);
    }

    /** Weights of unit sum; A = U S Vᵀ with U and V orthogonal and S ≥ 0. */
    private static void assertDecomposition(SymmetricFilter filter, int length) {
        assertEquals(1, Arrays.stream(filter.weights()).sum(), 1e-12);
        final DecomposedAxis axis = ReflectiveAxis.of(filter, length);
        assertOrthonormal(axis.left());
        assertOrthonormal(axis.right());
        final double[][] a = axis.matrix();
        for (int row = 0; row < a.length; row++)
            for (int column = 0; column < length; column++) {
                double sum = 0;
                for (int k = 0; k < a.length; k++)
                    sum += axis.left()[k][row] * axis.singularValues()[k] * axis.right()[k][column];
                assertEquals(a[row][column], sum, 1e-12);
            }
        for (int k = 0; k < length; k++) {
            assertEquals(true, axis.singularValues()[k] >= 0);
            if (k >= a.length) assertEquals(0, axis.singularValues()[k]);
        }
    }

    private static void assertOrthonormal(double[][] rows) {
        for (int i = 0; i < rows.length; i++)
            for (int j = 0; j <= i; j++) {
                double dot = 0;
                for (int k = 0; k < rows.length; k++) dot += rows[i][k] * rows[j][k];
                assertEquals(i == j ? 1 : 0, dot, 1e-12);
            }
    }
}
