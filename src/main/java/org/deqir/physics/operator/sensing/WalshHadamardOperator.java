/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.operator.sensing;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import org.deqir.physics.Tensors;
import org.deqir.physics.operator.AbstractSpectralOperator;

/**
 * Walsh–Hadamard sensing (single-pixel camera): a subset of the orthonormal Walsh–Hadamard
 * coefficients of each channel is measured.
 *
 * <p>Measurements have the shape (C, M); A⁺ = Aᵀ. The spectrum is (C, H·W), measured coefficients
 * first. Sizes whose number of pixels is no power of two are handled exactly by {@link
 * HadamardTransform}.
 */
public final class WalshHadamardOperator extends AbstractSpectralOperator {

    private final int measured;
    private final HadamardTransform transform;
    private final Permutation pixels;
    private final Permutation coefficients;

    /**
     * Sensing with a random choice of coefficients. Where the number of pixels is no power of two
     * the pixels are shuffled first, so that no part of the image is left to one small transform.
     * The sum of the pixels of each transform is always measured: without the brightness of the
     * image there is little to restore.
     *
     * @param ratio share of the coefficients that is measured, above 0 and up to 1
     * @param seed seed of the choice; the same seed, ratio and size give the same operator
     */
    public WalshHadamardOperator(
            NDManager manager, int channels, int height, int width, double ratio, long seed) {
        this(
                manager,
                channels,
                height,
                width,
                randomPixelOrder(pixelCount(height, width), seed),
                randomCoefficientOrder(pixelCount(height, width), seed),
                measuredCount(pixelCount(height, width), ratio));
    }

    /**
     * Sensing with a given choice of coefficients.
     *
     * @param pixelOrder a permutation of the H·W pixels (row by row) that precedes the transform
     * @param coefficientOrder a permutation of the H·W coefficients
     * @param measured M: the first M coefficients of that order are measured
     */
    public WalshHadamardOperator(
            NDManager manager,
            int channels,
            int height,
            int width,
            int[] pixelOrder,
            int[] coefficientOrder,
            int measured) {
        super(
                manager,
                Tensors.imageShape(channels, height, width),
                measurementShape(channels, height * width, pixelOrder, coefficientOrder, measured),
                singularValues(channels, height * width, measured),
                new Shape(channels, (long) height * width));
        this.measured = measured;
        transform = new HadamardTransform(constants, height * width);
        pixels = new Permutation(constants, pixelOrder);
        coefficients = new Permutation(constants, coefficientOrder);
    }

    @Override
    protected NDArray forward(NDArray x) {
        return Tensors.head(analysed(x), 2, measured).duplicate();
    }

    @Override
    protected NDArray transposed(NDArray y) {
        return synthesised(measurementAnalysed(y));
    }

    @Override
    protected NDArray inverted(NDArray y) {
        return transposed(y);
    }

    @Override
    protected NDArray analysed(NDArray x) {
        final NDArray flat = x.reshape(new Shape(-1).addAll(singularValues().getShape()));
        return coefficients.permute(transform.transform(pixels.permute(flat)));
    }

    @Override
    protected NDArray synthesised(NDArray v) {
        return pixels.restore(transform.transform(coefficients.restore(v)))
                .reshape(new Shape(-1).addAll(imageShape()));
    }

    @Override
    protected NDArray measurementAnalysed(NDArray y) {
        final long all = singularValues().getShape().get(1);
        return all == measured ? y.duplicate() : Tensors.zeroPad(y, 2, all);
    }

    @Override
    public String describe() {
        return String.format(
                Locale.ROOT,
                "Walsh–Hadamard sensing of %.4g %% of the coefficients",
                100.0 * measured / singularValues().getShape().get(1));
    }

    private static Shape measurementShape(
            int channels, int pixels, int[] pixelOrder, int[] coefficientOrder, int measured) {
        requirePermutation("pixel order", pixelOrder, pixels);
        requirePermutation("coefficient order", coefficientOrder, pixels);
        Tensors.requireInRange("Number of measured coefficients", measured, 1, pixels);
        return new Shape(channels, measured);
    }

    private static void requirePermutation(String name, int[] order, int length) {
        if (order.length != length)
            throw new IllegalArgumentException(
                    "A %s of %s entries does not fit %s pixels."
                            .formatted(name, order.length, length));
        final boolean[] seen = new boolean[length];
        for (int i = 0; i < length; i++) {
            if (order[i] < 0 || order[i] >= length || seen[order[i]])
                throw new IllegalArgumentException(
                        "Entry %s of the %s, %s, is out of range or occurs twice."
                                .formatted(i, name, order[i]));
            seen[order[i]] = true;
        }
    }

    private static int pixelCount(int height, int width) {
        return Math.toIntExact(Tensors.imageShape(1, height, width).size());
    }

    private static int measuredCount(int pixels, double ratio) {
        Tensors.requireRatio(ratio);
        return Math.max(1, (int) Math.round(ratio * pixels));
    }

    private static int[] randomPixelOrder(int pixels, long seed) {
        final int[] order = identity(pixels);
        if (Integer.bitCount(pixels) > 1) shuffle(order, 0, new Random(seed));
        return order;
    }

    private static int[] randomCoefficientOrder(int pixels, long seed) {
        final int[] order = identity(pixels);
        int sums = 0;
        int from = 0;
        for (int size = Integer.highestOneBit(pixels); size > 0; size /= 2) {
            if ((pixels & size) == 0) continue;
            order[from] = order[sums];
            order[sums] = from;
            sums++;
            from += size;
        }
        shuffle(order, sums, new Random(~seed));
        return order;
    }

    private static int[] identity(int length) {
        final int[] order = new int[length];
        Arrays.setAll(order, i -> i);
        return order;
    }

    /** Fisher–Yates on the entries from {@code from} on. */
    private static void shuffle(int[] order, int from, Random random) {
        for (int i = order.length - 1; i > from; i--) {
            final int other = from + random.nextInt(i - from + 1);
            final int swapped = order[i];
            order[i] = order[other];
            order[other] = swapped;
        }
    }

    private static float[] singularValues(int channels, int pixels, int measured) {
        final float[] values = new float[channels * pixels];
        for (int c = 0; c < channels; c++)
            Arrays.fill(values, c * pixels, c * pixels + measured, 1);
        return values;
    }

    /** A reordering of the last axis and its inverse; none if it changes nothing. */
    private static final class Permutation {

        private final NDArray order;
        private final NDArray inverse;
        private final boolean trivial;

        Permutation(NDManager manager, int[] order) {
            final long[] forward = new long[order.length];
            final long[] backward = new long[order.length];
            boolean ordered = true;
            for (int i = 0; i < order.length; i++) {
                forward[i] = order[i];
                backward[order[i]] = i;
                ordered &= order[i] == i;
            }
            trivial = ordered;
            this.order = manager.create(forward);
            inverse = manager.create(backward);
        }

        NDArray permute(NDArray x) {
            return trivial ? x : x.get(new NDIndex(":, :, {}", order));
        }

        NDArray restore(NDArray x) {
            return trivial ? x : x.get(new NDIndex(":, :, {}", inverse));
        }
    }
}
