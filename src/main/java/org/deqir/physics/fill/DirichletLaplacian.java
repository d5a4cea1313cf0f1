/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.fill;

import java.util.Arrays;

/**
 * The Laplacian −Δ (four neighbours, unit pixel distance) of functions that live on a set of pixels
 * and are 0 on all others; at the image border it is reflective. {@link #approximateInverse} is one
 * multigrid V-cycle.
 *
 * <p>Unknowns are stored as a compact list, so that a few holes in a large image cost what the
 * holes cost. Vectors have one entry more than there are unknowns, which stays 0: it stands for all
 * pixels where the function is 0. Red unknowns ((x + y) even) come before black ones. The coarser
 * grids halve the resolution; a coarse cell belongs to the set if all of its fine pixels do, so
 * that every grid keeps some pixel that is 0 and the operator stays positive definite.
 */
final class DirichletLaplacian {

    private static final int SWEEPS = 2;

    /** Positions in the plane of the unknowns, in their order. */
    private final int[] positions;

    private final int reds;

    /** Four per unknown: the unknown beside it, or {@link #size()} where there is none. */
    private final int[] neighbors;

    /** Number of neighbours inside the image. */
    private final byte[] degrees;

    /** Null on the coarsest grid. */
    private final DirichletLaplacian coarser;

    /** Four per unknown: the coarse unknowns around it, by weight 9, 3, 3, 1 of 16. */
    private final int[] parents;

    /** Work arrays of a V-cycle. */
    private final double[] residual;

    private final double[] coarseSource;
    private final double[] coarseSolution;

    /**
     * @param inside the set, row by row; must not be the whole image, else the operator is singular
     */
    DirichletLaplacian(boolean[] inside, int width, int height) {
        positions = new int[count(inside)];
        final int[] order = new int[inside.length];
        Arrays.fill(order, positions.length);
        int next = number(inside, width, 0, 0, order);
        reds = next;
        number(inside, width, 1, next, order);

        neighbors = new int[4 * positions.length];
        degrees = new byte[positions.length];
        for (int i = 0; i < positions.length; i++) {
            final int x = positions[i] % width;
            final int y = positions[i] / width;
            link(i, 0, x > 0, positions[i] - 1, order);
            link(i, 1, x < width - 1, positions[i] + 1, order);
            link(i, 2, y > 0, positions[i] - width, order);
            link(i, 3, y < height - 1, positions[i] + width, order);
        }

        residual = vector();
        final int coarseWidth = (width + 1) / 2;
        final int coarseHeight = (height + 1) / 2;
        final boolean[] coarseInside = coarsen(inside, width, height, coarseWidth);
        if (count(coarseInside) == 0) {
            coarser = null;
            parents = null;
            coarseSource = null;
            coarseSolution = null;
            return;
        }
        coarser = new DirichletLaplacian(coarseInside, coarseWidth, coarseHeight);
        coarseSource = coarser.vector();
        coarseSolution = coarser.vector();
        final int[] coarseOrder = new int[coarseInside.length];
        Arrays.fill(coarseOrder, coarser.size());
        for (int i = 0; i < coarser.size(); i++) coarseOrder[coarser.positions[i]] = i;
        parents = new int[4 * positions.length];
        for (int i = 0; i < positions.length; i++) {
            final int x = positions[i] % width;
            final int y = positions[i] / width;
            final int x0 = x / 2;
            final int y0 = y / 2;
            final int x1 = Math.max(0, Math.min(coarseWidth - 1, x % 2 == 0 ? x0 - 1 : x0 + 1));
            final int y1 = Math.max(0, Math.min(coarseHeight - 1, y % 2 == 0 ? y0 - 1 : y0 + 1));
            parents[4 * i] = coarseOrder[y0 * coarseWidth + x0];
            parents[4 * i + 1] = coarseOrder[y0 * coarseWidth + x1];
            parents[4 * i + 2] = coarseOrder[y1 * coarseWidth + x0];
            parents[4 * i + 3] = coarseOrder[y1 * coarseWidth + x1];
        }
    }

    private static int count(boolean[] inside) {
        int count = 0;
        for (final boolean b : inside) if (b) count++;
        return count;
    }

    private int number(boolean[] inside, int width, int parity, int from, int[] order) {
        int next = from;
        for (int p = 0; p < inside.length; p++)
            if (inside[p] && (p % width + p / width) % 2 == parity) {
                order[p] = next;
                positions[next++] = p;
            }
        return next;
    }

    private void link(int i, int side, boolean exists, int position, int[] order) {
        neighbors[4 * i + side] = exists ? order[position] : positions.length;
        if (exists) degrees[i]++;
    }

    private static boolean[] coarsen(boolean[] inside, int width, int height, int coarseWidth) {
        final boolean[] coarse = new boolean[coarseWidth * ((height + 1) / 2)];
        Arrays.fill(coarse, true);
        for (int p = 0; p < inside.length; p++)
            if (!inside[p]) coarse[p / width / 2 * coarseWidth + p % width / 2] = false;
        return coarse;
    }

    /** Number of unknowns. */
    int size() {
        return positions.length;
    }

    /** A new vector of zeros: an entry per unknown and one more. */
    double[] vector() {
        return new double[positions.length + 1];
    }

    /** Where the unknown lies in the plane. */
    int position(int unknown) {
        return positions[unknown];
    }

    /** −Δu. */
    void apply(double[] u, double[] result) {
        for (int i = 0; i < positions.length; i++)
            result[i] = degrees[i] * u[i] - neighborSum(u, i);
    }

    private double neighborSum(double[] u, int i) {
        return u[neighbors[4 * i]]
                + u[neighbors[4 * i + 1]]
                + u[neighbors[4 * i + 2]]
                + u[neighbors[4 * i + 3]];
    }

    /**
     * A symmetric, positive definite approximation of the inverse, −Δu = source: one V-cycle with
     * red-black Gauss–Seidel sweeps. The content of u before does not matter.
     */
    void approximateInverse(double[] source, double[] u) {
        Arrays.fill(u, 0);
        for (int sweep = 0; sweep < SWEEPS; sweep++) {
            relax(u, source, 0, reds);
            relax(u, source, reds, positions.length);
        }
        if (coarser != null) {
            apply(u, residual);
            Arrays.fill(coarseSource, 0);
            for (int i = 0; i < positions.length; i++) {
                final double sixteenth = (source[i] - residual[i]) / 16;
                coarseSource[parents[4 * i]] += 9 * sixteenth;
                coarseSource[parents[4 * i + 1]] += 3 * sixteenth;
                coarseSource[parents[4 * i + 2]] += 3 * sixteenth;
                coarseSource[parents[4 * i + 3]] += sixteenth;
            }
            coarseSource[coarser.size()] = 0;
            coarser.approximateInverse(coarseSource, coarseSolution);
            for (int i = 0; i < positions.length; i++)
                u[i] +=
                        (9 * coarseSolution[parents[4 * i]]
                                        + 3 * coarseSolution[parents[4 * i + 1]]
                                        + 3 * coarseSolution[parents[4 * i + 2]]
                                        + coarseSolution[parents[4 * i + 3]])
                                / 16;
        }
        // The opposite order makes the cycle its own adjoint.
        for (int sweep = 0; sweep < SWEEPS; sweep++) {
            relax(u, source, reds, positions.length);
            relax(u, source, 0, reds);
        }
    }

    private void relax(double[] u, double[] source, int from, int to) {
        for (int i = from; i < to; i++) u[i] = (source[i] + neighborSum(u, i)) / degrees[i];
    }
}
