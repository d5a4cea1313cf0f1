/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/**
 * An endless field of standard normal noise that can be read anywhere, in any order.
 *
 * <p>The value at a position depends only on the seed, the stream (which draw of a computation it
 * is), the sample, the channel, and the position (y, x) in the whole image: it does not matter how
 * an image is cut into tiles or how samples are batched. Values are the same on every platform:
 * only operations whose result Java defines to the last bit are used.
 *
 * <p>Each row of a channel is a SplitMix64 sequence (Steele, Lea and Flood 2014) that starts at a
 * hash of everything but x; uniform numbers become normal ones through the inverse of the normal
 * distribution's cumulative function (Wichura 1988, algorithm AS 241, relative accuracy 1e-7).
 */
public final class GaussianNoise {

    private static final long GOLDEN = 0x9e3779b97f4a7c15L;

    private final long key;
    private final long firstChannel;
    private final long firstRow;
    private final long firstColumn;

    /** The field of a seed; every seed is a good one. */
    public GaussianNoise(long seed) {
        this(seed, 0);
    }

    /**
     * The field of a plane of a stack: independent of those of other planes. Plane 0 has the field
     * of a single image.
     */
    public GaussianNoise(long seed, long plane) {
        final long ofSeed = mix(seed + GOLDEN);
        key = plane == 0 ? ofSeed : combine(~ofSeed, plane);
        firstChannel = 0;
        firstRow = 0;
        firstColumn = 0;
    }

    private GaussianNoise(long key, long firstChannel, long firstRow, long firstColumn) {
        this.key = key;
        this.firstChannel = firstChannel;
        this.firstRow = firstRow;
        this.firstColumn = firstColumn;
    }

    /**
     * {@return the same field for a part of the image that begins at a row and column, which may be
     * negative}
     */
    public GaussianNoise at(long top, long left) {
        return at(0, top, left);
    }

    /**
     * {@return the same field for a block of a volume that begins at a voxel, whose slices are the
     * field's channels}
     */
    public GaussianNoise at(long slice, long top, long left) {
        return new GaussianNoise(key, firstChannel + slice, firstRow + top, firstColumn + left);
    }

    /**
     * Reads a part of the field.
     *
     * @param shape (N, C, H, W): N consecutive samples of an H × W window
     * @param stream which draw
     * @param firstSample sample index of the first of the N
     * @param top row of the window's first pixel in the whole image
     * @param left column of the window's first pixel in the whole image
     * @return standard normal numbers, float32
     */
    public NDArray draw(
            NDManager manager, Shape shape, long stream, long firstSample, long top, long left) {
        if (shape.dimension() != 4)
            throw new IllegalArgumentException("Noise of shape " + shape + " is not N, C, H, W.");
        final int images = Math.toIntExact(shape.get(0));
        final int channels = Math.toIntExact(shape.get(1));
        final int height = Math.toIntExact(shape.get(2));
        final int width = Math.toIntExact(shape.get(3));
        final float[] values = new float[Math.toIntExact(shape.size())];
        int offset = 0;
        for (int n = 0; n < images; n++) {
            for (int c = 0; c < channels; c++) {
                fill(values, offset, stream, firstSample + n, c, top, left, height, width);
                offset += height * width;
            }
        }
        return manager.create(values, shape);
    }

    /**
     * Reads a window of one channel of one sample into {@code target}, row by row from {@code
     * offset}.
     *
     * @param stream which of the independent streams, as a step of a chain
     * @param top first row of the window; may be negative
     * @param left first column of the window; may be negative
     */
    public void fill(
            float[] target,
            int offset,
            long stream,
            long sample,
            long channel,
            long top,
            long left,
            int height,
            int width) {
        final long plane = combine(combine(combine(key, stream), sample), firstChannel + channel);
        int i = offset;
        for (int y = 0; y < height; y++) {
            long state = combine(plane, firstRow + top + y) + GOLDEN * (firstColumn + left);
            for (int x = 0; x < width; x++) {
                state += GOLDEN;
                target[i++] = (float) normal(mix(state));
            }
        }
    }

    private static long combine(long key, long index) {
        return mix(key + GOLDEN * (index + 1));
    }

    /** The output function of SplitMix64. */
    private static long mix(long value) {
        long z = value;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    /** Maps uniform bits to a standard normal number (AS 241, routine PPND7). */
    private static double normal(long bits) {
        // 52 bits, so that adding a half is exact and neither 0 nor 1 can be met
        final double uniform = ((bits >>> 12) + 0.5) * 0x1p-52;
        final double centred = uniform - 0.5;
        if (Math.abs(centred) <= 0.425) {
            final double r = 0.180625 - centred * centred;
            return centred
                    * (((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179)
                    / (((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1);
        }
        final double tail = centred < 0 ? uniform : 1 - uniform;
        double r = Math.sqrt(-StrictMath.log(tail));
        final double value;
        if (r <= 5) {
            r -= 1.6;
            value =
                    (((0.17023821103 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777)
                            / ((0.12021132975 * r + 0.73700164250) * r + 1);
        } else {
            r -= 5;
            value =
                    (((0.017337203997 * r + 0.42868294337) * r + 3.0812263860) * r + 6.6579051150)
                            / ((0.012258202635 * r + 0.24197894225) * r + 1);
        }
        return centred < 0 ? -value : value;
    }
}
