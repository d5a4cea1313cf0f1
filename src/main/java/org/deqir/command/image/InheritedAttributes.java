/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.image;

import ij.CompositeImage;
import ij.ImagePlus;
import ij.gui.Overlay;
import ij.gui.Roi;
import ij.measure.Calibration;
import ij.process.LUT;
import java.awt.Rectangle;
import java.util.Arrays;
import java.util.Properties;
import java.util.stream.IntStream;
import org.deqir.command.image.ResultImage.Samples;

/**
 * Gives a result what its input tells about itself: calibration, look-up tables, overlay and
 * properties.
 */
final class InheritedAttributes {

    private final PlaneSource source;
    private final SliceSelection slices;
    private final Samples samples;
    private final double scale;
    private final int axial;
    private final Rectangle target;

    /**
     * @param scale size of the result relative to the target
     * @param axial slices of the result for one of the input
     * @param target the part of the input that the result shows
     */
    InheritedAttributes(
            PlaneSource source,
            SliceSelection slices,
            Samples samples,
            double scale,
            int axial,
            Rectangle target) {
        this.source = source;
        this.slices = slices;
        this.samples = samples;
        this.scale = scale;
        this.axial = axial;
        this.target = target;
    }

    /**
     * @param plain planes in the order of the selection
     * @param channels of the result
     * @return the image, which may be another one than {@code plain}
     */
    ImagePlus giveTo(ImagePlus plain, int channels) {
        plain.setCalibration(calibration());
        final ImagePlus result = withLookUpTables(plain, channels);
        result.setOverlay(overlay());
        copyProperties(result);
        return result;
    }

    private Calibration calibration() {
        final Calibration calibration = source.image().getCalibration().copy();
        if (samples != Samples.LIKE_INPUT && samples != Samples.SIXTEEN_BIT)
            calibration.disableDensityCalibration();
        calibration.xOrigin = (calibration.xOrigin - target.x) * scale;
        calibration.yOrigin = (calibration.yOrigin - target.y) * scale;
        calibration.pixelWidth /= scale;
        calibration.pixelHeight /= scale;
        final int[] z = slices.slices();
        final int[] t = slices.frames();
        if (slices.keepsDimensions() && isEvenlySpaced(z)) {
            final int step = z.length > 1 ? z[1] - z[0] : 1;
            calibration.zOrigin = (calibration.zOrigin - (z[0] - 1)) / step;
            calibration.pixelDepth *= step;
        }
        calibration.zOrigin *= axial;
        calibration.pixelDepth /= axial;
        if (slices.keepsDimensions() && isEvenlySpaced(t) && t.length > 1)
            calibration.frameInterval *= t[1] - t[0];
        return calibration;
    }

    private static boolean isEvenlySpaced(int[] positions) {
        return IntStream.range(1, positions.length)
                .allMatch(i -> positions[i] - positions[i - 1] == positions[1] - positions[0]);
    }

    private ImagePlus withLookUpTables(ImagePlus plain, int channels) {
        final ImagePlus input = source.image();
        if (samples == Samples.SPREAD) plain.resetDisplayRange();
        if (samples == Samples.RGB
                || samples == Samples.SPREAD
                || samples == Samples.MASK
                || input.getType() == ImagePlus.COLOR_RGB) return plain;
        if (input instanceof CompositeImage composite) {
            final LUT[] all = composite.getLuts();
            final boolean[] wasActive = composite.getActiveChannels();
            final int[] kept = slices.channels();
            if (!slices.keepsDimensions() || channels == 1) {
                plain.setLut(withRange(all[(slices.keepsDimensions() ? kept[0] : 1) - 1]));
                return plain;
            }
            final CompositeImage result = new CompositeImage(plain, composite.getMode());
            result.setLuts(
                    Arrays.stream(kept).mapToObj(c -> withRange(all[c - 1])).toArray(LUT[]::new));
            final boolean[] active = result.getActiveChannels();
            for (int i = 0; i < Math.min(kept.length, active.length); i++)
                active[i] = wasActive[Math.min(kept[i], wasActive.length) - 1];
            return result;
        }
        plain.setLut(withRange(input.getProcessor().getLut()));
        return plain;
    }

    /** The look-up table with its display range in the result's samples. */
    private LUT withRange(LUT lut) {
        final LUT copy = (LUT) lut.clone();
        if (samples == Samples.FLOAT && source.image().getBitDepth() != 32) {
            copy.min = source.toGreyLevel((float) lut.min);
            copy.max = source.toGreyLevel((float) lut.max);
        }
        return copy;
    }

    private Overlay overlay() {
        final Overlay input = source.image().getOverlay();
        if (input == null) return null;
        Overlay overlay = input.create();
        for (final Roi roi : input.toArray()) {
            final Roi copy = (Roi) roi.clone();
            if (moveToResult(copy)) overlay.add(copy);
        }
        if (!target.equals(source.bounds())) overlay = overlay.crop(target);
        return scale == 1 ? overlay : overlay.scale(scale, scale);
    }

    /**
     * Sets the position of a selection to that of its plane in the result; false if it has none.
     */
    private boolean moveToResult(Roi roi) {
        if (roi.hasHyperStackPosition()) {
            if (!slices.keepsDimensions()) return false;
            final int c = place(roi.getCPosition(), slices.channels());
            final int coarse = place(roi.getZPosition(), slices.slices());
            final int z = coarse > 0 ? (coarse - 1) * axial + axial / 2 + 1 : coarse;
            final int t = place(roi.getTPosition(), slices.frames());
            if (c < 0 || z < 0 || t < 0) return false;
            roi.setPosition(c, z, t);
        } else if (roi.getPosition() > 0) {
            final int index = slices.resultIndex(roi.getPosition());
            if (index == 0) return false;
            roi.setPosition(finer(index - 1, axial / 2) + 1);
        }
        return true;
    }

    /** Place of the finer slice {@code k} of a slice of the selection, all from 0. */
    int finer(int selected, int k) {
        final int channels = slices.channels().length;
        return (selected / channels * axial + k) * channels + selected % channels;
    }

    /** 0 for any position, −1 for one that is not selected. */
    private static int place(int position, int[] kept) {
        if (position == 0) return 0;
        final int index = Arrays.binarySearch(kept, position);
        return index < 0 ? -1 : index + 1;
    }

    private void copyProperties(ImagePlus result) {
        final ImagePlus input = source.image();
        result.setProperty("Info", input.getProperty("Info"));
        final Properties properties = input.getImageProperties();
        if (properties != null)
            for (final String key : properties.stringPropertyNames())
                if (!StoredDegradation.isStored(key))
                    result.setProp(key, properties.getProperty(key));
    }
}
