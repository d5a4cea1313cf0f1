/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.key;

import ij.IJ;
import ij.ImagePlus;
import ij.gui.Overlay;
import ij.gui.Roi;
import ij.process.ByteProcessor;
import ij.process.ImageProcessor;
import java.awt.Point;
import java.awt.Rectangle;
import java.util.Set;
import java.util.stream.IntStream;
import org.deqir.command.image.NumpyMask;
import org.deqir.command.image.PlaneSource;
import org.deqir.command.image.Region;
import org.deqir.command.image.ResultImage;
import org.deqir.command.image.ResultImage.Samples;
import org.deqir.command.image.SliceSelection;
import org.deqir.command.image.Titles;
import org.deqir.image.Plane;
import org.deqir.physics.degradation.MissingPixels;

/** Which pixels of an image are unknown: the keys {@code missing} and {@code mask}. */
public abstract class MissingPixelKeys {

    private static final Set<Integer> CAMERA_BITS = Set.of(8, 10, 12, 14, 16);

    /** Value of a mask image where pixels are missing. */
    private static final int MARK = 255;

    /** Room above saturation, as a factor, that a type must have to hold filled pixels. */
    private static final double HEADROOM = 4;

    private MissingPixelKeys() {}

    /**
     * @param missing one of the choices of {@code DeqIR Inpaint...}
     * @param mask for {@code mask image}: its title, or the path of a mask in NumPy's format
     * @param source the image that is filled
     * @return the rule which pixels are missing
     * @throws IllegalArgumentException if what marks the pixels is not there or does not fit
     */
    public static MissingPixelKeys of(String missing, String mask, PlaneSource source) {
        return switch (missing) {
            case "mask image" ->
                    ofMask(
                            NumpyMask.isOne(mask)
                                    ? NumpyMask.read(mask, source.width(), source.height())
                                    : Titles.open("mask", mask, source.image()),
                            source);
            case "saturated" -> saturated(source);
            case "zeros" -> zeros(source);
            case "nan" -> nan(source);
            default -> ofSelection(source.image());
        };
    }

    /**
     * {@return whether the pixels of a part of the {@code index}-th plane, from 1, are missing, row
     * by row}
     */
    public abstract boolean[] in(int index, Rectangle part);

    /**
     * Makes the missing pixels of the {@code index}-th plane, from 1, NaN, or black if the image is
     * RGB. {@code plane} holds the grey levels of the part and is changed.
     */
    public final void removeFrom(Plane plane, int index, Rectangle part, boolean rgb) {
        final boolean[] unknown = in(index, part);
        for (final float[] channel : plane.channels())
            for (int i = 0; i < unknown.length; i++)
                if (unknown[i]) channel[i] = rgb ? 0 : Float.NaN;
    }

    /** {@return a mask image of whole planes, 255 where pixels are missing} */
    public final ImagePlus mask(PlaneSource source, SliceSelection selection, String title) {
        final Region all = Region.whole(source.image());
        final ResultImage mask = new ResultImage(source, selection, all, 1, Samples.MASK);
        for (int i = 0; i < selection.size(); i++) {
            final boolean[] unknown = in(selection.index(i), source.bounds());
            final float[] levels = new float[unknown.length];
            for (int p = 0; p < levels.length; p++) levels[p] = unknown[p] ? MARK : 0;
            mask.put(i, Plane.of(levels, source.width(), source.height()));
        }
        return mask.build(title);
    }

    /** Where a mask image is neither 0 nor NaN: one mask for all planes, or one for each. */
    static MissingPixelKeys ofMask(ImagePlus mask, PlaneSource source) {
        final ImagePlus image = source.image();
        if (mask.getWidth() != source.width() || mask.getHeight() != source.height())
            throw new IllegalArgumentException(
                    "mask = '%s' has %s pixels, but the image has %s."
                            .formatted(mask.getTitle(), size(mask), size(image)));
        final int planes = mask.getStackSize();
        if (planes != 1 && planes != image.getStackSize())
            throw new IllegalArgumentException(
                    "mask = '%s' has %s slices; it must have 1 or as many as the image, %s."
                            .formatted(mask.getTitle(), planes, image.getStackSize()));
        return new MissingPixelKeys() {
            @Override
            public boolean[] in(int index, Rectangle part) {
                final ImageProcessor ip = mask.getStack().getProcessor(planes == 1 ? 1 : index);
                if (mask.getBitDepth() == 24)
                    return test(part, (x, y) -> (ip.get(x, y) & 0xffffff) != 0);
                // The sample of the grey level 0; other calibrations have nothing to do with masks.
                final float zero = mask.getCalibration().isSigned16Bit() ? 1 << 15 : 0;
                return test(part, (x, y) -> ip.getf(x, y) != zero && !Float.isNaN(ip.getf(x, y)));
            }
        };
    }

