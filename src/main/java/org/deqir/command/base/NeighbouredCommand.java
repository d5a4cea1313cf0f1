/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.base;

import ij.ImagePlus;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.deqir.command.group.KeyGroup;
import org.deqir.command.group.NearbyKeys;
import org.scijava.ItemIO;
import org.scijava.plugin.Parameter;

/** A restoration in which neighbouring planes of a stack can help each other. */
public abstract class NeighbouredCommand extends OptimizedRestorationCommand {

    @KeyGroup protected final NearbyKeys nearby = new NearbyKeys();

    @Parameter(type = ItemIO.OUTPUT, label = "Exposures")
    private ImagePlus averaged;

    /** Whether the dialog shows the keys of neighbours only on demand. */
    protected boolean areNeighboursRare() {
        return true;
    }

    @Override
    protected List<String> lastKeys() {
        final List<String> keys = new ArrayList<>(super.lastKeys());
        keys.addAll(NOISE_KEYS.size(), NearbyKeys.NAMES);
        return keys;
    }

    @Override
    public Set<String> expertKeys() {
        final Set<String> keys = new HashSet<>(super.expertKeys());
        if (areNeighboursRare()) keys.addAll(NearbyKeys.NAMES);
        return keys;
    }

    @Override
    public Set<String> idleKeys() {
        final Set<String> idle = super.idleKeys();
        idle.addAll(nearby.idle());
        return idle;
    }

    @Override
    protected void takeExposures(ImagePlus image) {
        averaged = image;
    }

    @Override
    protected String[] outputs() {
        return new String[] {"averaged", "uncertainty", "result"};
    }

    @Override
    protected void clearOutputs() {
        super.clearOutputs();
        averaged = null;
    }
}
