/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import ij.ImagePlus;
import ij.measure.Calibration;
import java.util.HashSet;
import java.util.Set;
import org.deqir.physics.Degradation;
import org.deqir.physics.Degradation.Downsampling.Kernel;
import org.deqir.physics.Degradation.PsfBlur.Border;
import org.deqir.physics.MicroscopeOptics;
import org.deqir.physics.PointSpreadFunction;

/** Degradations from the keys that name them, for the restoring commands and the degrading one. */
final class OperatorKeys {

    private static final int SENSING_BLOCK = 32;

    /**
     * Share of the light that the window of a computed PSF holds. The last 3 % of an Airy pattern
     * would make the window three times as wide, and light from out of focus hides them.
     */
    private static final double COMPUTED_SHARE = 0.97;

    private OperatorKeys() {}

    /**
     * Keys of a blur.
     *
     * @param blur the choice
     * @param width gaussian, anisotropic: standard deviation along a row; uniform: edge of the box;
     *     in pixels
     * @param height anisotropic: standard deviation along a column, in pixels
     * @param psf psf image: title of an open image
     * @param na microscope: numerical aperture
     * @param wavelength microscope: emission in nm
     * @param modality microscope: {@code widefield} or {@code confocal}
     */
    record Blur(
            String blur,
            double width,
            double height,
            String psf,
            double na,
            double wavelength,
            String modality) {

        /**
         * The degradation of an image.
         *
         * @throws IllegalArgumentException if a key that the blur needs is missing, or if it does
         *     not fit the image
         */
        Degradation degradation(ImagePlus image) {
            return switch (blur) {
                case "gaussian" -> new Degradation.GaussianBlur(positive("width", width));
                case "anisotropic" ->
                        new Degradation.GaussianBlur(
                                positive("width", width), positive("height", height));
                case "uniform" -> new Degradation.UniformBlur(positive("width", width));
                case "psf image" -> psf(measured(Titles.open("psf", psf, image)), image);
                default -> psf(computed(image), image);
            };
        }

        private double positive(String key, double value) {
            if (value > 0) return value;
            throw new IllegalArgumentException(
                    key + " is missing: blur = '" + blur + "' needs it in pixels, above 0.");
        }

        /** All keys but {@code blur}. */
        static final Set<String> KEYS =
                Set.of("width", "height", "psf", "na", "wavelength", "modality");

        /** Keys that do not count with a kind of blur. */
        static Set<String> idle(String blur) {
            final Set<String> idle = new HashSet<>(KEYS);
            idle.removeAll(
                    switch (blur) {
                        case "gaussian", "uniform" -> Set.of("width");
                        case "anisotropic" -> Set.of("width", "height");
                        case "psf image" -> Set.of("psf");
                        default -> Set.of("na", "wavelength", "modality");
                    });
            return idle;
        }

        /** How far the blur of a pixel reaches, in pixels. */
        static int reach(Degradation degradation) {
            if (degradation instanceof Degradation.PsfBlur kernel)
                return Math.max(kernel.width(), kernel.height()) / 2;
            if (degradation instanceof Degradation.UniformBlur box)
                return (int) Math.ceil(box.width() / 2);
            final Degradation.GaussianBlur gaussian = (Degradation.GaussianBlur) degradation;
            return (int) Math.ceil(4 * Math.max(gaussian.sigmaX(), gaussian.sigmaY()));
        }

        private static Degradation psf(PointSpreadFunction psf, ImagePlus image) {
            if (psf.width() > image.getWidth() || psf.height() > image.getHeight())
                throw new IllegalArgumentException(
                        "The PSF of "
                                + psf.width()
                                + " × "
                                + psf.height()
                                + " pixels is larger than the image of "
                                + image.getWidth()
                                + " × "
                                + image.getHeight()
                                + ".");
            return new Degradation.PsfBlur(psf.values(), psf.width(), psf.height(), Border.UNKNOWN);
        }

        private static PointSpreadFunction measured(ImagePlus psf) {
            final PlaneSource source = PlaneSource.of(psf);
            if (source.isRgb() || psf.getStackSize() > 1)
                throw new IllegalArgumentException(
                        "psf = '"
                                + psf.getTitle()
                                + "' is not a single grey plane: give the plane in focus.");
            return PointSpreadFunction.ofMeasured(
                    source.read(1, source.bounds()).channels()[0], psf.getWidth(), psf.getHeight());
        }

        private PointSpreadFunction computed(ImagePlus image) {
            if (!(na > 0) || !(wavelength > 0))
                throw new IllegalArgumentException(
                        (na > 0 ? "wavelength" : "na")
                                + " is missing: blur = 'microscope' needs the numerical aperture"
                                + " and the emission wavelength in nm.");
            final Calibration calibration = image.getCalibration();
            final double index = ImmersionMedium.refractiveIndex(na);
            final MicroscopeOptics optics =
                    modality.equals("confocal")
                            ? MicroscopeOptics.confocal(na, index, wavelength)
                            : MicroscopeOptics.widefield(na, index, wavelength);
            return optics.psf(
                            Length.micrometres(
                                    calibration.pixelWidth, calibration.getXUnit(), image),
                            Length.micrometres(
                                    calibration.pixelHeight, calibration.getYUnit(), image))
                    .trimmed(COMPUTED_SHARE);
        }
    }

    static boolean isBlur(Degradation degradation) {
        return degradation instanceof Degradation.PsfBlur
                || degradation instanceof Degradation.UniformBlur
                || degradation instanceof Degradation.GaussianBlur;
    }

    /** Keys {@code scale} and {@code kernel}. */
    static Degradation.Downsampling downsampling(int scale, String kernel) {
        return new Degradation.Downsampling(
                scale, kernel.equals("bicubic") ? Kernel.BICUBIC : Kernel.AVERAGE);
    }

    /** Keys {@code sensing}, {@code ratio} and {@code key}, for those without a mask. */
    static Degradation sensing(String sensing, double ratio, long key) {
        return sensing.equals("block")
                ? new Degradation.BlockSensing(ratio, key, SENSING_BLOCK)
                : new Degradation.WalshHadamardSensing(ratio, key);
    }
}
