/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.optics;

import org.deqir.image.Pixels;

/**
 * The point spread function of a fluorescence microscope in focus, from its optics.
 *
 * <p>Model: scalar diffraction at a circular pupil that is evenly lit over the sine of the angle
 * (an objective that obeys the sine condition), without aberrations. Widefield is the Airy pattern
 * A(r) = (2 J₁(v)/v)² with v = 2π NA r/λ of the emitted light. Confocal is the product of the
 * excitation's Airy pattern and of the emission's, the latter averaged over the pinhole seen in the
 * specimen (Pawley, Handbook of Biological Confocal Microscopy, chapter 11); for a vanishing
 * pinhole that is the product of two Airy patterns. Polarisation, which widens the pattern by some
 * percent at NA/n above 0.9, the Stokes shift across the emission band, and light from out of focus
 * are left out.
 *
 * @param modality how the light is excited and collected
 * @param numericalAperture NA of the objective, below the refractive index
 * @param refractiveIndex n of the immersion medium, 1 to 2
 * @param emission wavelength of the collected light in nanometres, 100 to 3000
 * @param excitation wavelength of the exciting light in nanometres, 100 to 3000; confocal only
 * @param pinhole diameter of the pinhole in Airy units (1.22 λ/NA of the emission), 0 to 10;
 *     confocal only
 */
public record MicroscopeOptics(
        Modality modality,
        double numericalAperture,
        double refractiveIndex,
        double emission,
        double excitation,
        double pinhole) {

    /** How the specimen is lit and its light collected. */
    public enum Modality {
        /** The whole field at once, onto a camera. */
        WIDEFIELD,
        /** Point by point, through a pinhole. */
        CONFOCAL
    }

    /** Share of the light that the window of a PSF holds before it is normalised. */
    private static final double HELD_SHARE = 0.99;

    /** Optical distance between entries of the radial profile. */
    private static final double PROFILE_STEP = 0.02;

    /** Points per optical unit of distance at which a pixel is sampled to integrate over it. */
    private static final double SAMPLES_PER_UNIT = 5;

    /** Optical distance between the rings of points that sample the pinhole. */
    private static final double PINHOLE_STEP = 0.1;

    /** Beyond the pinhole's radius and this optical distance a confocal PSF has no light. */
    private static final double CONFOCAL_REACH = 15;

    /**
     * @throws IllegalArgumentException naming the parameter that is out of its range
     */
    public MicroscopeOptics {
        if (!(refractiveIndex >= 1 && refractiveIndex <= 2))
            throw new IllegalArgumentException(
                    "The refractive index is " + refractiveIndex + "; it must be 1 to 2.");
        if (!(numericalAperture > 0 && numericalAperture < refractiveIndex))
            throw new IllegalArgumentException(
                    "The numerical aperture is "
                            + numericalAperture
                            + "; it must be above 0 and below the refractive index "
                            + refractiveIndex
                            + " of the immersion medium.");
        requireWavelength("emission", emission);
        requireWavelength("excitation", excitation);
        if (!(pinhole >= 0 && pinhole <= 10))
            throw new IllegalArgumentException(
                    "The pinhole is " + pinhole + " Airy units wide; it must be 0 to 10.");
    }

    private static void requireWavelength(String name, double nanometres) {
        if (!(nanometres >= 100 && nanometres <= 3000))
            throw new IllegalArgumentException(
                    "The %s wavelength is %s nm; it must be 100 to 3000 nm."
                            .formatted(name, nanometres));
    }

    /** {@return a widefield microscope; the emission is in nanometres} */
    public static MicroscopeOptics widefield(
            double numericalAperture, double refractiveIndex, double emission) {
        return new MicroscopeOptics(
                Modality.WIDEFIELD, numericalAperture, refractiveIndex, emission, emission, 0);
    }

    /**
     * {@return a confocal microscope of which only the emission is known: the excitation is taken
     * to have the same wavelength, and the pinhole to be one Airy unit wide} The real excitation is
     * shorter by 5 to 10 %, and the real PSF narrower by about half of that.
     */
    public static MicroscopeOptics confocal(
            double numericalAperture, double refractiveIndex, double emission) {
        return new MicroscopeOptics(
                Modality.CONFOCAL, numericalAperture, refractiveIndex, emission, emission, 1);
    }

    /**
     * {@return the PSF on a camera or scan grid, integrated over each pixel, in a window that holds
     * at least 99 % of the light, with sum 1}
     *
     * @param pixelWidth width of a pixel in the specimen, µm
     * @param pixelHeight height of a pixel in the specimen, µm
     * @throws IllegalArgumentException if the pixel size is not positive, or so small that the PSF
     *     would be larger than {@link PointSpreadFunction#LARGEST}
     */
    public PointSpreadFunction psf(double pixelWidth, double pixelHeight) {
        final double unitsPerMicron = 2 * Math.PI * numericalAperture / (emission / 1000);
        final double stepX = requirePixelSize(pixelWidth) * unitsPerMicron;
        final double stepY = requirePixelSize(pixelHeight) * unitsPerMicron;
        final double radius = heldRadius();
        final int reachX = reach(radius, stepX);
        final int reachY = reach(radius, stepY);
        final double[] sums =
                profile(Math.hypot((reachX + 0.5) * stepX, (reachY + 0.5) * stepY))
                        .sums(stepX, stepY, reachX, reachY, SAMPLES_PER_UNIT);
        final float[] weights = new float[sums.length];
        for (int i = 0; i < weights.length; i++) weights[i] = (float) sums[i];
        return PointSpreadFunction.of(weights, 2 * reachX + 1, 2 * reachY + 1);
    }

    private static double requirePixelSize(double microns) {
        if (!(microns > 0) || Double.isInfinite(microns))
            throw new IllegalArgumentException(
                    "The pixel size is " + microns + " µm; it must be positive.");
        return microns;
    }

    private int reach(double radius, double step) {
        final double reach = Math.ceil(radius / step);
        if (reach > PointSpreadFunction.LARGEST / 2)
            throw new IllegalArgumentException(
                    "With a pixel size of "
                            + Pixels.format(step * emission / 2000 / Math.PI / numericalAperture)
                            + " µm the PSF would reach over "
                            + Pixels.format(reach)
                            + " pixels; check the unit of the pixel size.");
        return (int) reach;
    }

    /** Optical distance inside which lies the share of the light that the window must hold. */
    private double heldRadius() {
        if (modality == Modality.WIDEFIELD) {
            double v = RadialProfile.FIRST_ZERO;
            while (AiryPattern.encircledEnergy(v) < HELD_SHARE) v += 0.5;
            return v;
        }
        // Outside the pinhole's image the product of two patterns falls like v⁻⁶.
        return profile(CONFOCAL_REACH + pinhole * RadialProfile.FIRST_ZERO).heldRadius(HELD_SHARE);
    }

    /** Intensity from 0 to a little beyond {@code most}. */
    private RadialProfile profile(double most) {
        if (modality == Modality.WIDEFIELD)
            return RadialProfile.of(AiryPattern::intensity, most, PROFILE_STEP);
        final double radius = pinhole * RadialProfile.FIRST_ZERO;
        final double excitationScale = emission / excitation;
        return RadialProfile.of(AiryPattern::intensity, most + radius, PROFILE_STEP)
                .averagedOverDisk(radius, PINHOLE_STEP, most)
                .times(
                        RadialProfile.of(
                                v -> AiryPattern.intensity(v * excitationScale),
                                most,
                                PROFILE_STEP));
    }
}