    /**
     * {@return a rule by which pixels are missing at random, in every plane others}
     *
     * @param ratio probability that a pixel is known
     * @param key seed of the choice; the same gives the same pixels
     */
    public static MissingPixelKeys random(PlaneSource source, double ratio, long key) {
        return new MissingPixelKeys() {
            @Override
            public boolean[] in(int index, Rectangle part) {
                final boolean[] known =
                        MissingPixels.random(source.height(), source.width(), ratio, key + index)
                                .known();
                return test(part, (x, y) -> !known[y * source.width() + x]);
            }
        };
    }

    private static String size(ImagePlus image) {
        return image.getWidth() + " × " + image.getHeight();
    }

    /** Inside the selection, or those of the overlay if there is none. */
    private static MissingPixelKeys ofSelection(ImagePlus image) {
        final Roi roi = image.getRoi();
        final Overlay overlay = image.getOverlay();
        if (roi == null && (overlay == null || overlay.size() == 0))
            throw new IllegalArgumentException(
                    "There is no selection: select the pixels to fill in, or choose another kind"
                            + " of missing pixels.");
        final Roi[] all = roi != null ? new Roi[] {roi} : overlay.toArray();
        return new MissingPixelKeys() {
            @Override
            public boolean[] in(int index, Rectangle part) {
                final ByteProcessor drawn = new ByteProcessor(image.getWidth(), image.getHeight());
                drawn.setValue(255);
                for (final Roi selection : all)
                    if (isOn(selection, image, index)) draw(selection, drawn);
                return test(part, (x, y) -> drawn.get(x, y) != 0);
            }
        };
    }

    /** Whether a selection belongs to a plane: one without a position belongs to all. */
    private static boolean isOn(Roi roi, ImagePlus image, int index) {
        if (!roi.hasHyperStackPosition())
            return roi.getPosition() == 0 || roi.getPosition() == index;
        final int[] position = image.convertIndexToPosition(index);
        return isOn(roi.getCPosition(), position[0])
                && isOn(roi.getZPosition(), position[1])
                && isOn(roi.getTPosition(), position[2]);
    }

    private static boolean isOn(int position, int actual) {
        return position == 0 || position == actual;
    }

    private static void draw(Roi roi, ByteProcessor drawn) {
        if (roi.isArea()) drawn.fill(roi);
        else if (roi.getType() == Roi.POINT)
            for (final Point point : roi.getContainedPoints()) {
                // Points may lie outside of the image; their index would run on into other rows.
                if (point.x < 0 || point.x >= drawn.getWidth()) continue;
                if (point.y < 0 || point.y >= drawn.getHeight()) continue;
                drawn.set(point.x, point.y, 255);
            }
        else roi.drawPixels(drawn);
    }

    private static MissingPixelKeys zeros(PlaneSource source) {
        return new MissingPixelKeys() {
            @Override
            public boolean[] in(int index, Rectangle part) {
                final Plane plane = source.read(index, part);
                return all(plane, value -> value == 0);
            }
        };
    }

    private static MissingPixelKeys nan(PlaneSource source) {
        if (source.image().getBitDepth() != 32)
            throw new IllegalArgumentException(
                    "missing = 'nan' needs a 32-bit image: '%s' has %s bits and cannot hold NaN."
                            .formatted(source.image().getTitle(), source.image().getBitDepth()));
        return new MissingPixelKeys() {
            @Override
            public boolean[] in(int index, Rectangle part) {
                return all(source.read(index, part), value -> !Float.isFinite(value));
            }
        };
    }

