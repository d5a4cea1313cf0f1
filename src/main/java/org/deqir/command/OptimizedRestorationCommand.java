/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import java.util.ArrayList;
import java.util.List;
import org.deqir.Optimization;
import org.deqir.command.task.PlaneOptimization;
import org.deqir.command.task.RestorationTask;
import org.scijava.plugin.Parameter;

/** The key {@code optimize}, for the commands that have no keys of their own for it. */
abstract class OptimizedRestorationCommand extends NoisyRestorationCommand {

    @Parameter(
            label = "Optimize (rounds)",
            description =
                    "Rounds of descent on the start of the chain until the measurement is explained;"
                            + " 0 for none.",
            min = "0",
            max = "10000",
            callback = "updateCost",
            persist = false)
    private Integer optimize = 0;

    @Override
    final int descents() {
        return optimize;
    }

    @Override
    PlaneOptimization optimization(RestorationTask task) {
        if (optimize > 0 && task.volumes() != null)
            throw new IllegalArgumentException(
                    "optimize = "
                            + optimize
                            + " is for single planes; a volume's start is not optimised.");
        final Optimization descent = optimization(Optimization.RATE_WITHOUT_GUIDE);
        return (index, part) -> descent;
    }

    @Override
    List<String> lastKeys() {
        final List<String> keys = new ArrayList<>(super.lastKeys());
        keys.add(keys.indexOf("steps"), "optimize");
        return keys;
    }
}
