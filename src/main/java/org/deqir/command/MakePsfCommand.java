/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import ij.ImagePlus;
import ij.ImageStack;
import ij.measure.Calibration;
import java.util.HashSet;
import java.util.Set;
import org.deqir.command.base.DeqirCommand;
import org.deqir.command.image.Provenance;
import org.deqir.command.key.ImmersionMedium;
import org.deqir.command.key.Length;
import org.deqir.command.ui.ResultDisplay;
import org.deqir.physics.optics.PsfStack;
import org.deqir.physics.optics.StackOptics;
import org.deqir.physics.optics.StackOptics.Modality;
import org.deqir.progress.Progress;
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

    private static final String WIDEFIELD = "widefield";
    private static final String CONFOCAL = "confocal";
    private static final String TWO_PHOTON = "two-photon";
    private static final String LIGHT_SHEET = "light sheet";

    @Parameter(
            label = "Microscope",
            description =
                    "widefield; confocal with a pinhole; two-photon; light sheet with a camera.",
            choices = {WIDEFIELD, CONFOCAL, TWO_PHOTON, LIGHT_SHEET})
    private String modality = WIDEFIELD;

    @Parameter(
            label = "Numerical aperture",
            description = "NA of the objective, as engraved on it.",
            min = "0")
    private Double na = 0.0;

    @Parameter(
            label = "Emission (nm)",
            description = "Wavelength of the light that is collected; two-photon needs none.",
            min = "0")
    private Double wavelength = 0.0;

    @Parameter(
            label = "Excitation (nm)",
            description =
                    "Wavelength of the exciting light, for confocal and two-photon; 0 for that of"
                            + " the emission, for confocal only.",
            min = "0")
    private Double excitation = 0.0;

    @Parameter(
            label = "Immersion index (0: usual)",
            description =
                    "Refractive index of the immersion medium; 0 for the usual one: air up to NA"
                            + " 0.95, water up to 1.2, oil above.",
            min = "0")
    private Double immersion = 0.0;

    @Parameter(
            label = "Specimen index (0: as immersion)",
            description =
                    "Refractive index of the specimen; 0 for that of the immersion medium, where"
                            + " depth has no effect.",
            min = "0")
    private Double index = 0.0;

    @Parameter(
            label = "Depth (µm)",
            description = "Depth of the structure below the cover glass.",
            min = "0")
    private Double depth = 0.0;

    @Parameter(
            label = "Cover glass error (µm)",
            description = "How much thicker the cover glass is than the objective is made for.")
    private Double glass = 0.0;

    @Parameter(
            label = "Pinhole (Airy units)",
            description = "Diameter of the pinhole, for confocal.",
            min = "0")
    private Double pinhole = 1.0;

    @Parameter(
            label = "Light sheet (µm)",
            description = "Thickness of the light sheet at half its intensity.",
            min = "0")
    private Double sheet = 0.0;

    @Parameter(
            label = "Pixel size (µm; 0: of the image)",
            description = "Size of a pixel in the specimen; 0 for that of the active image.",
            min = "0")
    private Double pixel = 0.0;

    @Parameter(
            label = "Z step (µm; 0: of the image)",
            description = "Distance between slices; 0 for that of the active image.",
            min = "0")
    private Double step = 0.0;

    @Parameter(
            label = "Slices (0: automatic)",
            description =
                    "Slices of the stack, odd; 0 for as many as are brighter than 0.5 % of the"
                            + " peak.",
            min = "0")
    private Integer slices = 0;

    @Parameter(
            label = "Size (px; 0: automatic)",
            description =
                    "Width and height, odd; 0 for a window that holds 98 % of the light of each"
                            + " slice.",
            min = "0")
    private Integer size = 0;

    @Parameter(type = ItemIO.OUTPUT, label = "PSF")
    private ImagePlus result;

    @Override
    protected boolean needsImage() {
        return false;
    }

    @Override
    public Set<String> idleKeys() {
        final Set<String> idle = new HashSet<>();
        if (!modality.equals(CONFOCAL)) idle.add("pinhole");
        if (!modality.equals(LIGHT_SHEET)) idle.add("sheet");
        if (!modality.equals(CONFOCAL) && !modality.equals(TWO_PHOTON)) idle.add("excitation");
        if (modality.equals(TWO_PHOTON)) idle.add("wavelength");
        return idle;
    }

    @Override
    public String problem() {
        try {
            optics();
            voxel();
            return null;
        } catch (IllegalArgumentException e) {
            return e.getMessage();
        }
    }

    @Override
    protected void execute(Progress progress) {
        final StackOptics optics = optics();
        final double[] voxel = voxel();
        progress.update("Computing the PSF", 0);
        final PsfStack psf = optics.psf(voxel[0], voxel[1], voxel[2], slices, size);
        result = image(psf, voxel);
        new Provenance()
                .add("command", macroLine())
                .add("version", version())
                .add("optics", optics.describe())
                .writeTo(result);
        show("result");
    }

    /** What the keys say; those that are idle have no effect, whatever their values. */
    private StackOptics optics() {
        final Set<String> idle = idleKeys();
        given("na", na, "the numerical aperture of the objective");
        if (!idle.contains("wavelength")) given("wavelength", wavelength, "the emission in nm");
        if (modality.equals(TWO_PHOTON)) given("excitation", excitation, "the excitation in nm");
        if (!idle.contains("sheet")) given("sheet", sheet, "the thickness of the sheet in µm");
        final double medium = immersion > 0 ? immersion : ImmersionMedium.refractiveIndex(na);
        // All light counts that two photons excite; half their wavelength only sets a scale.
        final double emitted = idle.contains("wavelength") ? excitation / 2 : wavelength;
        return new StackOptics(
                switch (modality) {
                    case CONFOCAL -> Modality.CONFOCAL;
                    case TWO_PHOTON -> Modality.TWO_PHOTON;
                    case LIGHT_SHEET -> Modality.LIGHT_SHEET;
                    default -> Modality.WIDEFIELD;
                },
                na,
                medium,
                index > 0 ? index : medium,
                depth,
                glass,
                emitted,
                idle.contains("excitation") || excitation == 0 ? emitted : excitation,
                idle.contains("pinhole") ? 1 : pinhole,
                sheet);
    }

    private void given(String key, double value, String what) {
        if (!(value > 0))
            throw new IllegalArgumentException(
                    key + " is missing: modality = '" + modality + "' needs " + what + ".");
    }

    /** Width, height and depth of a voxel in µm. */
    private double[] voxel() {
        return new double[] {
            pixel > 0 ? pixel : ofImage("pixel", 0),
            pixel > 0 ? pixel : ofImage("pixel", 1),
            step > 0 ? step : ofImage("step", 2)
        };
    }

    /** A size of the active image's voxels in µm: 0 for the width, 1 the height, 2 the depth. */
    private double ofImage(String key, int axis) {
        final String missing = key + " is missing: give it in µm";
        if (image == null)
            throw new IllegalArgumentException(missing + ", or open an image that has it.");
        final Calibration c = image.getCalibration();
        try {
            return switch (axis) {
                case 0 -> Length.micrometres(c.pixelWidth, c.getXUnit(), image);
                case 1 -> Length.micrometres(c.pixelHeight, c.getYUnit(), image);
                default -> Length.micrometres(c.pixelDepth, c.getZUnit(), image);
            };
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(missing + ". " + e.getMessage(), e);
        }
    }

    private static ImagePlus image(PsfStack psf, double[] voxel) {
        final ImageStack stack = new ImageStack(psf.width(), psf.height());
        for (int z = 0; z < psf.slices(); z++) stack.addSlice("", psf.slice(z));
        final ImagePlus image = new ImagePlus("PSF", stack);
        image.setDimensions(1, psf.slices(), 1);
        final Calibration calibration = image.getCalibration();
        calibration.setUnit("µm");
        calibration.pixelWidth = voxel[0];
        calibration.pixelHeight = voxel[1];
        calibration.pixelDepth = voxel[2];
        ResultDisplay.openAt(image, psf.slices() / 2 + 1);
        image.setDisplayRange(0, psf.at(0, 0, 0));
        return image;
    }

    @Override
    protected void clearOutputs() {
        result = null;
    }
}
