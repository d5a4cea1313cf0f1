/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.task;

import java.awt.Rectangle;
import java.util.Arrays;
import org.deqir.Optimization;
import org.deqir.command.key.Noise;
import org.deqir.image.Plane;
import org.deqir.neighbours.Fusion;
import org.deqir.physics.Degradation;

/**
 * What is known about a part of a plane before it is restored.
 *
 * @param index position in the stack, from 1
 * @param degradation null if there is nothing to restore
 * @param fused the plane with its neighbours; null if it is alone
 * @param blank why a plane of a stack is only copied; empty if it is not
 */
record PlaneProblem(
        int index,
        Degradation degradation,
        Plane measured,
        Noise noise,
        Optimization optimization,
        Fusion.Fused fused,
        String blank) {

    /**
     * @param ofStack whether the plane is one of several: one with nothing to restore must not stop
     *     the others
     */
    static PlaneProblem of(
            RestorationTask task,
            int index,
            Rectangle part,
            boolean ofStack,
            PlaneOptimization optimization) {
        final String blank = ofStack ? task.blank(index, part) : "";
        final Degradation degradation = blank.isEmpty() ? task.degradation(index, part) : null;
        if (degradation == null)
            return new PlaneProblem(index, null, null, null, null, null, blank);
        final RestorationTask.Measured measured = task.measured(index, part);
        return new PlaneProblem(
                index,
                degradation,
                measured.plane(),
                measured.noise(),
                optimization.of(index, part),
                measured.fused(),
                "");
    }

    /** In every channel, how many exposures each pixel's noise is that of. */
    Plane exposures() {
        final Plane exposures = measured.copy();
        for (int c = 0; c < exposures.channels().length; c++)
            if (fused == null) Arrays.fill(exposures.channels()[c], 1);
            else exposures.channels()[c] = fused.exposures();
        return exposures;
    }
}