    /**
     * At the largest value that a camera of 8 to 16 bits gives, if the image reaches one: as a grey
     * level, or as a raw sample, also one shifted to the upper bits of 16.
     */
    private static MissingPixelKeys saturated(PlaneSource source) {
        final ImagePlus image = source.image();
        double largest = 0;
        for (int n = 1; n <= image.getStackSize(); n++)
            largest = Math.max(largest, source.isRgb() ? 255 : source.processor(n).getStats().max);
        final float level = (float) largest;
        final float grey = source.toGreyLevel(level);
        final boolean signed = grey == Short.MAX_VALUE && level == 65535;
        if (!signed && !isOfCamera(grey) && !isOfCamera(level))
            throw new IllegalArgumentException(
                    "No pixel of '"
                            + image.getTitle()
                            + "' is saturated: its largest value is "
                            + IJ.d2s(grey, -4)
                            + ", not that of a camera of 8, 10, 12, 14 or 16 bits.");
        return new MissingPixelKeys() {
            @Override
            public boolean[] in(int index, Rectangle part) {
                final ImageProcessor ip = source.processor(index);
                return test(
                        part,
                        (x, y) -> source.isRgb() ? anyIs255(ip.get(x, y)) : ip.getf(x, y) == level);
            }

            @Override
            public Samples samples() {
                final int bits = image.getBitDepth();
                if (bits != 8 && bits != 16) return Samples.LIKE_INPUT;
                // Where samples are signed, the grey level 0 is in the middle of the range.
                final double zero = Math.max(0, Math.min(level, source.toRaw(0)));
                if ((1 << bits) - 1 - zero >= HEADROOM * (level - zero)) return Samples.LIKE_INPUT;
                return bits == 8 ? Samples.SIXTEEN_BIT : Samples.FLOAT;
            }

            @Override
            public void raise(int index, Rectangle part, Plane filled) {
                final ImageProcessor ip = source.processor(index);
                final float[][] channels = filled.channels();
                for (int y = 0, i = 0; y < part.height; y++)
                    for (int x = 0; x < part.width; x++, i++)
                        if (source.isRgb()) {
                            final int rgb = ip.get(part.x + x, part.y + y);
                            for (int c = 0; c < 3; c++)
                                if ((rgb >> 8 * (2 - c) & 0xff) == 255)
                                    channels[c][i] = Math.max(255, channels[c][i]);
                        } else if (ip.getf(part.x + x, part.y + y) == level
                                && source.toRaw(channels[0][i]) < level) channels[0][i] = grey;
            }
        };
    }

    /** Whether a value is the largest of a camera, or that in the upper bits of 16. */
    private static boolean isOfCamera(double level) {
        return CAMERA_BITS.stream()
                .anyMatch(
                        bits ->
                                level == (1 << bits) - 1
                                        || level == ((1 << bits) - 1) << (16 - bits));
    }

    /** {@return what the samples of an image must be to hold the filled pixels} */
    public Samples samples() {
        return Samples.LIKE_INPUT;
    }

    /**
     * Raises filled pixels of a part of the {@code index}-th plane, from 1, in place to what is
     * known to be their least grey level.
     */
    public void raise(int index, Rectangle part, Plane filled) {
        // Nothing is known about most missing pixels.
    }

    private static boolean anyIs255(int rgb) {
        return (rgb >> 16 & 0xff) == 255 || (rgb >> 8 & 0xff) == 255 || (rgb & 0xff) == 255;
    }

    private interface PixelTest {
        boolean isMissing(int x, int y);
    }

    private interface ValueTest {
        boolean isMissing(float value);
    }

    private static boolean[] test(Rectangle part, PixelTest test) {
        final boolean[] missing = new boolean[part.width * part.height];
        for (int y = 0, i = 0; y < part.height; y++)
            for (int x = 0; x < part.width; x++, i++)
                missing[i] = test.isMissing(part.x + x, part.y + y);
        return missing;
    }

    /** Where all channels pass the test. */
    private static boolean[] all(Plane plane, ValueTest test) {
        final boolean[] missing = new boolean[plane.size()];
        for (int i = 0; i < missing.length; i++) {
            final int pixel = i;
            missing[i] =
                    IntStream.range(0, plane.channels().length)
                            .allMatch(c -> test.isMissing(plane.channels()[c][pixel]));
        }
        return missing;
    }

    /**
     * {@return the smallest box around the missing pixels of some planes; empty if there are none}
     * Planes without any known pixel, which cannot be filled, count only if there are no others.
     */
    public final Rectangle bounds(PlaneSource source, SliceSelection slices) {
        final Rectangle bounds = new Rectangle();
        boolean anyWholly = false;
        for (int i = 0; i < slices.size(); i++) {
            final boolean[] missing = in(slices.index(i), source.bounds());
            final boolean wholly = areAll(missing);
            anyWholly |= wholly;
            for (int p = 0; p < missing.length && !wholly; p++)
                if (missing[p]) add(bounds, p % source.width(), p / source.width());
        }
        return bounds.isEmpty() && anyWholly ? source.bounds() : bounds;
    }

    /** {@return whether all flags are set} */
    public static boolean areAll(boolean[] flags) {
        for (final boolean flag : flags) if (!flag) return false;
        return true;
    }

    private static void add(Rectangle bounds, int x, int y) {
        final Rectangle pixel = new Rectangle(x, y, 1, 1);
        bounds.setBounds(bounds.isEmpty() ? pixel : bounds.union(pixel));
    }
}
