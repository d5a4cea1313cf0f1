/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.testing;

import ij.IJ;
import ij.ImagePlus;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import org.scijava.ItemIO;
import org.scijava.ItemVisibility;
import org.scijava.app.StatusService;
import org.scijava.command.Command;
import org.scijava.command.DynamicCommand;
import org.scijava.log.LogService;
import org.scijava.module.MutableModuleItem;
import org.scijava.plugin.Attr;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;
import org.scijava.widget.Button;
import org.scijava.widget.ChoiceWidget;
import org.scijava.widget.NumberWidget;

/** A command with every kind of input that the DeqIR commands use. It logs its inputs. */
@Plugin(
        type = Command.class,
        menuPath = "Plugins>DeqIR>DeqIR Toy...",
        headless = true,
        initializer = "listModels",
        attrs = @Attr(name = "help", value = "https://example.org/toy"))
public class ToyCommand extends DynamicCommand {

    private static final List<String> KEYS =
            List.of("noise", "sigma", "strength", "steps", "seed", "model", "slices", "preview");

    private static final Set<String> given = ConcurrentHashMap.newKeySet();

    @Parameter private LogService log;
    @Parameter private StatusService status;

    @Parameter(persist = false)
    private ImagePlus imp;

    @Parameter(visibility = ItemVisibility.MESSAGE, required = false, persist = false)
    private String header = "<html><b>What the camera did</b>";

    @Parameter(
            label = "Noise",
            choices = {"auto", "gaussian", "poisson-gaussian"},
            persist = false)
    private String noise = "auto";

    @Parameter(label = "Sigma (grey levels)", min = "0", persist = false, callback = "changed")
    private double sigma = 5;

    @Parameter(
            label = "Strength",
            style = NumberWidget.SLIDER_STYLE,
            min = "0",
            max = "2",
            stepSize = "0.1",
            persist = false)
    private double strength = 1;

    @Parameter(label = "Steps", min = "1", max = "100", persist = false)
    private int steps = 16;

    @Parameter(label = "Seed", persist = false)
    private long seed = 1;

    @Parameter(label = "Model", style = ChoiceWidget.LIST_BOX_STYLE, persist = false)
    private String model = "";

    @Parameter(label = "Slices", required = false, persist = false)
    private String slices = "all";

    @Parameter(label = "Preview the current slice", persist = false)
    private boolean preview = false;

    @Parameter(label = "Refresh models", callback = "changed", required = false, persist = false)
    private Button refresh;

    @Parameter(visibility = ItemVisibility.MESSAGE, required = false, persist = false)
    private String cost = "";

    @Parameter(visibility = ItemVisibility.INVISIBLE, required = false, persist = false)
    private String hidden = "unseen";

    @Parameter(type = ItemIO.OUTPUT)
    private ImagePlus result;

    /** The names of the keys that the only run of the toy in a task was given. */
    public static Set<String> given(Runnable task) {
        given.clear();
        task.run();
        return Set.copyOf(given);
    }

    void listModels() {
        for (String key : KEYS) if (isInputResolved(key)) given.add(key);
        final MutableModuleItem<String> item = getInfo().getMutableInput("model", String.class);
        item.setChoices(List.of("grey prior", "rgb prior"));
        if (model.isEmpty()) item.setValue(this, "grey prior");
        changed();
    }

    void changed() {
        cost = "About " + Math.round(steps * sigma) + " network evaluations";
    }

    @Override
    public void run() {
        status.showStatus(1, 2, "toying");
        log.info(
                String.join(
                        "|",
                        imp.getTitle(),
                        noise,
                        "" + sigma,
                        "" + strength,
                        "" + steps,
                        "" + seed,
                        model,
                        slices,
                        "" + preview,
                        hidden));
        switch (noise) {
            case "throw" -> throw new IllegalStateException("the toy broke");
            case "cancel" -> cancel("the toy was cancelled because of its noise");
            case "quit" -> cancel(null);
            case "stop" -> throw new CancellationException();
            case "error" -> {
                IJ.error("Toy", "the toy told this itself");
                cancel("and once more");
            }
            case "auto", "gaussian", "poisson-gaussian" -> {
                result = imp.duplicate();
                result.setTitle(imp.getTitle() + "-toyed");
            }
            default -> throw new IllegalArgumentException("noise=" + noise + " is not one I know.");
        }
    }
}
