/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.optics;

import java.util.ArrayList;
import java.util.List;
import org.deqir.image.Pixels;

/**
 * The point-spread function of a microscope in three dimensions, in the scalar theory.
 *
 * <p>The field at a distance r from the axis is h(r, z) = 2 ∫₀¹ J₀(k NA r ρ) exp(i k W(ρ, z)) ρ dρ
 * with the path difference
 *
 * <p>W = z √(n_i² − a²) + depth·layer(n_s) + glass·layer(n_g), layer(n) = √(n² − a²) − (n_i/n)
 * √(n_i² − a²), a = NA ρ.
 *
 * <p>Each layer is written for the focus that it shifts, so that rays near the axis agree. Without
 * layers this is the defocus of Born and Wolf (Principles of Optics, § 8.8) beyond its small
 * angles; with them it is the model of Gibson and Lanni (JOSA A 8, 1601, 1991) for an objective
 * used at its own working distance.
 *
 * <ul>
 *   <li>widefield: |h|² of the emission;
 *   <li>confocal: that of the excitation times that of the emission, averaged over the pinhole;
 *   <li>two-photon: the square of the excitation's;
 *   <li>light sheet: that of the emission times a Gaussian along z.
 * </ul>
 *
 * @param modality how the light is excited and collected
 * @param numericalAperture NA of the objective, below the refractive index of its immersion medium
 * @param immersionIndex n_i, 1 to 2
 * @param specimenIndex n_s of what lies between cover glass and point, 1 to 2; rays that it cannot
 *     carry are left out
 * @param depth of the point below the cover glass, 0 to 1000 µm
 * @param glass how much thicker the cover glass is than the objective is made for, −100 to 100 µm
 * @param emission wavelength of the collected light in nanometres, 100 to 3000
 * @param excitation wavelength of the exciting light in nanometres, 100 to 3000; for confocal and
 *     two-photon
 * @param pinhole diameter of the pinhole in Airy units (1.22 λ/NA of the emission), 0 to 10; for
 *     confocal
 * @param sheet full width at half maximum of the light sheet, 0.1 to 1000 µm; for light sheet
 */
