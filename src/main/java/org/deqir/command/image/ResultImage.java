/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.image;

import ij.ImagePlus;
import ij.process.ByteProcessor;
import ij.process.ColorProcessor;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import ij.process.ShortProcessor;
import java.awt.Rectangle;
import java.io.IOException;
import org.deqir.image.Plane;

/**
 * Collects processed planes into a new {@link ImagePlus} that keeps everything of the input that
 * still holds: calibration, dimensions, look-up tables, channel modes, display range, slice labels,
 * overlay, info and properties.
 *
 * <p>At the input's own size, pixels outside the {@link Region} are copied as they are. With a
 * scale other than 1 the result is the region's box alone, at the new size. Integer types take the
 * nearest value they can hold.
 */
public final class ResultImage implements AutoCloseable {

    /** What a result's samples are. */
    public enum Samples {
        /** As the input's. */
        LIKE_INPUT,
        /** 16-bit, of an 8-bit input whose results may be brighter than it can hold. */
        SIXTEEN_BIT,
        /** 32-bit grey levels; of an RGB input three channels. */
        FLOAT,
        /** As {@link #FLOAT}, but differences of grey levels, with a display range of their own. */
        SPREAD,
        /** 32-bit grey levels of an RGB input that became grey. */
        GREY,
        /** 8-bit, 0 and 255. */
        MASK,
        /** RGB, each channel 0 to 255. */
        RGB
    }

    private final PlaneSource source;
    private final SliceSelection slices;
    private final Region region;
    private final double scale;
    private final int axial;
    private final Samples samples;
    private final boolean wholePlane;
    private final Rectangle target;
    private final int width;
    private final int height;
    private final PlaneStore store;
    private final ImageProcessor[] planes;

    /**
     * @param region what of each plane was restored
     * @param scale size of the result relative to the region's box: an integer factor to enlarge,
     *     or its reciprocal to reduce
     * @param samples type of the result's pixels
     */
    public ResultImage(
            PlaneSource source,
            SliceSelection slices,
            Region region,
            double scale,
            Samples samples) {
        this(source, slices, region, scale, 1, samples, scale == 1, null);
    }

    /**
     * A result whose planes are kept where the user wants them, perhaps with finer slices;
     * otherwise as the constructor's.
     *
     * @param suffix what the names of its files add to those of a main result, or empty
     * @param axial slices of the result for one of the selection, which then must be volumes
     */
    public static ResultImage at(
            OutputPlace place,
            String name,
            String suffix,
            PlaneSource source,
            SliceSelection slices,
            Region region,
            double scale,
            int axial,
            Samples samples) {
        final int[] dimensions = {
            slices.channels().length * planesPerSlice(source, samples),
            slices.slices().length * axial,
            slices.frames().length
        };
        return new ResultImage(
                source,
                slices,
                region,
                scale,
                axial,
                samples,
                scale == 1 && axial == 1,
                place.store(name, suffix, dimensions, source.image()));
    }

    /**
     * {@return a result that is the region's box alone, also at the input's own scale; otherwise as
     * the constructor's}
     */
    public static ResultImage cropped(
            PlaneSource source,
            SliceSelection slices,
            Region region,
            double scale,
            Samples samples) {
        return new ResultImage(source, slices, region, scale, 1, samples, false, null);
    }

    private ResultImage(
            PlaneSource source,
            SliceSelection slices,
            Region region,
            double scale,
            int axial,
            Samples samples,
            boolean wholePlane,
            PlaneStore store) {
        this.source = source;
        this.slices = slices;
        this.region = region;
        this.scale = scale;
        this.axial = axial;
        this.samples = samples;
        this.wholePlane = wholePlane;
        this.target = wholePlane ? source.bounds() : region.box();
        this.width = (int) Math.round(target.width * scale);
        this.height = (int) Math.round(target.height * scale);
        this.planes = new ImageProcessor[planesPerSlice()];
        this.store =
                store == null
                        ? new PlanesInMemory(slices.size() * axial * planesPerSlice())
                        : store;
    }

    private int planesPerSlice() {
        return planesPerSlice(source, samples);
    }

    private static int planesPerSlice(PlaneSource source, Samples samples) {
        return samples == Samples.FLOAT || samples == Samples.SPREAD ? source.channels() : 1;
    }

    /** Whether the samples have nothing to do with the input's, so that those cannot be copied. */
    private boolean isNew() {
        return samples == Samples.SPREAD || samples == Samples.MASK || samples == Samples.GREY;
    }

    private boolean isFloat() {
        return samples == Samples.FLOAT || samples == Samples.SPREAD || samples == Samples.GREY;
    }

    /** Takes the {@code i}-th plane of the selection, from 0, as the input has it. */
    public void copy(int i) {
        makeCopy(i);
        keep(i);
    }

    private void makeCopy(int i) {
        if (!wholePlane)
            throw new IllegalStateException("A plane of another size cannot be copied.");
        final ImageProcessor input = source.processor(slices.index(i));
        if (samples == Samples.LIKE_INPUT || samples == Samples.RGB && source.isRgb()) {
            planes[0] = input.duplicate();
            return;
        }
        if (samples == Samples.SIXTEEN_BIT) {
            planes[0] = input.convertToShortProcessor(false);
            return;
        }
        final Plane plane = source.read(slices.index(i), source.bounds());
        for (int c = 0; c < planes.length; c++) {
            if (isFloat()) planes[c] = new FloatProcessor(width, height, plane.channels()[c]);
            else {
                planes[c] = new ColorProcessor(width, height);
                for (int k = 0; k < width * height; k++) planes[c].set(k, grey(plane, k));
            }
        }
    }

    private static int grey(Plane plane, int k) {
        final int value = (int) nearest(plane.channels()[0][k], 255);
        return 0xff000000 | value << 16 | value << 8 | value;
    }

