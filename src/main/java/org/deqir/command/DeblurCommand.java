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
import org.deqir.command.key.VolumeKeys;
import org.deqir.command.task.RestorationTask;
import org.deqir.command.task.Tasks;
import org.scijava.command.Command;
import org.scijava.plugin.Attr;
import org.scijava.plugin.Menu;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;

/** Plugins ▸ DeqIR ▸ DeqIR Deblur...: undoes a known blur. */
@Plugin(
        type = Command.class,
        menu = {
            @Menu(label = "Plugins"),
            @Menu(label = "DeqIR"),
            @Menu(label = "DeqIR Deblur...", weight = 2)
        },
        iconPath = DeqirCommand.ICON,
        headless = true,
        attrs = @Attr(name = DeqirCommand.HELP, value = DeqirCommand.HELP_PAGE))
public class DeblurCommand extends OptimizedRestorationCommand {

    @Parameter(
            label = "Blur",
            description = "The kind of blur, which decides about the next keys.",
            choices = {"gaussian", "uniform", "anisotropic", "psf image", "microscope"},
            callback = "updateCost",
            persist = false)
    private String blur = "gaussian";

    @Parameter(
            label = "Width (px)",
            description =
                    "gaussian, anisotropic: standard deviation along a row; uniform: edge of the box.",
            min = "0",
            callback = "updateCost",
            persist = false)
    private Double width = 0.0;

    @Parameter(
            label = "Height (px)",
            description = "anisotropic: standard deviation along a column.",
            min = "0",
            callback = "updateCost",
            persist = false)
    private Double height = 0.0;

    @Parameter(
            label = "PSF",
            description = "psf image: title of an open image of a point, in focus or as a stack.",
            callback = "updateCost",
            persist = false)
    private String psf = "";

    @Parameter(
            label = "Numerical aperture",
            description = "microscope: numerical aperture of the objective.",
            min = "0",
            max = "1.7",
            callback = "updateCost",
            persist = false)
    private Double na = 0.0;

    @Parameter(
            label = "Wavelength (nm)",
            description = "microscope: wavelength of the emitted light.",
            min = "0",
            max = "3000",
            callback = "updateCost",
            persist = false)
    private Double wavelength = 0.0;

    @Parameter(
            label = "Modality",
            description = "microscope: how the light is collected.",
            choices = {"widefield", "confocal"},
            callback = "updateCost",
            persist = false)
    private String modality = "widefield";

    @Parameter(
            label = "Border",
            description =
                    "what lies outside of the image: unknown (estimated with it), its mirror"
                            + " image, or zeros.",
            choices = {"unknown", "mirrored", "zeros"},
            callback = "updateCost",
            persist = false)
    private String border = "unknown";

    @Parameter(
            label = "Taps",
            description =
                    "gaussian, anisotropic, uniform: samples of the kernel along each axis, odd; 0 for"
                            + " as many as it has.",
            min = "0",
            max = "255",
            callback = "updateCost",
            persist = false)
    private Integer taps = 0;

    @Parameter(
            label = "Dimensions",
            description =
                    "2: slice by slice; 3: volumes, with a PSF of several slices; auto: 3 if image and"
                            + " PSF image have several.",
            choices = {"auto", "2", "3"},
            callback = "updateCost",
            persist = false)
    private String dimensions = "auto";

    @Override
    Map<String, List<String>> dialogChoices() {
        final Map<String, List<String>> choices = super.dialogChoices();
        choices.put("psf", openImages());
        return choices;
    }

    @Override
    public Set<String> idleKeys() {
        final Set<String> idle = super.idleKeys();
        idle.addAll(OperatorKeys.Blur.idle(blur));
        return idle;
    }

    @Override
    RestorationTask task(PlaneSource source) {
        final OperatorKeys.Blur keys =
                new OperatorKeys.Blur(
                        blur, width, height, psf, na, wavelength, modality, border, taps);
        return VolumeKeys.isOfVolumes(dimensions, keys, source.image())
                ? Tasks.deblurVolumes(source, "deblurred", keys, noise())
                : Tasks.deblur(source, "deblurred", keys, noise());
    }
}
