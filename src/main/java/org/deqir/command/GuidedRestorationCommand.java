/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import java.util.List;
import java.util.Map;
import org.deqir.Optimization;
import org.deqir.command.base.AnyTaskCommand;
import org.deqir.command.base.DeqirCommand;
import org.deqir.command.image.Region;
import org.deqir.command.image.SliceSelection;
import org.deqir.command.key.GuideKeys;
import org.deqir.command.task.PlaneOptimization;
import org.deqir.command.task.RestorationTask;
import org.scijava.command.Command;
import org.scijava.plugin.Attr;
import org.scijava.plugin.Menu;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;

/**
 * Plugins ▸ DeqIR ▸ DeqIR Guided Restoration...: restores with the help of a registered reference
 * image, by optimising the start of the chain.
 */
@Plugin(
        type = Command.class,
        menu = {
            @Menu(label = "Plugins"),
            @Menu(label = "DeqIR"),
            @Menu(label = "DeqIR Guided Restoration...", weight = 7)
        },
        iconPath = DeqirCommand.ICON,
        headless = true,
        attrs = @Attr(name = DeqirCommand.HELP, value = DeqirCommand.HELP_PAGE))
public class GuidedRestorationCommand extends AnyTaskCommand {

    @Parameter(
            label = "Reference",
            description =
                    "Title of an open image of the same field, registered, of the size of the"
                            + " result.")
    private String reference = "";

    @Parameter(
            label = "Weight",
            description = "Weight of the distance to the reference.",
            min = "0",
            max = "1000")
    private Double weight = 1.0;

    @Parameter(
            label = "Detail",
            description =
                    "Weight of the agreement with the reference's fine structures, whatever their"
                            + " brightness.",
            min = "0",
            max = "1000")
    private Double detail = 0.0;

    @Parameter(
            label = "Fit intensities",
            description = "Whether the reference has grey levels of its own.")
    private Boolean fit = false;

    @Parameter(
            label = "Region",
            description = "Where the reference counts.",
            choices = {"image", "selection"})
    private String region = "image";

    @Parameter(
            label = "Rounds",
            description = "Rounds of descent on the start of the chain.",
            min = "1",
            max = "10000")
    private Integer rounds = 20;

    @Parameter(
            label = "Rate",
            description = "How far the start may move in a round, where images are from -1 to 1.",
            min = "0.0001",
            max = "1")
    private Double rate = Optimization.DEFAULT_RATE;

    @Override
    protected Map<String, List<String>> dialogChoices() {
        final Map<String, List<String>> choices = super.dialogChoices();
        choices.put("reference", openImages());
        choices.put("start", List.of("auto", "measurement", "reference"));
        return choices;
    }

    @Override
    protected boolean startsDescent() {
        return true;
    }

    @Override
    protected int descents() {
        return rounds;
    }

    @Override
    protected String suffix() {
        return "guided";
    }

    /** A selection that says where the reference counts does not say what is restored. */
    @Override
    protected Region region(RestorationTask task, SliceSelection selection) {
        return region.equals("selection") && !fillsSelection()
                ? Region.whole(image)
                : super.region(task, selection);
    }

    @Override
    protected PlaneOptimization optimization(RestorationTask task) {
        final GuideKeys.PlaneGuide guide =
                new GuideKeys(
                                reference,
                                weight,
                                detail,
                                fit,
                                region.equals("selection"),
                                start.equals("reference"))
                        .of(task.source, scale());
        final Optimization descent = optimization(rate);
        return (index, part) -> descent.withGuide(guide.of(index, part));
    }
}