    /**
     * Takes the {@code i}-th plane of the result, from 0, whose pixels all are the same, as the
     * input has it.
     */
    public void copyBlank(int i) {
        if (wholePlane && !isNew()) {
            copy(i);
            return;
        }
        final Plane first =
                source.read(slices.index(origin(i)), new Rectangle(target.x, target.y, 1, 1));
        makeClear();
        final Plane blank = new Plane(first.channels(), 1, 1);
        for (int y = 0; y < height; y++) for (int x = 0; x < width; x++) set(x, y, blank, 0);
        keep(i);
    }

    /**
     * {@return the place in the result of the {@code k}-th finer slice of a slice of the selection;
     * all from 0}
     */
    public int place(int selected, int k) {
        final int channels = slices.channels().length;
        return (selected / channels * axial + k) * channels + selected % channels;
    }

    /**
     * The slice of the selection that a slice of the result comes from; inverse of {@link #place}.
     */
    private int origin(int i) {
        final int channels = slices.channels().length;
        return axial == 1 ? i : i / channels / axial * channels + i % channels;
    }

    /** Takes the {@code i}-th plane of the result, from 0, as 0 everywhere. */
    public void clear(int i) {
        makeClear();
        keep(i);
    }

    private void makeClear() {
        for (int c = 0; c < planes.length; c++) planes[c] = newProcessor();
    }

    private void keep(int i) {
        try {
            for (int c = 0; c < planes.length; c++) {
                store.put(i * planes.length + c, planes[c]);
                planes[c] = null;
            }
        } catch (IOException e) {
            throw notWritten(e);
        }
    }

    private static IllegalArgumentException notWritten(IOException e) {
        return new IllegalArgumentException(
                "The result cannot be written to output: " + e.getMessage(), e);
    }

    /**
     * Takes the {@code i}-th plane of the result, from 0, as it was computed: the region's context
     * box at the result's scale.
     */
    public void put(int i, Plane computed) {
        if (wholePlane && !isNew()) makeCopy(i);
        else makeClear();
        final Rectangle box = region.box();
        final Rectangle context = region.context();
        final int left = (int) Math.round((box.x - context.x) * scale);
        final int top = (int) Math.round((box.y - context.y) * scale);
        final int x0 = wholePlane ? box.x : 0;
        final int y0 = wholePlane ? box.y : 0;
        final int boxWidth = (int) Math.round(box.width * scale);
        final int boxHeight = (int) Math.round(box.height * scale);
        for (int y = 0; y < boxHeight; y++)
            for (int x = 0; x < boxWidth; x++) {
                if (wholePlane && !region.contains(box.x + x, box.y + y)) continue;
                set(x0 + x, y0 + y, computed, (top + y) * computed.width() + left + x);
            }
        keep(i);
    }

    private ImageProcessor newProcessor() {
        return switch (samples) {
            case FLOAT, SPREAD, GREY -> new FloatProcessor(width, height);
            case MASK -> new ByteProcessor(width, height);
            case RGB -> new ColorProcessor(width, height);
            case SIXTEEN_BIT -> new ShortProcessor(width, height);
            case LIKE_INPUT ->
                    switch (source.image().getBitDepth()) {
                        case 8 -> new ByteProcessor(width, height);
                        case 16 -> new ShortProcessor(width, height);
                        case 24 -> new ColorProcessor(width, height);
                        default -> new FloatProcessor(width, height);
                    };
        };
    }

    private void set(int x, int y, Plane computed, int k) {
        final float[][] channels = computed.channels();
        if (isFloat()) {
            for (int c = 0; c < planes.length; c++) planes[c].setf(x, y, channels[c][k]);
            return;
        }
        final ImageProcessor processor = planes[0];
        if (processor instanceof ColorProcessor)
            processor.set(
                    x,
                    y,
                    0xff000000
                            | (int) nearest(channels[0][k], 255) << 16
                            | (int) nearest(channels[1][k], 255) << 8
                            | (int) nearest(channels[2][k], 255));
        else if (processor instanceof FloatProcessor) processor.setf(x, y, channels[0][k]);
        else
            processor.set(
                    x,
                    y,
                    (int)
                            nearest(
                                    samples == Samples.MASK
                                            ? channels[0][k]
                                            : source.toRaw(channels[0][k]),
                                    processor instanceof ByteProcessor ? 255 : 65535));
    }

    private static long nearest(double value, int most) {
        return Math.max(0, Math.min(most, Math.round(value)));
    }

    /** {@return the image of all planes, every one of which must have been taken} */
    public ImagePlus build(String title) {
        final int count = slices.size() * axial * planes.length;
        final String[] labels = new String[count];
        for (int p = 0; p < count && axial == 1; p++)
            labels[p] = source.image().getStack().getSliceLabel(slices.index(p / planes.length));
        final ImagePlus plain = new ImagePlus(title, store.stack(labels));
        final int channels = slices.channels().length * planes.length;
        plain.setDimensions(channels, slices.slices().length * axial, slices.frames().length);
        plain.setOpenAsHyperStack(
                count > 1
                        && (source.image().isHyperStack() && slices.keepsDimensions()
                                || planes.length > 1));
        return new InheritedAttributes(source, slices, samples, scale, axial, target)
                .giveTo(plain, channels);
    }

    /**
     * Completes what is on disk, once the image of {@link #build} tells all that it is to tell
     * about itself.
     *
     * @throws IllegalArgumentException if it cannot be written
     */
    public void finish(ImagePlus image) {
        try {
            store.finish(image);
        } catch (IOException e) {
            throw notWritten(e);
        }
    }

    /** Removes what is on disk and was not finished. */
    @Override
    public void close() {
        store.close();
    }
}
