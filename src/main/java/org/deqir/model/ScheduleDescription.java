/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model;

import java.util.List;
import java.util.Locale;
import org.deqir.diffusion.NoiseSchedule;

/**
 * The noise schedule a network was trained with, as a descriptor states it.
 *
 * @param type how β goes from the first to the last step: {@code linear}, {@code quad} (√β is
 *     linear), {@code cosine} (ᾱ follows a squared cosine), {@code const} or {@code sigmoid}
 * @param first β of the first step, above 0 and below 1; 0 for {@code cosine}, which has none
 * @param last β of the last step, likewise
 * @param steps number of timesteps, at least 2
 * @param embeddedSteps to how many steps the timesteps are scaled before the network sees them:
 *     {@code steps} if they are not scaled, 1000 where improved-diffusion's {@code
 *     rescale_timesteps} was used
 */
public record ScheduleDescription(
        String type, double first, double last, int steps, int embeddedSteps) {

    private static final int MOST_STEPS = 100_000;
    private static final List<String> TYPES =
            List.of("linear", "quad", "cosine", "const", "sigmoid");

    /** Schedule of most published networks: β from 1e-4 to 0.02 in 1000 steps. */
    public static final ScheduleDescription USUAL =
            new ScheduleDescription("linear", 1e-4, 0.02, 1000);

    /**
     * Checks that such a schedule exists.
     *
     * @throws IllegalArgumentException if not
     */
    public ScheduleDescription {
        if (!TYPES.contains(type))
            throw new IllegalArgumentException(
                    "The noise schedule is of type %s; known are: %s."
                            .formatted(type, String.join(", ", TYPES)));
        requireSteps("steps", steps);
        requireSteps("embedded steps", embeddedSteps);
        if (type.equals("cosine")) {
            first = 0;
            last = 0;
        } else {
            requireVariance("first", first);
            requireVariance("last", last);
        }
    }

    /** A schedule whose timesteps the network sees as they are. */
    public ScheduleDescription(String type, double first, double last, int steps) {
        this(type, first, last, steps, steps);
    }

    private static void requireSteps(String which, int steps) {
        if (steps < 2 || steps > MOST_STEPS)
            throw new IllegalArgumentException(
                    "The noise schedule has %s %s; accepted: 2 to %s."
                            .formatted(steps, which, MOST_STEPS));
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

    /** {@return the schedule itself} */
    public NoiseSchedule schedule() {
        return NoiseSchedule.named(type, first, last, steps);
    }

    /** The schedule in words, as {@code linear from 1.0E-4 to 0.02 in 1000 steps}. */
    @Override
    public String toString() {
        return type
                + (type.equals("cosine") ? "" : " from " + first + " to " + last)
                + " in "
                + steps
                + " steps"
                + (embeddedSteps == steps ? "" : ", seen by the network as " + embeddedSteps);
    }
}
