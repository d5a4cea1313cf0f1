/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.key;

import ij.ImagePlus;
import ij.measure.Calibration;
import java.util.Locale;
import java.util.function.Consumer;
import org.deqir.command.image.PlaneSource;
import org.deqir.command.image.Titles;
import org.deqir.image.Plane;
import org.deqir.physics.VolumeDegradation;
import org.deqir.physics.optics.PsfStack;
import org.deqir.physics.optics.StackOptics;

/** Blurs in three dimensions from the keys of a blur. */
public final class VolumeKeys {

    /** Steps that differ less are the same. */
    private static final double SAME = 0.01;

    /** Light whose loss is told. */
    private static final double TOLD = 1e-3;

    private static final String MISSING = " is missing: blur = 'microscope' needs ";

    private VolumeKeys() {}

    /**
     * {@return whether an image is deblurred in three dimensions}
     *
     * @param dimensions {@code auto}, {@code 2} or {@code 3}
     * @throws IllegalArgumentException if three are asked for, but the image or the blur has not
     *     got them
     */
    public static boolean isOfVolumes(String dimensions, OperatorKeys.Blur keys, ImagePlus image) {
        if (dimensions.equals("2") || image == null) return false;
        final boolean deep = image.getNSlices() > 1;
        final boolean asked = dimensions.equals("3");
        if (asked && !deep)
            throw new IllegalArgumentException(
                    "dimensions = '3', but '"
                            + image.getTitle()
                            + "' has one z slice: a volume needs at least two (Image > Hyperstacks"
                            + " > Stack to Hyperstack tells slices from frames).");
        if (asked && image.getBitDepth() == 24)
            throw new IllegalArgumentException(
                    "dimensions = '3' needs grey levels: split the colours of '"
                            + image.getTitle()
                            + "' into channels first (Image > Type > RGB Stack).");
        return switch (keys.blur()) {
            case "psf image" -> {
                if (!asked && (!deep || keys.psf().isBlank())) yield false;
                final int slices = Titles.open("psf", keys.psf(), image).getStackSize();
                if (asked && slices == 1)
                    throw new IllegalArgumentException(
                            "dimensions = '3' needs a PSF of several slices, but psf = '"
                                    + keys.psf()
                                    + "' has one; DeqIR Make PSF... makes a stack.");
                yield slices > 1;
            }
            case "microscope" -> asked;
            default -> {
                if (asked)
                    throw new IllegalArgumentException(
                            "blur = '"
                                    + keys.blur()
                                    + "' does not tell how light spreads along z: dimensions = '3'"
                                    + " needs psf image or microscope.");
                yield false;
            }
        };
    }

    /**
     * {@return the blur of a volume, whose calibration gives the voxel size}
     *
     * @param notices takes sentences about what was made of the PSF
     * @throws IllegalArgumentException if a key that the blur needs is missing, or if it does not
     *     fit the image
     */
    public static VolumeDegradation.Blur blur(
            OperatorKeys.Blur keys, ImagePlus image, Consumer<String> notices) {
        if (!keys.border().equals("unknown"))
            throw new IllegalArgumentException(
                    "border = '"
                            + keys.border()
                            + "' is for single planes: what lies outside of a volume is always"
                            + " estimated with it.");
        final PsfStack psf =
                keys.blur().equals("microscope")
                        ? computed(keys, image)
                        : measured(Titles.open("psf", keys.psf(), image), image, notices);
        final PsfStack kept =
                psf.cropped(
                        2 * image.getWidth() - 1,
                        2 * image.getHeight() - 1,
                        2 * image.getNSlices() - 1);
        final double lost = 1 - psf.shareWithin(kept.width(), kept.height(), kept.slices());
        if (lost > TOLD)
            notices.accept(
                    String.format(
                            Locale.ROOT,
                            "The PSF is larger than the volume: %.2g %% of its light is outside of"
                                    + " the middle %d × %d × %d voxels and was left out.",
                            100 * lost,
                            kept.width(),
                            kept.height(),
                            kept.slices()));
        return new VolumeDegradation.Blur(kept);
    }

