/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.base;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deqir.command.group.KeyGroup;
import org.deqir.command.group.NoiseLevelKeys;
import org.deqir.command.key.NoiseKeys;
import org.scijava.ItemVisibility;
import org.scijava.plugin.Parameter;

/** The keys of the measurement's noise, for the tasks that have any. */
public abstract class NoisyRestorationCommand extends RestorationCommand {

    protected static final List<String> NOISE_KEYS =
            List.of("noiseheading", "noise", "sigma", "gain", "offset", "readout");

    @Parameter(visibility = ItemVisibility.MESSAGE, required = false)
    private final String noiseheading = "<html><b>Noise of the measurement</b>";

    @Parameter(
            label = "Noise",
            description = "auto estimates it from the image; where published it means none.",
            choices = {"auto", "none", "gaussian", "poisson-gaussian"})
    protected String noise = "auto";

    @KeyGroup private final NoiseLevelKeys levels = new NoiseLevelKeys();

    /** The kinds of noise that make sense for the task. */
    public List<String> noiseChoices() {
        return List.of("auto", "none", "gaussian", "poisson-gaussian");
    }

    @Override
    protected void adaptDefaults() {
        if (isPublished() && !isGiven("noise")) noise = "none";
        else if (!isGiven("noise") && !noiseChoices().contains(noise))
            noise = noiseChoices().get(0);
    }

    @Override
    protected Map<String, List<String>> dialogChoices() {
        final Map<String, List<String>> choices = super.dialogChoices();
        choices.put("noise", noiseChoices());
        return choices;
    }

    /** The noise as the keys state it. The published method knows none. */
    public final NoiseKeys noise() {
        if (isPublished() && noise.equals("auto")) return levels.of("none");
        return levels.of(noise);
    }

    @Override
    public Set<String> idleKeys() {
        final Set<String> idle = super.idleKeys();
        idle.addAll(NoiseKeys.idle(noise));
        return idle;
    }

    @Override
    protected List<String> lastKeys() {
        final List<String> keys = new ArrayList<>(NOISE_KEYS);
        keys.addAll(super.lastKeys());
        return keys;
    }
}
