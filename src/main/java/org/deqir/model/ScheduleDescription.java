/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model;

import java.util.Locale;
import org.deqir.diffusion.NoiseSchedule;

/**
 * The noise schedule a network was trained with, as a descriptor states it.
 *
 * @param type how β goes from the first to the last step; {@code linear}
 * @param first β of the first step, above 0 and below 1
 * @param last β of the last step, above 0 and below 1
 * @param steps number of timesteps, at least 2
 */
public record ScheduleDescription(String type, double first, double last, int steps) {

    private static final int MOST_STEPS = 100_000;

    /**
     * Checks that such a schedule exists.
     *
     * @throws IllegalArgumentException if not
     */
    public ScheduleDescription {
        if (steps < 2 || steps > MOST_STEPS)
            throw new IllegalArgumentException(
                    "The noise schedule has "
                            + steps
                            + " steps; accepted: 2 to "
                            + MOST_STEPS
                            + ".");
        requireVariance("first", first);
        requireVariance("last", last);
        schedule(type, first, last, steps);
    }

    private static void requireVariance(String which, double beta) {
        if (!(beta > 0 && beta < 1))
            throw new IllegalArgumentException(
                    String.format(
                            Locale.ROOT,
                            "The %s variance of the noise schedule is %s; accepted: between 0 and"
                                    + " 1.",
                            which,
                            beta));
    }

    /** The schedule itself. */
    public NoiseSchedule schedule() {
        return schedule(type, first, last, steps);
    }

    private static NoiseSchedule schedule(String type, double first, double last, int steps) {
        return switch (type) {
            case "linear" -> NoiseSchedule.linear(first, last, steps);
            default ->
                    throw new IllegalArgumentException(
                            "The noise schedule is of type " + type + "; known is: linear.");
        };
    }
}
