/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.base;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deqir.command.group.BlurKeys;
import org.deqir.command.group.GridKeys;
import org.deqir.command.group.KeyGroup;
import org.deqir.command.group.MissingKeys;
import org.deqir.command.image.PlaneSource;
import org.deqir.command.task.RestorationTask;
import org.deqir.command.task.Tasks;
import org.scijava.plugin.Parameter;

/** The key {@code task} and the keys of all tasks, for commands that work with any of them. */
public abstract class AnyTaskCommand extends NoisyRestorationCommand {

    @Parameter(
            label = "Task",
            description = "What happened to the image, and so which of the next keys count.",
            choices = {"denoise", "deblur", "super-resolution", "inpaint"})
    private String task = "denoise";

    @KeyGroup(when = "deblur")
    private final BlurKeys blurring = new BlurKeys();

    @KeyGroup(when = "super-resolution", without = "subsample")
    private final GridKeys grid = new GridKeys();

    @KeyGroup(when = "inpaint")
    private final MissingKeys absent = new MissingKeys();

    /** What the result's title adds to the input's. */
    protected abstract String suffix();

    /** Filling in pixels leaves the known ones alone, unless the keys tell about their noise. */
    @Override
    protected void adaptDefaults() {
        super.adaptDefaults();
        if (!isGiven("noise") && task.equals("inpaint")) noise = "none";
    }

    @Override
    protected Map<String, List<String>> dialogChoices() {
        final Map<String, List<String>> choices = super.dialogChoices();
        choices.put("psf", openImages());
        choices.put("mask", openImages());
        return choices;
    }

    /** Result pixels per pixel of the image along each side. */
    protected final int scale() {
        return task.equals("super-resolution") ? grid.scale : 1;
    }

    /** Whether the selection says which pixels are missing. */
    protected final boolean fillsSelection() {
        return task.equals("inpaint") && absent.missing.equals("selection");
    }

    @Override
    public Set<String> idleKeys() {
        final Set<String> idle = super.idleKeys();
        idle.addAll(blurring.idle(task.equals("deblur")));
        idle.addAll(grid.idle(task.equals("super-resolution")));
        idle.addAll(absent.idle(task.equals("inpaint")));
        return idle;
    }

    @Override
    public RestorationTask task(PlaneSource source) {
        return switch (task) {
            case "deblur" -> Tasks.deblur(source, suffix(), blurring.values(), noise());
            case "super-resolution" ->
                    Tasks.enlarge(source, suffix(), grid.scale, grid.kernel, noise());
            case "inpaint" -> Tasks.inpaint(source, suffix(), absent.missing, absent.mask, noise());
            default -> {
                requireOther("There is nothing to denoise in", "keeps the measurement as it is");
                yield Tasks.denoise(source, suffix(), noise());
            }
        };
    }
}
