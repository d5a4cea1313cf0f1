/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.quality;

import org.deqir.physics.noise.AnscombeTransform;
import org.deqir.physics.noise.NoiseModel;

/**
 * A classical tool to compare with: block matching and filtering in three dimensions, plain.
 *
 * <p>Dabov, Foi, Katkovnik and Egiazarian: Image denoising by sparse 3-D transform-domain
 * collaborative filtering, IEEE Transactions on Image Processing 16, 2007. Blocks that look alike
 * form a group, which is transformed in three dimensions, shrunk and transformed back; where blocks
 * overlap, their estimates are averaged. The first step shrinks by a hard threshold, the second
 * like Wiener's filter, with the first's result for the signal. The parameters are those of Lebrun:
 * An analysis and implementation of the BM3D image denoising method, Image Processing On Line 2,
 * 2012, and of its program: the paper's normal profile, with a Walsh–Hadamard transform along the
 * groups, a search over 33 × 33 corners, and for the first step three times the paper's limit of
 * how unlike blocks may be.
 */
final class Bm3d {

    /** Blocks are compared that lie at most so many pixels apart, along each axis. */
    private static final int REACH = 16;

    /** Every third pixel, along each axis, is the corner of a block with a group of its own. */
    private static final int STRIDE = 3;

    /** The hard threshold in standard deviations. */
    private static final double THRESHOLD = 2.7;

    private static final double KAISER_BETA = 2;

    private static final float ROOT_HALF = (float) Math.sqrt(0.5);

    /**
     * What the two steps have in common.
     *
     * @param most blocks in a group, a power of two
     * @param alike blocks of one group differ by less, in the mean of the squares
     * @param transform of a block
     */
    private record Step(int most, double alike, BlockTransform transform) {}

    /** How a group's coefficients become those of the estimate. */
    private interface Shrinkage {
        /** Changes {@code noisy} in place; returns the group's weight. */
        double apply(float[][] noisy, float[][] guide);
    }

    private final int width;
    private final int height;
    private final double sigma;

    private Bm3d(int width, int height, double sigma) {
        this.width = width + 2 * REACH;
        this.height = height + 2 * REACH;
        this.sigma = sigma;
    }

    /**
     * The estimate of an image with white Gaussian noise.
     *
     * @param image row by row, of at least 16 × 16 pixels, in a range of about 0 to 255: how alike
     *     blocks must be is a number of grey levels
     * @param sigma the noise's standard deviation in grey levels
     */
    static float[] denoise(float[] image, int width, int height, double sigma) {
        return denoise(image, width, height, sigma, BlockTransform.biorthogonal(8));
    }

    /** The same with another transform in the first step. */
    static float[] denoise(
            float[] image, int width, int height, double sigma, BlockTransform first) {
        final Bm3d bm3d = new Bm3d(width, height, sigma);
        final boolean strong = sigma >= 35;
        final float[] noisy = bm3d.enlarged(image);
        final Step thresholded = new Step(16, strong ? 15000 : 7500, first);
        final float[] basic = bm3d.filtered(thresholded, noisy, noisy, bm3d::threshold);
        final int side = sigma < 40 ? 8 : 12;
        final Step filtered = new Step(32, strong ? 3500 : 400, BlockTransform.cosine(side));
        // What lies outside is the mirror image again.
        final float[] guide = bm3d.enlarged(bm3d.cut(basic));
        return bm3d.cut(bm3d.filtered(filtered, noisy, guide, bm3d::wiener));
    }

    /**
     * The estimate of an image with any noise. What is not white is transformed so that it is, and
     * back without bias, as in Mäkitalo and Foi (IEEE Transactions on Image Processing 22, 2013).
     *
     * @param image grey levels, row by row
     * @param peak range of the signal, grey levels; of white noise alone, other noise has the range
     *     of the transformed image
     */
    static float[] denoise(float[] image, int width, int height, NoiseModel noise, double peak) {
        if (noise.isWhite())
            return inRange(image, width, height, Math.sqrt(noise.variance(0)), 0, peak);
        final AnscombeTransform transform = noise.stabilizing();
        final float[] levels = transform.forward(image);
        float least = levels[0];
        float most = levels[0];
        for (final float level : levels) {
            least = Math.min(least, level);
            most = Math.max(most, level);
        }
        return transform.inverse(inRange(levels, width, height, 1, least, most - least));
    }

