/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.stream.Stream;
import net.imglib2.FinalInterval;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.img.Img;
import net.imglib2.img.ImgFactory;
import net.imglib2.img.array.ArrayImgFactory;
import net.imglib2.img.array.ArrayImgs;
import net.imglib2.img.cell.CellImgFactory;
import net.imglib2.img.planar.PlanarImgFactory;
import net.imglib2.type.NativeType;
import net.imglib2.type.numeric.IntegerType;
import net.imglib2.type.numeric.RealType;
import net.imglib2.type.numeric.integer.ByteType;
import net.imglib2.type.numeric.integer.IntType;
import net.imglib2.type.numeric.integer.ShortType;
import net.imglib2.type.numeric.integer.UnsignedByteType;
import net.imglib2.type.numeric.integer.UnsignedShortType;
import net.imglib2.type.numeric.real.DoubleType;
import net.imglib2.type.numeric.real.FloatType;
import net.imglib2.view.Views;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PlanesTest {

    private static final long[] SIZE = {7, 5, 2, 3};

    static Stream<ImgFactory<?>> factories() {
        return Stream.of(
                        new UnsignedByteType(),
                        new ByteType(),
                        new UnsignedShortType(),
                        new ShortType(),
                        new IntType(),
                        new FloatType(),
                        new DoubleType())
                .flatMap(PlanesTest::layouts);
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static Stream<ImgFactory<?>> layouts(NativeType type) {
        return Stream.of(
                new ArrayImgFactory(type),
                new PlanarImgFactory(type),
                new CellImgFactory(type, 4, 4, 1, 2));
    }

    @ParameterizedTest
    @MethodSource("factories")
    <T extends RealType<T>> void whatIsWrittenIsRead(ImgFactory<T> factory) {
        final Img<T> image = factory.create(SIZE);
        assertEquals(6, Planes.count(image));
        final double most = image.getType().getMaxValue();
        for (int p = 0; p < 6; p++) {
            final float[] samples = new float[35];
            for (int i = 0; i < 35; i++) samples[i] = (float) Math.min(most, p * 20 + i);
            Planes.write(image, p, samples);
        }
        for (int p = 0; p < 6; p++) {
            final float[] read = Planes.read(image, p);
            for (int i = 0; i < 35; i++) {
                final double stored =
                        image.randomAccess()
                                .setPositionAndGet(i % 7, i / 7, p % 2, p / 2)
                                .getRealDouble();
                assertEquals(Math.min(most, p * 20 + i), stored);
                assertEquals(stored, read[i]);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("factories")
    <T extends RealType<T>> void integersGetTheNearestValueTheyCanHold(ImgFactory<T> factory) {
        final Img<T> image = factory.create(SIZE);
        final T type = image.getType();
        final float[] samples = new float[35];
        samples[0] = -1e12f;
        samples[1] = 1e12f;
        samples[2] = 41.6f;
        Planes.write(image, 3, samples);
        final double[] stored = new double[3];
        for (int i = 0; i < 3; i++)
            stored[i] = image.randomAccess().setPositionAndGet(i, 0, 1, 1).getRealDouble();
        if (type instanceof IntegerType)
            assertArrayEquals(new double[] {type.getMinValue(), type.getMaxValue(), 42}, stored);
        else assertArrayEquals(new double[] {-1e12f, 1e12f, 41.6f}, stored);
    }

    @Test
    void viewsWithAnOffsetAreReadFromTheirMinimum() {
        final float[] samples = new float[6 * 4 * 2];
        for (int i = 0; i < samples.length; i++) samples[i] = i;
        final RandomAccessibleInterval<FloatType> crop =
                Views.interval(
                        ArrayImgs.floats(samples, 6, 4, 2),
                        FinalInterval.createMinSize(2, 1, 1, 3, 2, 1));
        assertArrayEquals(new float[] {32, 33, 34, 38, 39, 40}, Planes.read(crop, 0));
    }

    @Test
    void aNewImageHasTheTypeOfTheOld() {
        final Img<UnsignedShortType> image = ArrayImgs.unsignedShorts(4, 4);
        final Img<UnsignedShortType> created = Planes.create(image, 8, 8);
        assertSame(UnsignedShortType.class, created.getType().getClass());
        assertEquals(8, created.dimension(0));
    }

    @Test
    void emptyAndOneDimensionalImagesAreRefused() {
        assertThrows(
                IllegalArgumentException.class,
                () -> Planes.count(ArrayImgs.floats(new long[] {5})));
        assertThrows(
                IllegalArgumentException.class,
                () -> Planes.count(FinalInterval.createMinSize(0, 0, 0, 5, 0, 1)));
    }
}
