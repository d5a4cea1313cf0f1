/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deqir.command.image.PlaneSource;
import org.deqir.command.key.OperatorKeys;
import org.deqir.command.task.RestorationTask;
import org.deqir.command.task.Tasks;
import org.scijava.plugin.Parameter;

/** The key {@code task} and the keys of all tasks, for commands that work with any of them. */
abstract class AnyTaskCommand extends NoisyRestorationCommand {

    @Parameter(
            label = "Task",
            description = "What happened to the image, and so which of the next keys count.",
            choices = {"denoise", "deblur", "super-resolution", "inpaint"},
            callback = "updateCost",
            persist = false)
    private String task = "denoise";

    @Parameter(
            label = "Blur",
            description = "deblur: the kind of blur.",
            choices = {"gaussian", "uniform", "anisotropic", "psf image", "microscope"},
            callback = "updateCost",
            persist = false)
    private String blur = "gaussian";

    @Parameter(
            label = "Width (px)",
            description =
                    "deblur: standard deviation along a row; of a uniform blur, edge of the box.",
            min = "0",
            callback = "updateCost",
            persist = false)
    private Double width = 0.0;

    @Parameter(
            label = "Height (px)",
            description = "deblur, anisotropic: standard deviation along a column.",
            min = "0",
            callback = "updateCost",
            persist = false)
    private Double height = 0.0;

    @Parameter(
            label = "PSF",
            description = "deblur, psf image: title of an open image of a point, in focus.",
            callback = "updateCost",
            persist = false)
    private String psf = "";

    @Parameter(
            label = "Numerical aperture",
            description = "deblur, microscope: numerical aperture of the objective.",
            min = "0",
            max = "1.7",
            callback = "updateCost",
            persist = false)
    private Double na = 0.0;

    @Parameter(
            label = "Wavelength (nm)",
            description = "deblur, microscope: wavelength of the emitted light.",
            min = "0",
            max = "3000",
            callback = "updateCost",
            persist = false)
    private Double wavelength = 0.0;

    @Parameter(
            label = "Modality",
            description = "deblur, microscope: how the light is collected.",
            choices = {"widefield", "confocal"},
            callback = "updateCost",
            persist = false)
    private String modality = "widefield";

    @Parameter(
            label = "Border",
            description =
                    "deblur: what lies outside of the image: unknown (estimated with it), its mirror"
                            + " image, or zeros.",
            choices = {"unknown", "mirrored", "zeros"},
            callback = "updateCost",
            persist = false)
    private String border = "unknown";

    @Parameter(
            label = "Taps",
            description =
                    "deblur, gaussian, anisotropic, uniform: samples of the kernel along each axis, odd; 0 for"
                            + " as many as it has.",
            min = "0",
            max = "255",
            callback = "updateCost",
            persist = false)
    private Integer taps = 0;

    @Parameter(
            label = "Scale",
            description = "super-resolution: pixels of the result per pixel of the image.",
            min = "2",
            max = "8",
            callback = "updateCost",
            persist = false)
    private Integer scale = 2;

    @Parameter(
            label = "Kernel",
            description = "super-resolution: how fine pixels made a coarse one.",
            choices = {"average", "bicubic"},
            callback = "updateCost",
            persist = false)
    private String kernel = "average";

    @Parameter(
            label = "Missing pixels",
            description = "inpaint: what marks the pixels to fill in.",
            choices = {"selection", "mask image", "saturated", "zeros", "nan"},
            callback = "updateCost",
            persist = false)
    private String missing = "selection";

    @Parameter(
            label = "Mask",
            description =
                    "inpaint, mask image: title of an open image that is not 0 where pixels are"
                            + " missing, or path of an .npy file that is 0 there.",
            callback = "updateCost",
            persist = false)
    private String mask = "";

    /** What the result's title adds to the input's. */
    abstract String suffix();

    /** Filling in pixels leaves the known ones alone, unless the keys tell about their noise. */
    @Override
    void adaptDefaults() {
        super.adaptDefaults();
        if (!isGiven("noise") && task.equals("inpaint")) noise = "none";
    }

    @Override
    Map<String, List<String>> dialogChoices() {
        final Map<String, List<String>> choices = super.dialogChoices();
        choices.put("psf", openImages());
        choices.put("mask", openImages());
        return choices;
    }

    /** Result pixels per pixel of the image along each side. */
    final int scale() {
        return task.equals("super-resolution") ? scale : 1;
    }

    /** Whether the selection says which pixels are missing. */
    final boolean fillsSelection() {
        return task.equals("inpaint") && missing.equals("selection");
    }

    @Override
    public Set<String> idleKeys() {
        final Set<String> idle = super.idleKeys();
        if (task.equals("deblur")) idle.addAll(OperatorKeys.Blur.idle(blur));
        else {
            idle.add("blur");
            idle.addAll(OperatorKeys.Blur.KEYS);
        }
        if (!task.equals("super-resolution")) idle.addAll(Set.of("scale", "kernel"));
        if (!task.equals("inpaint")) idle.add("missing");
        if (!task.equals("inpaint") || !missing.equals("mask image")) idle.add("mask");
        return idle;
    }

    @Override
    RestorationTask task(PlaneSource source) {
        return switch (task) {
            case "deblur" ->
                    Tasks.deblur(
                            source,
                            suffix(),
                            new OperatorKeys.Blur(
                                    blur,
                                    width,
                                    height,
                                    psf,
                                    na,
                                    wavelength,
                                    modality,
                                    border,
                                    taps),
                            noise());
            case "super-resolution" -> Tasks.enlarge(source, suffix(), scale, kernel, noise());
            case "inpaint" -> Tasks.inpaint(source, suffix(), missing, mask, noise());
            default -> {
                requireOther("There is nothing to denoise in", "keeps the measurement as it is");
                yield Tasks.denoise(source, suffix(), noise());
            }
        };
    }
}
