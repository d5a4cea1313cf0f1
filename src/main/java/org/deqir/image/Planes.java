/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.image;

import net.imglib2.Interval;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.blocks.PrimitiveBlocks;
import net.imglib2.converter.Converters;
import net.imglib2.converter.RealFloatConverter;
import net.imglib2.img.Img;
import net.imglib2.img.array.ArrayImgFactory;
import net.imglib2.img.basictypeaccess.array.ArrayDataAccess;
import net.imglib2.img.list.ListImgFactory;
import net.imglib2.img.planar.PlanarImg;
import net.imglib2.img.planar.PlanarImgFactory;
import net.imglib2.type.NativeType;
import net.imglib2.type.numeric.IntegerType;
import net.imglib2.type.numeric.RealType;
import net.imglib2.type.numeric.real.FloatType;
import net.imglib2.util.IntervalIndexer;
import net.imglib2.util.Intervals;
import net.imglib2.view.Views;

/**
 * Reads and writes the two-dimensional planes (dimensions 0 and 1) of an ImgLib2 image of any
 * number of dimensions, in bulk and without an object per pixel.
 *
 * <p>Planes are numbered with dimension 2 running fastest.
 */
public final class Planes {

    private Planes() {}

    /**
     * {@return the number of two-dimensional planes in the image}
     *
     * @throws IllegalArgumentException if the image has fewer than two dimensions or is empty
     */
    public static int count(Interval image) {
        if (image.numDimensions() < 2)
            throw new IllegalArgumentException(
                    "The image has "
                            + image.numDimensions()
                            + " dimension(s), but at least two are needed.");
        long count = 1;
        for (int d = 0; d < image.numDimensions(); d++) {
            if (image.dimension(d) < 1)
                throw new IllegalArgumentException(
                        "The image is empty: dimension " + d + " has no pixels.");
            if (d > 1) count = Math.multiplyExact(count, image.dimension(d));
        }
        return Math.toIntExact(count);
    }

    /** {@return the samples of plane {@code index}, from 0, row by row, as float} */
    public static <T extends RealType<T>> float[] read(
            RandomAccessibleInterval<T> image, int index) {
        final RandomAccessibleInterval<T> plane = slice(image, index);
        final int width = Math.toIntExact(plane.dimension(0));
        final int height = Math.toIntExact(plane.dimension(1));
        final float[] samples = new float[Math.multiplyExact(width, height)];
        final RandomAccessibleInterval<FloatType> floats =
                Converters.convert(plane, new RealFloatConverter<>(), new FloatType());
        if (plane.getType() instanceof NativeType)
            PrimitiveBlocks.of(floats)
                    .copy(Intervals.minAsLongArray(plane), samples, new int[] {width, height});
        else {
            final var cursor = Views.flatIterable(floats).cursor();
            for (int i = 0; i < samples.length; i++) samples[i] = cursor.next().get();
        }
        return samples;
    }

    /**
     * Writes the grey levels, row by row, of plane {@code index}, from 0. Integer types get the
     * nearest value they can hold, others the value as it is.
     */
    public static <T extends RealType<T>> void write(
            RandomAccessibleInterval<T> image, int index, float[] samples) {
        final T type = image.getType();
        final boolean integer = type instanceof IntegerType;
        final double least = type.getMinValue();
        final double most = type.getMaxValue();
        if (image instanceof PlanarImg<?, ?> planar
                && fill(storage(planar, index), samples, integer, least, most)) return;
        final var cursor = Views.flatIterable(slice(image, index)).cursor();
        for (final float sample : samples)
            cursor.next().setReal(integer ? nearest(sample, least, most) : sample);
    }

    /** {@return a new, empty image of the same type with the given dimensions} */
    @SuppressWarnings({"unchecked", "rawtypes"})
    public static <T extends RealType<T>> Img<T> create(
            RandomAccessibleInterval<T> image, long... dimensions) {
        final T type = image.getType();
        if (type instanceof NativeType nativeType)
            return (Img<T>)
                    (dimensions[0] * dimensions[1] <= Integer.MAX_VALUE - 8
                            ? new PlanarImgFactory(nativeType).create(dimensions)
                            : new ArrayImgFactory(nativeType).create(dimensions));
        return new ListImgFactory<>(type).create(dimensions);
    }

    private static Object storage(PlanarImg<?, ?> image, int index) {
        final Object access = image.getPlane(index);
        return access instanceof ArrayDataAccess<?> array ? array.getCurrentStorageArray() : null;
    }

    private static boolean fill(
            Object storage, float[] samples, boolean integer, double least, double most) {
        if (storage instanceof float[] floats) {
            System.arraycopy(samples, 0, floats, 0, samples.length);
        } else if (storage instanceof double[] doubles) {
            for (int i = 0; i < samples.length; i++) doubles[i] = samples[i];
        } else if (integer && storage instanceof byte[] bytes) {
            for (int i = 0; i < samples.length; i++)
                bytes[i] = (byte) nearest(samples[i], least, most);
        } else if (integer && storage instanceof short[] shorts) {
            for (int i = 0; i < samples.length; i++)
                shorts[i] = (short) nearest(samples[i], least, most);
        } else {
            return false;
        }
        return true;
    }

    private static long nearest(float sample, double least, double most) {
        return Math.round(Math.max(least, Math.min(most, sample)));
    }

    private static <T> RandomAccessibleInterval<T> slice(
            RandomAccessibleInterval<T> image, int index) {
        final int extra = image.numDimensions() - 2;
        final long[] position = new long[extra];
        final long[] size = new long[extra];
        for (int d = 0; d < extra; d++) size[d] = image.dimension(d + 2);
        IntervalIndexer.indexToPosition(index, size, position);
        RandomAccessibleInterval<T> plane = image;
        for (int d = extra - 1; d >= 0; d--)
            plane = Views.hyperSlice(plane, d + 2, image.min(d + 2) + position[d]);
        return plane;
    }
}
