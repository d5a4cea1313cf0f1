/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import ij.ImagePlus;
import ij.ImageStack;
import ij.measure.Calibration;
import org.deqir.command.image.Provenance;
import org.deqir.command.key.ImmersionMedium;
import org.deqir.command.key.Length;
import org.deqir.command.ui.CommandProgress;
import org.deqir.physics.optics.PsfStack;
import org.deqir.physics.optics.StackOptics;
import org.deqir.physics.optics.StackOptics.Modality;
import org.scijava.ItemIO;
import org.scijava.command.Command;
import org.scijava.plugin.Attr;
import org.scijava.plugin.Menu;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;

/** Plugins ▸ DeqIR ▸ DeqIR Make PSF...: computes the PSF of a microscope as a stack. */
@Plugin(
        type = Command.class,
        menu = {
            @Menu(label = "Plugins"),
            @Menu(label = "DeqIR"),
            @Menu(label = "DeqIR Make PSF...", weight = 23)
        },
        iconPath = DeqirCommand.ICON,
        headless = true,
        attrs = @Attr(name = DeqirCommand.HELP, value = DeqirCommand.HELP_PAGE))
public class MakePsfCommand extends DeqirCommand {

    @Parameter(
            label = "Microscope",
            description =
                    "widefield; confocal with a pinhole; two-photon; light sheet with a camera.",
            choices = {"widefield", "confocal", "two-photon", "light sheet"},
            persist = false)
    private String modality = "widefield";

    @Parameter(
            label = "Numerical aperture",
            description = "NA of the objective, as engraved on it.",
            min = "0",
            persist = false)
    private Double na = 0.0;

    @Parameter(
            label = "Emission (nm)",
            description = "Wavelength of the light that is collected.",
            min = "0",
            persist = false)
    private Double wavelength = 0.0;

    @Parameter(
            label = "Excitation (nm)",
            description = "Wavelength of the exciting light, for confocal and two-photon.",
            min = "0",
            persist = false)
    private Double excitation = 0.0;

    @Parameter(
            label = "Immersion index",
            description =
                    "Refractive index of the immersion medium; 0 for the usual one: air up to NA"
                            + " 0.95, water up to 1.2, oil above.",
            min = "0",
            persist = false)
    private Double immersion = 0.0;

    @Parameter(
            label = "Specimen index",
            description =
                    "Refractive index of the specimen; 0 for that of the immersion medium, where"
                            + " depth has no effect.",
            min = "0",
            persist = false)
    private Double index = 0.0;

    @Parameter(
            label = "Depth (µm)",
            description = "Depth of the structure below the cover glass.",
            min = "0",
            persist = false)
    private Double depth = 0.0;

    @Parameter(
            label = "Cover glass error (µm)",
            description = "How much thicker the cover glass is than the objective is made for.",
            persist = false)
    private Double glass = 0.0;

    @Parameter(
            label = "Pinhole (Airy units)",
            description = "Diameter of the pinhole, for confocal.",
            min = "0",
            persist = false)
    private Double pinhole = 1.0;

    @Parameter(
            label = "Light sheet (µm)",
            description = "Thickness of the light sheet at half its intensity.",
            min = "0",
            persist = false)
    private Double sheet = 0.0;

    @Parameter(
            label = "Pixel size (µm)",
            description = "Size of a pixel in the specimen; 0 for that of the active image.",
            min = "0",
            persist = false)
    private Double pixel = 0.0;

    @Parameter(
            label = "Z step (µm)",
            description = "Distance between slices; 0 for that of the active image.",
            min = "0",
            persist = false)
    private Double step = 0.0;

    @Parameter(
            label = "Slices",
            description =
                    "Slices of the stack, odd; 0 for as many as are brighter than 0.5 % of the"
                            + " peak.",
            min = "0",
            persist = false)
    private Integer slices = 0;

    @Parameter(
            label = "Size (pixels)",
            description =
                    "Width and height, odd; 0 for a window that holds 98 % of the light of each"
                            + " slice.",
            min = "0",
            persist = false)
    private Integer size = 0;

    @Parameter(type = ItemIO.OUTPUT, label = "PSF")
    private ImagePlus result;

    @Override
    boolean needsImage() {
        return false;
    }

    @Override
    void takeStoredValues() {
        // What was done to an image says nothing about a microscope.
    }

    @Override
    void execute(CommandProgress progress) {
        final Modality kind =
                Modality.valueOf(
                        modality.toUpperCase(java.util.Locale.ROOT).replaceAll("[- ]", "_"));
        given("na", na, "the numerical aperture of the objective");
        if (kind != Modality.TWO_PHOTON) given("wavelength", wavelength, "the emission in nm");
        if (kind == Modality.TWO_PHOTON) given("excitation", excitation, "the excitation in nm");
        if (kind == Modality.LIGHT_SHEET) given("sheet", sheet, "its thickness in µm");
        final double medium = immersion > 0 ? immersion : ImmersionMedium.refractiveIndex(na);
        final double emitted = wavelength > 0 ? wavelength : excitation / 2;
        final StackOptics optics =
                new StackOptics(
                        kind,
                        na,
                        medium,
                        index > 0 ? index : medium,
                        depth,
                        glass,
                        emitted,
                        excitation > 0 ? excitation : emitted,
                        pinhole,
                        sheet);
        final double width = pixel > 0 ? pixel : ofImage("pixel", 0);
        final double height = pixel > 0 ? pixel : ofImage("pixel", 1);
        final double spacing = step > 0 ? step : ofImage("step", 2);
        progress.update("Computing the PSF", 0);
        final PsfStack psf = optics.psf(width, height, spacing, slices, size);
        result = image(psf, width, height, spacing);
        new Provenance()
                .add("command", "DeqIR Make PSF...")
                .add("version", version())
                .add("optics", optics.describe())
                .writeTo(result);
        show("result");
    }

    private void given(String key, double value, String what) {
        if (!(value > 0))
            throw new IllegalArgumentException(
                    key + " is missing: modality = '" + modality + "' needs " + what + ".");
    }

    /** A size of the active image's voxels in µm: 0 for the width, 1 the height, 2 the depth. */
    private double ofImage(String key, int axis) {
        if (image == null)
            throw new IllegalArgumentException(
                    key + " is missing: give it in µm, or open an image that has it.");
        final Calibration c = image.getCalibration();
        return switch (axis) {
            case 0 -> Length.micrometres(c.pixelWidth, c.getXUnit(), image);
            case 1 -> Length.micrometres(c.pixelHeight, c.getYUnit(), image);
            default -> Length.micrometres(c.pixelDepth, c.getZUnit(), image);
        };
    }

    private static ImagePlus image(PsfStack psf, double width, double height, double step) {
        final ImageStack stack = new ImageStack(psf.width(), psf.height());
        for (int z = 0; z < psf.slices(); z++) stack.addSlice("", psf.slice(z));
        final ImagePlus image = new ImagePlus("PSF", stack);
        image.setDimensions(1, psf.slices(), 1);
        final Calibration calibration = image.getCalibration();
        calibration.setUnit("µm");
        calibration.pixelWidth = width;
        calibration.pixelHeight = height;
        calibration.pixelDepth = step;
        image.setSlice(psf.slices() / 2 + 1);
        image.setDisplayRange(0, psf.at(0, 0, 0));
        return image;
    }

    @Override
    void clearOutputs() {
        result = null;
    }
}
