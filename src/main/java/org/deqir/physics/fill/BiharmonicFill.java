/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.fill;

import java.util.Arrays;
import org.deqir.image.Pixels;
import org.deqir.progress.Progress;

/**
 * Fills missing pixels with the smoothest surface through the known ones: the discrete biharmonic
 * equation Δ²u = 0 on the missing pixels (Damelin and Hoang, Electronic Transactions on Numerical
 * Analysis 49, 2018), the minimiser of Σ (Δu)².
 *
 * <p>Δ is the Laplacian of four neighbours with reflective image borders. The system is solved by
 * conjugate gradients; two multigrid V-cycles of the Laplacian precondition it, so that the work
 * per pixel hardly grows with the size of a hole. Known pixels come back bit-exact.
 *
 * <p>An instance holds what depends on the mask alone and may fill any number of planes, one at a
 * time: it is not safe for use by several threads.
 */
public final class BiharmonicFill {

    /** Of the residual in the norm of the preconditioner, relative to that of the mean as fill. */
    private static final double TOLERANCE = 1e-6;

    private static final int MOST_ITERATIONS = 500;

    private final int width;
    private final int height;
    private final boolean[] missing;

    /** On the missing pixels. */
    private final DirichletLaplacian laplacian;

    /** Four per known pixel beside a missing one: the unknowns beside it, or their number. */
    private final int[] ring;

    /**
     * @param missing the mask, row by row: true where the pixel is unknown
     * @param width pixels in a row
     * @param height rows
     * @throws IllegalArgumentException if the mask's size does not fit or no pixel is known
     */
    public BiharmonicFill(boolean[] missing, int width, int height) {
        if (width < 1 || height < 1 || (long) width * height != missing.length)
            throw new IllegalArgumentException(
                    "The mask has %s pixels, which is not %s × %s."
                            .formatted(missing.length, width, height));
        boolean anyKnown = false;
        for (final boolean isMissing : missing) anyKnown |= !isMissing;
        if (!anyKnown)
            throw new IllegalArgumentException(
                    "All pixels are missing; at least one must be known.");
        this.width = width;
        this.height = height;
        this.missing = missing.clone();
        laplacian = new DirichletLaplacian(missing, width, height);
        ring = ring();
    }

    /**
     * Fills one plane, which may take many seconds.
     *
     * @param plane grey levels, row by row; values of missing pixels do not matter and may be NaN
     * @param progress asked before every iteration whether to go on
     * @return a new plane, equal to the given one where pixels are known
     * @throws IllegalArgumentException if the plane's size is not the mask's or a known pixel is
     *     not finite
     * @throws java.util.concurrent.CancellationException if the user cancelled
     */
    public float[] fill(float[] plane, Progress progress) {
        Pixels.requireSize(plane, width, height);
        final double mean = meanOfKnown(plane);
        final double[] start = new double[plane.length];
        for (int p = 0; p < plane.length; p++) start[p] = missing[p] ? 0 : plane[p] - mean;

        final double[] bending = negativeLaplacian(negativeLaplacian(start));
        final double[] source = laplacian.vector();
        for (int i = 0; i < laplacian.size(); i++) source[i] = -bending[laplacian.position(i)];
        final double[] filled = solve(source, progress);
        final float[] result = plane.clone();
        for (int i = 0; i < laplacian.size(); i++)
            result[laplacian.position(i)] = (float) (mean + filled[i]);
        return result;
    }

    private double meanOfKnown(float[] plane) {
        double sum = 0;
        int known = 0;
        for (int p = 0; p < plane.length; p++) {
            if (missing[p]) continue;
            if (!Float.isFinite(plane[p]))
                throw new IllegalArgumentException(
                        String.format(
                                "Pixel (%s, %s) is %s; known pixels must be finite (mark others as"
                                        + " missing).",
                                p % width, p / width, plane[p]));
            sum += plane[p];
            known++;
        }
        return sum / known;
    }

    /** Preconditioned conjugate gradients for (Δ² on the missing pixels) u = source. */
    private double[] solve(double[] source, Progress progress) {
        final int n = laplacian.size();
        final double[] solution = laplacian.vector();
        final double[] residual = source.clone();
        final double[] preconditioned = laplacian.vector();
        final double[] half = laplacian.vector();
        final double[] product = laplacian.vector();
        precondition(residual, half, preconditioned);
        final double[] direction = preconditioned.clone();
        double norm = dot(residual, preconditioned);
        final double enough = TOLERANCE * TOLERANCE * norm;
        for (int iteration = 0; iteration < MOST_ITERATIONS && norm > enough; iteration++) {
            progress.checkCanceled();
            applyBiharmonic(direction, half, product);
            final double step = norm / dot(direction, product);
            for (int i = 0; i < n; i++) {
                solution[i] += step * direction[i];
                residual[i] -= step * product[i];
            }
            precondition(residual, half, preconditioned);
            final double newNorm = dot(residual, preconditioned);
            final double keep = newNorm / norm;
            for (int i = 0; i < n; i++) direction[i] = preconditioned[i] + keep * direction[i];
            norm = newNorm;
        }
        return solution;
    }

    private void precondition(double[] residual, double[] half, double[] result) {
        laplacian.approximateInverse(residual, half);
        laplacian.approximateInverse(half, result);
    }

    /**
     * Δ² of a function that is 0 on the known pixels, at the missing ones: the square of the
     * missing pixels' own Laplacian, and what comes back from the known pixels beside them.
     */
    private void applyBiharmonic(double[] u, double[] half, double[] result) {
        laplacian.apply(u, half);
        laplacian.apply(half, result);
        for (int r = 0; r < ring.length; r += 4) {
            double sum = 0;
            for (int k = r; k < r + 4; k++) sum += u[ring[k]];
            for (int k = r; k < r + 4; k++) result[ring[k]] += sum;
        }
        result[laplacian.size()] = 0;
    }

    private int[] ring() {
        final int none = laplacian.size();
        final int[] order = new int[missing.length];
        Arrays.fill(order, none);
        for (int i = 0; i < laplacian.size(); i++) order[laplacian.position(i)] = i;
        int[] found = new int[64];
        int n = 0;
        for (int p = 0; p < missing.length; p++) {
            if (missing[p]) continue;
            final int x = p % width;
            final int y = p / width;
            final int left = x > 0 ? order[p - 1] : none;
            final int right = x < width - 1 ? order[p + 1] : none;
            final int above = y > 0 ? order[p - width] : none;
            final int below = y < height - 1 ? order[p + width] : none;
            if (Math.min(Math.min(left, right), Math.min(above, below)) == none) continue;
            if (n == found.length) found = Arrays.copyOf(found, 2 * n);
            found[n++] = left;
            found[n++] = right;
            found[n++] = above;
            found[n++] = below;
        }
        return Arrays.copyOf(found, n);
    }

    /** −Δ of a whole plane with reflective borders. */
    private double[] negativeLaplacian(double[] u) {
        final double[] result = new double[u.length];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                final int p = y * width + x;
                double sum = 0;
                if (x > 0) sum += u[p] - u[p - 1];
                if (x < width - 1) sum += u[p] - u[p + 1];
                if (y > 0) sum += u[p] - u[p - width];
                if (y < height - 1) sum += u[p] - u[p + width];
                result[p] = sum;
            }
        return result;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
    }
}
