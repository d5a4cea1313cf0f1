/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.key;

import ij.ImagePlus;
import ij.measure.Calibration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.deqir.command.image.PlaneSource;
import org.deqir.command.image.Titles;
import org.deqir.image.Pixels;
import org.deqir.physics.Border;
import org.deqir.physics.Degradation;
import org.deqir.physics.degradation.BlockSensing;
import org.deqir.physics.degradation.Downsampling;
import org.deqir.physics.degradation.Downsampling.Kernel;
import org.deqir.physics.degradation.GaussianBlur;
import org.deqir.physics.degradation.KernelBlur;
import org.deqir.physics.degradation.PsfBlur;
import org.deqir.physics.degradation.UniformBlur;
import org.deqir.physics.degradation.WalshHadamardSensing;
import org.deqir.physics.optics.MicroscopeOptics;
import org.deqir.physics.optics.PointSpreadFunction;

/** Degradations from the keys that name them, for the restoring commands and the degrading one. */
public final class OperatorKeys {

    /** Edge of a block of block sensing in pixels, where the key does not say it. */
    public static final int SENSING_BLOCK = 32;

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
     * @param border what lies outside the image: {@code unknown}, {@code mirrored} or {@code zeros}
     * @param taps gaussian, anisotropic, uniform: samples of the kernel along each axis; 0 for as
     *     many as it has
     */
    public record Blur(
            String blur,
            double width,
            double height,
            String psf,
            double na,
            double wavelength,
            String modality,
            String border,
            int taps) {

        /** Share of a PSF's light that may lie outside what an image can hold. */
        private static final double MOST_LOST = 0.01;

        /**
         * {@return the degradation of an image, whose calibration gives the pixel size}
         *
         * @param notices takes sentences about what was made of the PSF
         * @throws IllegalArgumentException if a key that the blur needs is missing, or if it does
         *     not fit the image
         */
        public Degradation degradation(ImagePlus image, Consumer<String> notices) {
            final Border outside = Border.of(border);
            if (taps > 0 && !idle(blur).contains("taps")) return kernel(outside);
            return switch (blur) {
                case "gaussian" -> {
                    final double sigma = positive("width", width);
                    yield new GaussianBlur(sigma, sigma, outside);
                }
                case "anisotropic" ->
                        new GaussianBlur(
                                positive("width", width), positive("height", height), outside);
                case "uniform" -> new UniformBlur(positive("width", width), outside);
                case "psf image" ->
                        psf(measured(Titles.open("psf", psf, image), notices), image, notices);
                default -> psf(computed(image), image, notices);
            };
        }

        private Degradation kernel(Border outside) {
            if (!blur.equals("uniform")) {
                final double across = positive("width", width);
                final double down = blur.equals("gaussian") ? across : positive("height", height);
                return new KernelBlur(across, down, taps, outside);
            }
            if (width > 0 && width != taps)
                throw new IllegalArgumentException(
                        "width = "
                                + Pixels.format(width)
                                + " and taps = "
                                + taps
                                + " say two things about a uniform blur: leave one of them out.");
            return KernelBlur.box(taps, outside);
        }

        private double positive(String key, double value) {
            if (value > 0) return value;
            throw new IllegalArgumentException(
                    key + " is missing: blur = '" + blur + "' needs it in pixels, above 0.");
        }

        /** All keys but {@code blur}. */
        public static final Set<String> KEYS =
                Set.of("width", "height", "psf", "na", "wavelength", "modality", "border", "taps");

        /** {@return keys that do not count with a kind of blur} */
        public static Set<String> idle(String blur) {
            final Set<String> idle = new HashSet<>(KEYS);
            idle.remove("border");
            idle.removeAll(
                    switch (blur) {
                        case "gaussian", "uniform" -> Set.of("width", "taps");
                        case "anisotropic" -> Set.of("width", "height", "taps");
                        case "psf image" -> Set.of("psf");
                        default -> Set.of("na", "wavelength", "modality");
                    });
            return idle;
        }

        /** {@return the keys that count, as they are stored in an image} */
        public Map<String, Object> stored() {
            final Map<String, Object> keys = new LinkedHashMap<>();
            keys.put("blur", blur);
            keys.put("border", border);
            keys.put("width", width);
            keys.put("height", height);
            keys.put("psf", psf);
            keys.put("na", na);
            keys.put("wavelength", wavelength);
            keys.put("modality", modality);
            keys.put("taps", taps);
            keys.keySet().removeAll(idle(blur));
            return keys;
        }

        /** The blur by a PSF, of which the image can tell no more than what is as large as it. */
        private Degradation psf(
                PointSpreadFunction psf, ImagePlus image, Consumer<String> notices) {
            final PointSpreadFunction kept = psf.cropped(image.getWidth(), image.getHeight());
            if (kept.width() < psf.width() || kept.height() < psf.height()) {
                final double lost = 1 - psf.shareWithin(kept.width(), kept.height());
                if (lost > MOST_LOST)
                    throw new IllegalArgumentException(
                            String.format(
                                    Locale.ROOT,
                                    "The PSF is larger than the image of %d × %d pixels, and %.1f %%"
                                            + " of its light lie outside of the middle %d × %d pixels"
                                            + " of it. Crop the PSF, if that light is background, or"
                                            + " restore a larger part of the image.",
                                    image.getWidth(),
                                    image.getHeight(),
                                    100 * lost,
                                    kept.width(),
                                    kept.height()));
                notices.accept(
                        String.format(
                                Locale.ROOT,
                                "The PSF was cropped to its middle %d × %d pixels, as the image has"
                                        + " no more; %.2g %% of its light were outside.",
                                kept.width(),
                                kept.height(),
                                100 * Math.max(0, lost)));
            }
            return new PsfBlur(kept.values(), kept.width(), kept.height(), Border.of(border));
        }

        private static PointSpreadFunction measured(ImagePlus psf, Consumer<String> notices) {
            final PlaneSource source = PlaneSource.of(psf);
            if (source.isRgb() || psf.getStackSize() > 1)
                throw new IllegalArgumentException(
                        "psf = '"
                                + psf.getTitle()
                                + "' is not a single grey plane: give the plane in focus.");
            final PointSpreadFunction measured =
                    PointSpreadFunction.ofMeasured(
                            source.read(1, source.bounds()).channels()[0],
                            psf.getWidth(),
                            psf.getHeight());
            if (measured.isMoved())
                notices.accept(
                        "The spot of the PSF '"
                                + psf.getTitle()
                                + "' lies between pixels. It was moved by half a pixel, so that the"
                                + " result is not.");
            return measured;
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

    /**
     * {@return the reduction that {@code scale} and {@code kernel} ask for: {@code bicubic}, or
     * else the average}
     */
    public static Downsampling downsampling(int scale, String kernel) {
        return new Downsampling(scale, kernel.equals("bicubic") ? Kernel.BICUBIC : Kernel.AVERAGE);
    }

    /**
     * {@return what {@code sensing}, {@code ratio}, {@code key} and {@code block} ask for, if there
     * is no mask}
     *
     * @param sensing {@code block} or {@code walsh-hadamard}
     * @param ratio coefficients measured per pixel, above 0 and up to 1
     * @param key the number that chooses the patterns
     * @param block side of a block in pixels
     */
    public static Degradation sensing(String sensing, double ratio, long key, int block) {
        return sensing.equals("block")
                ? new BlockSensing(ratio, key, block)
                : new WalshHadamardSensing(ratio, key);
    }

    /**
     * Refuses what coefficients cannot be measured of, or with.
     *
     * @throws IllegalArgumentException for an RGB image, or noise of pixels
     */
    public static void requireSensible(String sensing, PlaneSource source, NoiseKeys noiseKeys) {
        if (source.isRgb())
            throw new IllegalArgumentException(
                    "operator = 'sensing' needs a grey image; '"
                            + source.image().getTitle()
                            + "' is an RGB image.");
        if (noiseKeys.noise().equals("poisson-gaussian"))
            throw new IllegalArgumentException(
                    "noise = 'poisson-gaussian' is noise of pixels, but "
                            + sensing
                            + " sensing measures coefficients: give none or gaussian.");
    }
}
