/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.group;

import java.util.HashSet;
import java.util.Set;
import org.deqir.command.key.OperatorKeys;
import org.scijava.plugin.Parameter;

/** The keys of a blur. */
public final class BlurKeys {

    @Parameter(
            label = "Blur",
            description = "The kind of blur, which decides about the next keys.",
            choices = {"gaussian", "uniform", "anisotropic", "psf image", "microscope"})
    public String blur = "gaussian";

    @Parameter(
            label = "Width (px)",
            description =
                    "gaussian, anisotropic: standard deviation along a row; uniform: edge of the box.",
            min = "0")
    public Double width = 0.0;

    @Parameter(
            label = "Height (px)",
            description = "anisotropic: standard deviation along a column.",
            min = "0")
    public Double height = 0.0;

    @Parameter(
            label = "PSF",
            description = "psf image: title of an open image of a point, in focus or as a stack.")
    public String psf = "";

    @Parameter(
            label = "Numerical aperture",
            description = "microscope: numerical aperture of the objective.",
            min = "0",
            max = "1.7")
    public Double na = 0.0;

    @Parameter(
            label = "Wavelength (nm)",
            description = "microscope: wavelength of the emitted light.",
            min = "0",
            max = "3000")
    public Double wavelength = 0.0;

    @Parameter(
            label = "Modality",
            description = "microscope: how the light is collected.",
            choices = {"widefield", "confocal"})
    public String modality = "widefield";

    @Parameter(
            label = "Border",
            description =
                    "What lies outside of the image: unknown (estimated with it), its mirror image, or zeros.",
            choices = {"unknown", "mirrored", "zeros"})
    public String border = "unknown";

    @Parameter(
            label = "Taps",
            description =
                    "gaussian, anisotropic, uniform: samples of the kernel along each axis, odd; 0 for as many as it has.",
            min = "0",
            max = "255")
    public Integer taps = 0;

    /** {@return the values of the keys} */
    public OperatorKeys.Blur values() {
        return new OperatorKeys.Blur(
                blur, width, height, psf, na, wavelength, modality, border, taps);
    }

    /** {@return the keys that do not count} */
    public Set<String> idle(boolean counts) {
        if (counts) return OperatorKeys.Blur.idle(blur);
        final Set<String> all = new HashSet<>(OperatorKeys.Blur.KEYS);
        all.add("blur");
        return all;
    }
}
