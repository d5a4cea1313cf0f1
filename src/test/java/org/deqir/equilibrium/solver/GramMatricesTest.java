/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.solver;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class GramMatricesTest {

    private static final double[] NEWEST = {1, 0, 0};

    /** Of residuals along one line the right mixture leaves nothing. */
    @Test
    void parallelResidualsAreExtrapolatedToZero() {
        final double[] weights = one(1, 2).weights(0, false)[0];
        assertArrayEquals(new double[] {2, -1}, weights, 1e-12);
    }

    @Test
    void orthogonalResidualsAreAveragedByTheirInverseSquares() {
        final GramMatrices gram =
                new GramMatrices(new double[][][] {{{1, 0, 0}, {0, 4, 0}, {0, 0, 9}}});
        final double sum = 1 + 1 / 4.0 + 1 / 9.0;
        assertArrayEquals(
                new double[] {1 / sum, 1 / 4.0 / sum, 1 / 9.0 / sum},
                gram.weights(0, false)[0],
                1e-12);
    }

    @Test
    void regularizationIsRelativeToTheNewestResidual() {
        final double[] weights = one(1, 2).weights(1e-3, false)[0];
        assertArrayEquals(weights, one(1e-9, 2e-9).weights(1e-3, false)[0], 1e-9);
        assertEquals(2, weights[0], 0.02);
        final double[] strong = one(1, 2).weights(1e6, false)[0];
        assertArrayEquals(new double[] {0.5, 0.5}, strong, 1e-5);
    }

    @Test
    void samplesHaveWeightsOfTheirOwn() {
        final GramMatrices both =
                new GramMatrices(
                        new double[][][] {one(1, 2).products()[0], one(3, 4).products()[0]});
        assertArrayEquals(one(1, 2).weights(0.1, false)[0], both.weights(0.1, false)[0]);
        assertArrayEquals(one(3, 4).weights(0.1, false)[0], both.weights(0.1, false)[1]);
    }

    @Test
    void theSafeguardMixesOnlyWhileResidualsFall() {
        assertArrayEquals(new double[] {1, 0}, one(2, 1).weights(0, true)[0]);
        assertArrayEquals(new double[] {2, -1}, one(1, 2).weights(0, true)[0], 1e-12);
    }

    @Test
    void exactAndUnusableResidualsTakeTheNewestAlone() {
        final double[][][] exact = {{{0, 0, 0}, {0, 1, 1}, {0, 1, 1}}};
        assertArrayEquals(NEWEST, new GramMatrices(exact).weights(1e-3, false)[0]);
        final double[][][] repeated = {{{1, 1, 1}, {1, 1, 1}, {1, 1, 1}}};
        assertArrayEquals(NEWEST, new GramMatrices(repeated).weights(0, false)[0]);
    }

    @Test
    void sumsReachAsFarBackAsBothDo() {
        final GramMatrices sum = one(1, 2, 3).plus(one(4, 5));
        assertArrayEquals(new double[][] {{17, 22}, {22, 29}}, sum.products()[0]);
    }

    /** Residuals that are multiples of one vector of unit length. */
    private static GramMatrices one(double... lengths) {
        final double[][][] products = new double[1][lengths.length][lengths.length];
        for (int i = 0; i < lengths.length; i++)
            for (int j = 0; j < lengths.length; j++) products[0][i][j] = lengths[i] * lengths[j];
        return new GramMatrices(products);
    }
}