    private static PsfStack measured(ImagePlus psf, ImagePlus image, Consumer<String> notices) {
        final PlaneSource source = PlaneSource.of(psf);
        if (source.isRgb() || psf.getNChannels() > 1 || psf.getStackSize() < 2)
            throw new IllegalArgumentException(
                    "psf = '" + psf.getTitle() + "' is not a stack of grey slices.");
        final int plane = psf.getWidth() * psf.getHeight();
        final float[] samples = new float[Math.multiplyExact(plane, psf.getStackSize())];
        for (int z = 0; z < psf.getStackSize(); z++) {
            final Plane slice = source.read(z + 1, source.bounds());
            System.arraycopy(slice.channels()[0], 0, samples, z * plane, plane);
        }
        final PsfStack stack =
                PsfStack.ofMeasured(samples, psf.getWidth(), psf.getHeight(), psf.getStackSize());
        if (!isCalibrated(image) && !isCalibrated(psf)) {
            notices.accept(
                    "Neither image nor PSF has a pixel size: a slice of the PSF was taken for a"
                            + " slice of the image.");
            return stack;
        }
        final double across = width(image) / width(psf);
        final double down = height(image) / height(psf);
        final double axial = depth(image) / depth(psf);
        if (isOne(across) && isOne(down) && isOne(axial)) return stack;
        notices.accept(
                String.format(
                        Locale.ROOT,
                        "The PSF '%s' was resampled from voxels of %.4g × %.4g µm to those of the"
                                + " image, %.4g × %.4g µm (width × depth).",
                        psf.getTitle(),
                        width(psf),
                        depth(psf),
                        width(image),
                        depth(image)));
        return stack.resampled(across, down, axial);
    }

    private static boolean isOne(double ratio) {
        return Math.abs(ratio - 1) < SAME;
    }

    private static boolean isCalibrated(ImagePlus image) {
        final String unit = image.getCalibration().getZUnit();
        return !unit.startsWith("pixel") && !unit.isBlank();
    }

    private static double width(ImagePlus image) {
        final Calibration calibration = image.getCalibration();
        return Length.micrometres(calibration.pixelWidth, calibration.getXUnit(), image);
    }

    private static double height(ImagePlus image) {
        final Calibration calibration = image.getCalibration();
        return Length.micrometres(calibration.pixelHeight, calibration.getYUnit(), image);
    }

    private static double depth(ImagePlus image) {
        final Calibration calibration = image.getCalibration();
        return Length.micrometres(calibration.pixelDepth, calibration.getZUnit(), image);
    }

    private static PsfStack computed(OperatorKeys.Blur keys, ImagePlus image) {
        if (!(keys.na() > 0))
            throw new IllegalArgumentException("na" + MISSING + "the numerical aperture.");
        if (!(keys.wavelength() > 0))
            throw new IllegalArgumentException(
                    "wavelength" + MISSING + "the wavelength of the emission in nm.");
        final double index = ImmersionMedium.refractiveIndex(keys.na());
        final StackOptics optics =
                new StackOptics(
                        keys.modality().equals("confocal")
                                ? StackOptics.Modality.CONFOCAL
                                : StackOptics.Modality.WIDEFIELD,
                        keys.na(),
                        index,
                        index,
                        0,
                        0,
                        keys.wavelength(),
                        keys.wavelength(),
                        1,
                        0);
        return optics.psf(width(image), height(image), depth(image), 0, 0);
    }

    /**
     * {@return the reduction that {@code scale} and {@code kernel} ask for along the axis}
     *
     * @param notices takes sentences about what was made of the keys
     * @throws IllegalArgumentException if the image has a single slice, or the kernel is none for
     *     slices
     */
    public static VolumeDegradation.AxialReduction slices(
            int scale, String kernel, ImagePlus image, Consumer<String> notices) {
        if (image.getNSlices() < 2)
            throw new IllegalArgumentException(
                    "axis = 'z', but '"
                            + image.getTitle()
                            + "' has one z slice: finer slices need at least two.");
        if (kernel.equals("bicubic"))
            throw new IllegalArgumentException(
                    "kernel = 'bicubic' is for axis = 'xy'; slices are the average of finer ones,"
                            + " or every so many of them (subsample).");
        final Calibration calibration = image.getCalibration();
        if (isCalibrated(image) && calibration.getZUnit().equals(calibration.getXUnit())) {
            final double ratio = calibration.pixelDepth / scale / calibration.pixelWidth;
            if (ratio < 0.8 || ratio > 1.25)
                notices.accept(
                        String.format(
                                Locale.ROOT,
                                "The result's slices are %.3g pixel widths apart: the prior knows"
                                        + " images of square pixels, so a scale near %.3g suits it"
                                        + " better.",
                                ratio,
                                calibration.pixelDepth / calibration.pixelWidth));
        }
        return new VolumeDegradation.AxialReduction(scale, !kernel.equals("subsample"));
    }
}