public record StackOptics(
        Modality modality,
        double numericalAperture,
        double immersionIndex,
        double specimenIndex,
        double depth,
        double glass,
        double emission,
        double excitation,
        double pinhole,
        double sheet) {

    /** How the specimen is lit and its light collected. */
    public enum Modality {
        /** The whole field at once, onto a camera. */
        WIDEFIELD,
        /** Point by point, through a pinhole. */
        CONFOCAL,
        /** Two photons of the excitation for one of the emission, which is collected as a whole. */
        TWO_PHOTON,
        /** A sheet of light across the axis, onto a camera. */
        LIGHT_SHEET;

        /** The name users give it. */
        @Override
        public String toString() {
            return name().toLowerCase(java.util.Locale.ROOT)
                    .replace('_', ' ')
                    .replace("two p", "two-p");
        }
    }

    /** Refractive index of cover glass. */
    private static final double GLASS_INDEX = 1.515;

    /** Optical distance k NA r between entries of a radial profile. */
    private static final double PROFILE_STEP = 0.05;

    /** Points per optical unit at which a pixel is sampled to integrate over it. */
    private static final double SAMPLES_PER_UNIT = 2.5;

    /** The stack ends where the brightest pixel of a slice falls below this share of the peak. */
    private static final double FAINTEST_SLICE = 0.005;

    /** The window holds this share of the light of each slice that the window may cut. */
    private static final double HELD_SHARE = 0.98;

    /** Most slices to each side. */
    private static final int MOST_SLICES = 255;

    /** Largest reach in pixels. */
    private static final int MOST_PIXELS = 255;

    /** Optical distance between the rings of points that sample the pinhole. */
    private static final double PINHOLE_STEP = 0.2;

    /**
     * @throws IllegalArgumentException naming the parameter that is out of its range
     */
    public StackOptics {
        require("refractive index of the immersion medium", immersionIndex, 1, 2, "");
        require("refractive index of the specimen", specimenIndex, 1, 2, "");
        if (!(numericalAperture > 0 && numericalAperture < immersionIndex))
            throw new IllegalArgumentException(
                    "The numerical aperture is "
                            + numericalAperture
                            + "; it must be above 0 and below the refractive index "
                            + immersionIndex
                            + " of the immersion medium.");
        require("depth", depth, 0, 1000, " µm");
        require("error of the cover glass", glass, -100, 100, " µm");
        require("emission wavelength", emission, 100, 3000, " nm");
        require("excitation wavelength", excitation, 100, 3000, " nm");
        require("pinhole", pinhole, 0, 10, " Airy units");
        if (modality == Modality.LIGHT_SHEET) require("light sheet", sheet, 0.1, 1000, " µm");
    }

    private static void require(String name, double value, double from, double to, String unit) {
        if (!(value >= from && value <= to))
            throw new IllegalArgumentException(
                    String.format(
                            "The %s is %s%s; it must be %s to %s%s.",
                            name,
                            Pixels.format(value),
                            unit,
                            Pixels.format(from),
                            Pixels.format(to),
                            unit));
    }

    /**
     * {@return the PSF as a stack whose brightest slice is the middle one, integrated over each
     * pixel}
     *
     * @param pixelWidth width of a pixel in the specimen, µm
     * @param pixelHeight height of a pixel in the specimen, µm
     * @param step movement of the stage or objective between slices, µm
     * @param slices slices of the stack, odd; 0 for as many as hold what is brighter than 0.5 % of
     *     the peak
     * @param size width and height in pixels, odd; 0 for a window that holds 98 % of each slice's
     *     light
     * @throws IllegalArgumentException if a size is not as described or the window would be too
     *     large
     */
    public PsfStack psf(double pixelWidth, double pixelHeight, double step, int slices, int size) {
        requireLength("pixel width", pixelWidth);
        requireLength("pixel height", pixelHeight);
        requireLength("step in z", step);
        requireOdd("slices", slices, 2 * MOST_SLICES + 1);
        requireOdd("size", size, 2 * MOST_PIXELS + 1);
        final double focus = focus(step);
        final double units = wavenumber(emission) * numericalAperture;
        final double stepX = pixelWidth * units;
        final double stepY = pixelHeight * units;
        final double finest = Math.min(stepX, stepY);
        final double most =
                size > 0
                        ? Math.hypot((size / 2 + 0.5) * stepX, (size / 2 + 0.5) * stepY)
                        : (MOST_PIXELS + 0.5) * finest;
        final double peak = onAxis(focus);
        int before = 0;
        int after = 0;
        if (slices > 0) before = after = slices / 2;
        else {
            // The side of the longer tail decides: an aberrated PSF has one.
            while (before < MOST_SLICES && brighter(focus - (before + 1) * step, step, peak))
                before++;
            while (after < MOST_SLICES && brighter(focus + (after + 1) * step, step, peak)) after++;
            before = after = Math.max(before, after);
        }
        final List<RadialProfile> profiles = new ArrayList<>();
        int reach = size / 2;
        for (int k = -before; k <= after; k++) {
            double farthest = Math.min(most, reachOfLight(focus + k * step));
            RadialProfile profile = profile(focus + k * step, farthest);
            profiles.add(profile);
            if (size == 0)
                reach = Math.max(reach, (int) Math.ceil(profile.heldRadius(HELD_SHARE) / finest));
        }
        if (reach > MOST_PIXELS)
            throw new IllegalArgumentException(
                    "The PSF would be wider than "
                            + (2 * MOST_PIXELS + 1)
                            + " pixels: give a size, fewer slices, or check the pixel size.");
        final int points =
                RadialProfile.points(stepX, SAMPLES_PER_UNIT)
                        * RadialProfile.points(stepY, SAMPLES_PER_UNIT);
        final int width = 2 * reach + 1;
        final float[] values = new float[profiles.size() * width * width];
        int i = 0;
        for (final RadialProfile profile : profiles)
            for (final double sum : profile.sums(stepX, stepY, reach, reach, SAMPLES_PER_UNIT))
                values[i++] = (float) (sum / points);
        return PsfStack.of(values, width, width, profiles.size());
    }

    private static void requireLength(String name, double microns) {
        if (!(microns > 0) || Double.isInfinite(microns))
            throw new IllegalArgumentException(
                    "The " + name + " is " + microns + " µm; it must be positive.");
    }

    private static void requireOdd(String name, int value, int most) {
        if (value != 0 && (value < 1 || value % 2 == 0 || value > most))
            throw new IllegalArgumentException(
                    name + " is " + value + "; it must be odd, at most " + most + ", or 0.");
    }

    private static double wavenumber(double nanometres) {
        return 2000 * Math.PI / nanometres;
    }

    /**
     * Whether a point on the axis is bright; dark rings cross the axis, so that neighbours count.
     */
    private boolean brighter(double z, double step, double peak) {
        // Between two zeros of the axis lies one wavelength of defocus.
        final double period = emission / 1000 * immersionIndex * 2 / square(numericalAperture);
        final double reach = Math.max(step, period);
        double brightest = 0;
        for (int i = -4; i <= 4; i++) brightest = Math.max(brightest, onAxis(z + reach * i / 8));
        return brightest > FAINTEST_SLICE * peak;
    }

    private static double square(double x) {
        return x * x;
    }

    /** The z of the brightest point of the axis. */
    private double focus(double step) {
        if (depth == 0 && glass == 0) return 0;
        // Marginal and paraxial rays meet within this distance of each other.
        final double rim = Math.min(numericalAperture, 0.999 * specimenIndex);
        final double index = Math.sqrt(square(immersionIndex) - square(rim));
        final double spread =
                Math.abs(layers(rim) / (immersionIndex - index))
                        + 4 * emission / 1000 * immersionIndex / square(numericalAperture);
        final double fine = emission / 1000 * immersionIndex / square(numericalAperture) / 8;
        double best = 0;
        double brightest = -1;
        for (double z = -2 * spread; z <= 2 * spread; z += fine) {
            final double intensity = onAxis(z);
            if (intensity > brightest) {
                brightest = intensity;
                best = z;
            }
        }
        return best;
    }

    private double onAxis(double z) {
        return profile(z, 0).peak();
    }

    /** The path difference of the layers for rays of sine a. */
    private double layers(double a) {
        return depth * layer(specimenIndex, a) + glass * layer(GLASS_INDEX, a);
    }

    private double layer(double n, double a) {
        return Math.sqrt(n * n - a * a)
                - immersionIndex / n * Math.sqrt(square(immersionIndex) - a * a);
    }

    /** Optical distance that the geometric cone of light reaches, and some rings more. */
    private double reachOfLight(double z) {
        final double tangent =
                numericalAperture / Math.sqrt(square(immersionIndex) - square(numericalAperture));
        return wavenumber(emission) * numericalAperture * Math.abs(z) * tangent
                + 40 * Math.max(1, emission / excitation);
    }

    /** Intensity from 0 to a little beyond {@code most}. */
    private RadialProfile profile(double z, double most) {
        final double ratio = emission / excitation;
        return switch (modality) {
            case WIDEFIELD -> field(z, emission, most, 1);
            case LIGHT_SHEET -> {
                final double share = Math.exp(-4 * Math.log(2) * square(z / sheet));
                final RadialProfile axial = RadialProfile.of(v -> share, most, PROFILE_STEP);
                yield field(z, emission, most, 1).times(axial);
            }
            case TWO_PHOTON -> {
                final RadialProfile once = field(z, excitation, most, ratio);
                yield once.times(once);
            }
            case CONFOCAL -> {
                final double radius = pinhole * RadialProfile.FIRST_ZERO;
                yield field(z, excitation, most, ratio)
                        .times(
                                field(z, emission, most + radius, 1)
                                        .averagedOverDisk(radius, PINHOLE_STEP, most));
            }
        };
    }

    /**
     * |h|² at multiples of the profile's step.
     *
     * @param scale optical distance of this wavelength for one of the emission
     */
    private RadialProfile field(double z, double wavelength, double most, double scale) {
        final double k = wavenumber(wavelength);
        final double rim = Math.min(1, 0.999 * specimenIndex / numericalAperture);
        final int entries = RadialProfile.entries(most, PROFILE_STEP);
        final double range = Math.abs(k * (path(z, rim) - path(z, 0))) + Math.abs(k * depth * 0.1);
        // Several nodes for each period of phase and Bessel function.
        final int nodes =
                40 + (int) Math.ceil(2 * (range + entries * PROFILE_STEP * scale) / Math.PI);
        final double[] real = new double[nodes];
        final double[] imaginary = new double[nodes];
        final double[] radius = new double[nodes];
        for (int i = 0; i < nodes; i++) {
            // The midpoint rule in ρ², in which dρ² = 2 ρ dρ has no weight of its own.
            radius[i] = rim * Math.sqrt((i + 0.5) / nodes);
            final double phase = k * path(z, radius[i]);
            real[i] = Math.cos(phase) * rim * rim / nodes;
            imaginary[i] = Math.sin(phase) * rim * rim / nodes;
        }
        final double[] intensity = new double[entries];
        final boolean axisOnly = most == 0;
        for (int j = 0; j < (axisOnly ? 1 : entries); j++) {
            double re = 0;
            double im = 0;
            for (int i = 0; i < nodes; i++) {
                final double j0 = j == 0 ? 1 : BesselTable.j0(j * PROFILE_STEP * scale * radius[i]);
                re += real[i] * j0;
                im += imaginary[i] * j0;
            }
            intensity[j] = re * re + im * im;
        }
        return new RadialProfile(intensity, PROFILE_STEP);
    }

    /** W for rays of the share ρ of the aperture, less that of the axis. */
    private double path(double z, double rho) {
        final double a = numericalAperture * rho;
        return z * (Math.sqrt(square(immersionIndex) - a * a) - immersionIndex)
                + layers(a)
                - layers(0);
    }

    /** {@return the optics in a few words for a result's provenance} */
    public String describe() {
        final StringBuilder text = new StringBuilder(modality.toString());
        text.append(", NA ").append(Pixels.format(numericalAperture));
        text.append(", immersion ").append(Pixels.format(immersionIndex));
        text.append(", specimen ").append(Pixels.format(specimenIndex));
        if (depth > 0) text.append(", depth ").append(Pixels.format(depth)).append(" µm");
        if (glass != 0)
            text.append(", cover glass ").append(Pixels.format(glass)).append(" µm too thick");
        text.append(", emission ").append(Pixels.format(emission)).append(" nm");
        if (modality == Modality.CONFOCAL || modality == Modality.TWO_PHOTON)
            text.append(", excitation ").append(Pixels.format(excitation)).append(" nm");
        if (modality == Modality.CONFOCAL)
            text.append(", pinhole ").append(Pixels.format(pinhole)).append(" Airy units");
        if (modality == Modality.LIGHT_SHEET)
            text.append(", light sheet ").append(Pixels.format(sheet)).append(" µm");
        return text.toString();
    }
}