    private static float[] inRange(
            float[] image, int width, int height, double sigma, double least, double range) {
        final double scale = 255 / range;
        final float[] levels = new float[image.length];
        for (int i = 0; i < levels.length; i++) levels[i] = (float) (scale * (image[i] - least));
        final float[] estimate = denoise(levels, width, height, scale * sigma);
        for (int i = 0; i < estimate.length; i++)
            estimate[i] = (float) (estimate[i] / scale + least);
        return estimate;
    }

    private float[] filtered(Step step, float[] noisy, float[] guide, Shrinkage shrinkage) {
        final int side = step.transform().side();
        final Coefficients ofNoisy = new Coefficients(noisy, step);
        final Coefficients ofGuide = noisy == guide ? ofNoisy : new Coefficients(guide, step);
        final float[] window = kaiser(side);
        final double[] sums = new double[noisy.length];
        final double[] weights = new double[noisy.length];
        for (final int y : corners(height, side))
            for (final int x : corners(width, side)) {
                final int[] group = alike(guide, step, y * width + x);
                final float[][] blocks = ofNoisy.copies(group);
                walshHadamard(blocks);
                final float[][] signal = noisy == guide ? blocks : ofGuide.copies(group);
                if (noisy != guide) walshHadamard(signal);
                final double weight = shrinkage.apply(blocks, signal);
                walshHadamard(blocks);
                for (int b = 0; b < group.length; b++) {
                    step.transform().inverse(blocks[b]);
                    for (int i = 0; i < blocks[b].length; i++) {
                        final int pixel = group[b] + i / side * width + i % side;
                        sums[pixel] += weight * window[i] * blocks[b][i];
                        weights[pixel] += weight * window[i];
                    }
                }
            }
        final float[] estimate = new float[noisy.length];
        for (int i = 0; i < estimate.length; i++)
            estimate[i] = weights[i] > 0 ? (float) (sums[i] / weights[i]) : noisy[i];
        return estimate;
    }

    private double threshold(float[][] noisy, float[][] guide) {
        int kept = 0;
        for (final float[] block : noisy)
            for (int i = 0; i < block.length; i++)
                if (Math.abs(block[i]) > THRESHOLD * sigma) kept++;
                else block[i] = 0;
        return 1.0 / Math.max(1, kept);
    }

    private double wiener(float[][] noisy, float[][] guide) {
        double squares = 0;
        for (int b = 0; b < noisy.length; b++)
            for (int i = 0; i < noisy[b].length; i++) {
                final double power = (double) guide[b][i] * guide[b][i];
                final double share = power / (power + sigma * sigma);
                noisy[b][i] *= (float) share;
                squares += share * share;
            }
        return 1 / squares;
    }

    /** The corners, upper left, of the blocks most like one, in this order: a power of two. */
    private int[] alike(float[] image, Step step, int corner) {
        final int side = step.transform().side();
        final int top = Math.max(0, corner / width - REACH);
        final int bottom = Math.min(height - side, corner / width + REACH);
        final int left = Math.max(0, corner % width - REACH);
        final int right = Math.min(width - side, corner % width + REACH);
        // Distance and corner: the bits of positive floats are in the order of their values.
        final long[] best = new long[step.most()];
        int count = 0;
        float bound = (float) (step.alike() * side * side);
        for (int y = top; y <= bottom; y++)
            for (int x = left; x <= right; x++) {
                final int other = y * width + x;
                final float distance = distance(image, side, corner, other, bound);
                if (distance >= bound) continue;
                final long found = (long) Float.floatToIntBits(distance) << 32 | other;
                int place = count < best.length ? count++ : count - 1;
                for (; place > 0 && best[place - 1] > found; place--) best[place] = best[place - 1];
                best[place] = found;
                if (count == best.length)
                    bound = Float.intBitsToFloat((int) (best[count - 1] >> 32));
            }
        final int[] group = new int[Integer.highestOneBit(count)];
        for (int i = 0; i < group.length; i++) group[i] = (int) best[i];
        return group;
    }

