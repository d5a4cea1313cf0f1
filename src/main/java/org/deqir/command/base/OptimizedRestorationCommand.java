/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.base;

import java.util.ArrayList;
import java.util.List;
import org.deqir.Optimization;
import org.deqir.command.group.DescentKeys;
import org.deqir.command.group.KeyGroup;
import org.deqir.command.task.PlaneOptimization;
import org.deqir.command.task.RestorationTask;

/** The key {@code optimize}, for the commands that have no keys of their own for it. */
public abstract class OptimizedRestorationCommand extends NoisyRestorationCommand {

    @KeyGroup private final DescentKeys descent = new DescentKeys();

    @Override
    protected final int descents() {
        return descent.optimize;
    }

    @Override
    protected PlaneOptimization optimization(RestorationTask task) {
        if (descent.optimize > 0 && task.volumes() != null)
            throw new IllegalArgumentException(
                    "optimize = "
                            + descent.optimize
                            + " is for single planes; a volume's start is not optimised.");
        final Optimization rounds = optimization(Optimization.RATE_WITHOUT_GUIDE);
        return (index, part) -> rounds;
    }

    @Override
    protected List<String> lastKeys() {
        final List<String> keys = new ArrayList<>(super.lastKeys());
        keys.add(keys.indexOf("steps"), "optimize");
        return keys;
    }
}
