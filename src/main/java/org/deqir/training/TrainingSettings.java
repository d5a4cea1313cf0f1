/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.training;

import java.util.Locale;
import org.deqir.network.layout.Precision;

/**
 * The settings of a training.
 *
 * @param steps steps after which the training ends, 0 for no limit
 * @param minutes time after which it ends, 0 for no limit; with a limit of time the learning rate,
 *     and so the result, depends on the computer's speed
 * @param batch patches per step
 * @param patch side of a patch in pixels, a multiple of the network's stride
 * @param rate largest learning rate
 * @param enlarge most factor by which half of the patches are enlarged, 1 for never
 * @param seed of everything that is drawn at random
 * @param precision what the network computes in
 */
public record TrainingSettings(
        long steps,
        double minutes,
        int batch,
        int patch,
        double rate,
        double enlarge,
        long seed,
        Precision precision) {

    /**
     * @throws IllegalArgumentException if a value is out of range or neither steps nor time are
     *     limited; the message names it
     */
    public TrainingSettings {
        require(steps >= 0, "steps", steps, "0 or more");
        require(minutes >= 0 && Double.isFinite(minutes), "minutes", minutes, "0 or more");
        if (steps == 0 && minutes == 0)
            throw new IllegalArgumentException(
                    "steps = 0 and minutes = 0: give at least one of them a value above 0.");
        require(batch >= 1 && batch <= 1024, "batch", batch, "1 to 1024");
        require(patch >= 8 && patch <= 1024, "patch", patch, "8 to 1024");
        require(rate > 0 && rate <= 0.1, "rate", rate, "above 0 and up to 0.1");
        require(enlarge >= 1 && enlarge <= 8, "enlarge", enlarge, "1 to 8");
    }

    private static void require(boolean fits, String key, Number value, String accepted) {
        if (!fits)
            throw new IllegalArgumentException(
                    key + " = " + value + " is not accepted: give " + accepted + ".");
    }

    /** {@return the same training with another end: steps and minutes, 0 for no limit} */
    public TrainingSettings until(long newSteps, double newMinutes) {
        return new TrainingSettings(
                newSteps, newMinutes, batch, patch, rate, enlarge, seed, precision);
    }

    /** {@return the same training whose network computes in another number format} */
    public TrainingSettings with(Precision other) {
        return new TrainingSettings(steps, minutes, batch, patch, rate, enlarge, seed, other);
    }

    /** Share of the training that is done, 0 to 1. */
    double share(long step, double seconds) {
        final double bySteps = steps == 0 ? 0 : (double) step / steps;
        final double byTime = minutes == 0 ? 0 : seconds / (60 * minutes);
        return Math.min(1, Math.max(bySteps, byTime));
    }

    /** In words, for the provenance. */
    String describe() {
        return String.format(
                Locale.ROOT,
                "batches of %d patches of %d × %d pixels, learning rate %s, seed %d, %s%s",
                batch,
                patch,
                patch,
                rate,
                seed,
                precision.name().toLowerCase(Locale.ROOT),
                enlarge > 1 ? ", half of the patches enlarged up to " + enlarge + " times" : "");
    }
}
