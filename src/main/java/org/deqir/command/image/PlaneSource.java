/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.image;

import ij.ImagePlus;
import ij.ImageStack;
import ij.measure.Calibration;
import ij.process.ImageProcessor;
import java.awt.Rectangle;
import org.deqir.image.IntensityLimits;
import org.deqir.image.Plane;

/**
 * An {@link ImagePlus} read plane by plane in its own grey levels, those that ImageJ shows and
 * measures: the raw samples, or with a straight-line calibration (signed 16-bit images have one)
 * the calibrated ones. RGB planes have three channels of 0 to 255.
 *
 * <p>Nothing is cached and the image is never changed, so virtual stacks are read one plane at a
 * time.
 */
public final class PlaneSource {

    /** Of a plane of which {@link #isWithoutNumbers} is true: the end of a sentence. */
    public static final String NO_NUMBER = "none of its pixels is a number";

    static final String NO_IMAGE = "There is no image: open one first.";

    private final ImagePlus image;
    private final ImageStack stack;
    private final double intercept;
    private final double slope;

    private PlaneSource(ImagePlus image, double intercept, double slope) {
        this.image = image;
        this.stack = image.getStack();
        this.intercept = intercept;
        this.slope = slope;
    }

    /**
     * @param image the image that the command works on
     * @return the planes of the image
     * @throws IllegalArgumentException if there is no image, it is empty, its values are indices of
     *     a palette, or its grey levels depend on the samples by anything but a straight line
     */
    public static PlaneSource of(ImagePlus image) {
        if (image == null) throw new IllegalArgumentException(NO_IMAGE);
        if (image.getProcessor() == null || image.getWidth() < 1 || image.getHeight() < 1)
            throw new IllegalArgumentException(
                    "The image is empty, or no open image has the given title.");
        final String name = "The image '" + image.getTitle() + "' ";
        if (image.getType() == ImagePlus.COLOR_256 && !image.getProcessor().isPseudoColorLut())
            throw new IllegalArgumentException(
                    name
                            + "has indexed colours, whose values are no intensities: convert it to"
                            + " RGB or 8-bit first (Image > Type).");
        final Calibration calibration = image.getCalibration();
        final boolean hasFunction =
                calibration.calibrated() && (image.getBitDepth() == 8 || image.getBitDepth() == 16);
        if (!hasFunction) return new PlaneSource(image, 0, 1);
        final double[] line = calibration.getCoefficients();
        if (calibration.getFunction() != Calibration.STRAIGHT_LINE
                || calibration.zeroClip()
                || line == null
                || line[1] == 0)
            throw new IllegalArgumentException(
                    name
                            + "has a density calibration that is not a straight line: remove it"
                            + " first (Analyze > Calibrate, function None).");
        return new PlaneSource(image, line[0], line[1]);
    }

    /** {@return the image whose planes are read} */
    public ImagePlus image() {
        return image;
    }

    /** {@return the grey levels at which the image's type clips} */
    public IntensityLimits limits() {
        final int bits = image.getBitDepth() == 24 ? 8 : image.getBitDepth();
        if (bits > 16) return IntensityLimits.NONE;
        final double first = intercept;
        final double last = intercept + slope * ((1 << bits) - 1);
        return new IntensityLimits(Math.min(first, last), Math.max(first, last));
    }

    /** {@return pixels in a row} */
    public int width() {
        return image.getWidth();
    }

    /** {@return rows of a plane} */
    public int height() {
        return image.getHeight();
    }

    /** 3 for RGB, otherwise 1: the channels of a hyperstack are planes of their own. */
    int channels() {
        return isRgb() ? 3 : 1;
    }

    /** {@return whether a pixel holds red, green and blue} */
    public boolean isRgb() {
        return image.getType() == ImagePlus.COLOR_RGB;
    }

    /**
     * {@return whether every plane of an RGB image is a grey one or has a channel that is the same
     * everywhere: its channels are then no colours of one picture, and a prior for grey images
     * knows them better} All planes are looked at, so that a part of a stack is restored as in the
     * whole.
     */
    public boolean isGreyOrHasEmptyChannels() {
        for (int index = 1; index <= stack.getSize(); index++) {
            final ImageProcessor processor = processor(index);
            int differing = 0;
            boolean grey = true;
            final int first = processor.get(0) & 0xffffff;
            for (int i = 0; i < processor.getPixelCount(); i++) {
                final int rgb = processor.get(i) & 0xffffff;
                differing |= rgb ^ first;
                grey &= rgb == (rgb & 0xff) * 0x10101;
            }
            final boolean hasEmpty =
                    (differing & 0xff0000) == 0
                            || (differing & 0xff00) == 0
                            || (differing & 0xff) == 0;
            if (!grey && !hasEmpty) return false;
        }
        return true;
    }

    /** {@return the plane's samples as they are, not to be changed; {@code index} counts from 1} */
    public ImageProcessor processor(int index) {
        return stack.getProcessor(index);
    }

    /** {@return the grey levels within a box of one plane; {@code index} counts from 1} */
    public Plane read(int index, Rectangle box) {
        final ImageProcessor processor = processor(index);
        final float[][] channels = new float[channels()][box.width * box.height];
        for (int y = 0, i = 0; y < box.height; y++)
            for (int x = 0; x < box.width; x++, i++)
                if (isRgb()) {
                    final int rgb = processor.get(box.x + x, box.y + y);
                    channels[0][i] = rgb >> 16 & 0xff;
                    channels[1][i] = rgb >> 8 & 0xff;
                    channels[2][i] = rgb & 0xff;
                } else channels[0][i] = toGreyLevel(processor.getf(box.x + x, box.y + y));
        return new Plane(channels, box.width, box.height);
    }

    /**
     * {@return whether all pixels within a box of one plane are NaN or infinite; {@code index}
     * counts from 1}
     */
    public boolean isWithoutNumbers(int index, Rectangle box) {
        if (image.getBitDepth() != 32) return false;
        for (final float level : read(index, box).channels()[0])
            if (Float.isFinite(level)) return false;
        return true;
    }

    /** {@return the calibrated grey level of a stored sample} */
    public float toGreyLevel(float raw) {
        return slope == 1 && intercept == 0 ? raw : (float) (intercept + slope * raw);
    }

    /**
     * {@return the raw sample, not yet rounded, of a grey level; the inverse of what {@link #read}
     * does}
     */
    public double toRaw(float greyLevel) {
        return (greyLevel - intercept) / slope;
    }

    /** {@return the whole plane} */
    public Rectangle bounds() {
        return new Rectangle(width(), height());
    }

    /**
     * {@return how a sentence names the plane at a position from 1: by the position, when there are
     * several}
     */
    public String nameOf(int index) {
        return stack.getSize() == 1
                ? "'" + image.getTitle() + "'"
                : "slice " + index + " of '" + image.getTitle() + "'";
    }
}
