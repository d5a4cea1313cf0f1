/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import ij.gui.Roi;
import java.awt.Rectangle;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deqir.command.base.DeqirCommand;
import org.deqir.command.base.OptimizedRestorationCommand;
import org.deqir.command.group.KeyGroup;
import org.deqir.command.group.SensingKeys;
import org.deqir.command.image.PlaneSource;
import org.deqir.command.image.Region;
import org.deqir.command.key.MissingPixelKeys;
import org.deqir.command.key.OperatorKeys;
import org.deqir.command.task.InpaintTask;
import org.deqir.command.task.RestorationTask;
import org.deqir.physics.Degradation;
import org.scijava.command.Command;
import org.scijava.plugin.Attr;
import org.scijava.plugin.Menu;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;

/**
 * Plugins ▸ DeqIR ▸ DeqIR Compressed Sensing...: reconstructs an image from fewer measurements than
 * pixels.
 *
 * <p>A measurement of coefficients is kept as its back projection Aᵀy, a 32-bit image of the full
 * size, which holds exactly the same information and survives as TIFF. A sparse scan is an image
 * with NaN where nothing was measured, or any image together with a mask.
 */
@Plugin(
        type = Command.class,
        menu = {
            @Menu(label = "Plugins"),
            @Menu(label = "DeqIR"),
            @Menu(label = "DeqIR Compressed Sensing...", weight = 6)
        },
        iconPath = DeqirCommand.ICON,
        headless = true,
        attrs = @Attr(name = DeqirCommand.HELP, value = DeqirCommand.HELP_PAGE))
public class CompressedSensingCommand extends OptimizedRestorationCommand {

    @KeyGroup private final SensingKeys measured = new SensingKeys(0);

    @Parameter(
            label = "Mask",
            description =
                    "scan mask: title of an open image that is not 0 where nothing was measured, or"
                            + " path of an .npy file that is 0 there; without one these pixels are"
                            + " NaN.")
    private String mask = "";

    /** Measured coefficients are taken as they are, unless told about their noise. */
    public CompressedSensingCommand() {
        noise = "none";
    }

    @Override
    protected Map<String, List<String>> dialogChoices() {
        final Map<String, List<String>> choices = super.dialogChoices();
        choices.put("mask", openImages());
        return choices;
    }

    @Override
    public Set<String> idleKeys() {
        final Set<String> idle = super.idleKeys();
        idle.addAll(measured.sensing.equals("scan mask") ? Set.of("ratio", "key") : Set.of("mask"));
        if (!measured.sensing.equals("block")) idle.add("block");
        return idle;
    }

    @Override
    public RestorationTask task(PlaneSource source) {
        if (source.isRgb())
            throw new IllegalArgumentException(
                    "'"
                            + source.image().getTitle()
                            + "' is an RGB image: compressed measurements are grey; convert it to"
                            + " a stack of channels first.");
        if (measured.sensing.equals("scan mask")) {
            final String missing = mask.isBlank() ? "nan" : "mask image";
            return new InpaintTask(
                    source,
                    "reconstructed",
                    MissingPixelKeys.of(missing, mask, source),
                    true,
                    noise());
        }
        if (source.image().getBitDepth() != 32)
            throw new IllegalArgumentException(
                    "'"
                            + source.image().getTitle()
                            + "' is no compressed measurement: a 32-bit image is expected, such as"
                            + " DeqIR Degrade... writes.");
        final Roi roi = source.image().getRoi();
        if (roi != null && roi.isArea())
            throw new IllegalArgumentException(
                    "A compressed measurement belongs to the whole plane: remove the selection.");
        if (!(measured.ratio > 0))
            throw new IllegalArgumentException(
                    "ratio is missing: give the measurements per pixel, above 0 and up to 1.");
        if (noise().isAuto())
            throw new IllegalArgumentException(
                    "noise = 'auto' cannot be estimated from compressed measurements: give none or"
                            + " gaussian with its sigma.");
        final Degradation degradation =
                OperatorKeys.sensing(
                        measured.sensing, measured.ratio, measured.key, measured.block);
        return new RestorationTask(source, "reconstructed", degradation, noise(), 0) {
            @Override
            public Region region(Rectangle part) {
                return Region.whole(source.image());
            }

            /** Equal coefficients other than 0 are a measurement of some image. */
            @Override
            public String blank(int index, Rectangle part) {
                final float first = source.read(index, part).channels()[0][0];
                return Float.isFinite(first) && first != 0 ? "" : super.blank(index, part);
            }
        };
    }
}