    /** Sum of squared differences, given up where it reaches the bound. */
    private float distance(float[] image, int side, int first, int second, float bound) {
        float sum = 0;
        for (int y = 0; y < side && sum < bound; y++)
            for (int x = 0; x < side; x++) {
                final float d = image[first + y * width + x] - image[second + y * width + x];
                sum += d * d;
            }
        return sum;
    }

    /** Every third, and the last. */
    private static int[] corners(int length, int side) {
        final int last = length - REACH - side;
        final int count = (last - REACH + STRIDE - 1) / STRIDE + 1;
        final int[] corners = new int[count];
        for (int i = 0; i < count; i++) corners[i] = Math.min(last, REACH + i * STRIDE);
        return corners;
    }

    /** Along the group, orthonormal, its own inverse. */
    private static void walshHadamard(float[][] group) {
        for (int half = 1; half < group.length; half *= 2)
            for (int b = 0; b < group.length; b++)
                if ((b & half) == 0)
                    for (int i = 0; i < group[b].length; i++) {
                        final float sum = group[b][i] + group[b + half][i];
                        final float difference = group[b][i] - group[b + half][i];
                        group[b][i] = sum * ROOT_HALF;
                        group[b + half][i] = difference * ROOT_HALF;
                    }
    }

    private static float[] kaiser(int side) {
        final float[] window = new float[side * side];
        for (int i = 0; i < window.length; i++)
            window[i] = (float) (kaiser(i % side, side) * kaiser(i / side, side));
        return window;
    }

    private static double kaiser(int i, int side) {
        final double x = 2.0 * i / (side - 1) - 1;
        return bessel(KAISER_BETA * Math.sqrt(1 - x * x)) / bessel(KAISER_BETA);
    }

    /** Modified Bessel function of the first kind and order 0, by its power series. */
    private static double bessel(double x) {
        double term = 1;
        double sum = 1;
        for (int k = 1; k < 30; k++) {
            term *= x * x / 4 / (k * k);
            sum += term;
        }
        return sum;
    }

    /** With a mirrored border, so that blocks at the edge find as many others. */
    private float[] enlarged(float[] image) {
        final float[] enlarged = new float[width * height];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                enlarged[y * width + x] =
                        image[
                                mirrored(y - REACH, height - 2 * REACH) * (width - 2 * REACH)
                                        + mirrored(x - REACH, width - 2 * REACH)];
        return enlarged;
    }

    private static int mirrored(int i, int length) {
        return i < 0 ? -1 - i : i < length ? i : 2 * length - 1 - i;
    }

    private float[] cut(float[] enlarged) {
        final int columns = width - 2 * REACH;
        final float[] image = new float[columns * (height - 2 * REACH)];
        for (int i = 0; i < image.length; i++)
            image[i] = enlarged[(i / columns + REACH) * width + i % columns + REACH];
        return image;
    }

    /** The transforms of an image's blocks, each computed when it is first asked for. */
    private final class Coefficients {

        private final float[] image;
        private final Step step;
        private final float[][] ofCorner;

        Coefficients(float[] image, Step step) {
            this.image = image;
            this.step = step;
            ofCorner = new float[image.length][];
        }

        float[][] copies(int[] corners) {
            final float[][] copies = new float[corners.length][];
            for (int i = 0; i < copies.length; i++) copies[i] = at(corners[i]).clone();
            return copies;
        }

        private float[] at(int corner) {
            if (ofCorner[corner] == null) {
                final int side = step.transform().side();
                final float[] block = new float[side * side];
                for (int i = 0; i < block.length; i++)
                    block[i] = image[corner + i / side * width + i % side];
                step.transform().forward(block);
                ofCorner[corner] = block;
            }
            return ofCorner[corner];
        }
    }
}
