/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.volume;

import java.util.List;
import java.util.Locale;
import org.deqir.Sampling;
import org.deqir.equilibrium.NoiseMix;
import org.deqir.physics.VolumeDegradation;
import org.deqir.restoration.Recipe;
import org.deqir.volume.SlicingNoisePredictor.Orientation;

/**
 * The chain that suits a volume.
 *
 * @param chain levels, prior weight and noise, as for planes
 * @param turns orientations of slices that the network sees one after another
 * @param together levels at the end at which it sees all of them
 * @param iterations of the data step where it has no closed form
 */
record VolumeRecipe(Recipe chain, List<Orientation> turns, int together, int iterations) {

    /** Below this level the prior has not been trained to restore. */
    private static final double LEAST_LEVEL = 0.02;

    /**
     * Last level of a deblurring chain as a share of the noise: Richardson-Lucy has removed some.
     */
    private static final double LAST_OF_A_BLUR = 0.6;

    /** The first level is at least this many times the last. */
    private static final double LEAST_SPAN = 2;

    private static final double ANTITHETIC = 0.7;
    private static final int LEVELS = 6;
    private static final int ITERATIONS = 6;
    private static final double FIRST_OF_SAMPLES = 0.8;

    /** Samples follow the data step's solution closely, or they lie too far apart. */
    private static final int ITERATIONS_OF_SAMPLES = 15;

    private static final int SPREAD_LEVELS = 12;

    /** Share of fresh noise in the samples that tell the uncertainty. */
    private static final double FRESH = 0.9;

    /**
     * The recipe for a problem.
     *
     * @param noise standard deviation of the measurement's noise where volumes are in [−1, 1], its
     *     mean where it varies
     */
    static VolumeRecipe of(VolumeDegradation degradation, double noise, Sampling sampling) {
        if (sampling.mode() == Sampling.Mode.SAMPLE)
            return ofSamples(degradation, noise, sampling, NoiseMix.SAMPLE);
        return degradation.scale() == 1
                ? new VolumeRecipe(
                        recipe(0.12, LAST_OF_A_BLUR * noise, 0.3, 0, sampling),
                        turns(degradation),
                        1,
                        ITERATIONS)
                : new VolumeRecipe(
                        recipe(0.25, noise, 0.5, ANTITHETIC, sampling),
                        turns(degradation),
                        0,
                        ITERATIONS);
    }

    private static Recipe recipe(
            double first, double last, double weight, double antithetic, Sampling sampling) {
        return new Recipe(
                first,
                Math.max(LEAST_LEVEL, Math.min(last, first / LEAST_SPAN)),
                sampling.steps() > 0 ? sampling.steps() : LEVELS,
                weight,
                NoiseMix.FIDELITY,
                1,
                antithetic);
    }

    /** The recipe of samples that tell how uncertain a result is. */
    static VolumeRecipe ofSpread(VolumeDegradation degradation, double noise, Sampling sampling) {
        return ofSamples(degradation, noise, sampling, new NoiseMix(FRESH, FRESH));
    }

    private static VolumeRecipe ofSamples(
            VolumeDegradation degradation, double noise, Sampling sampling, NoiseMix mix) {
        final double last = Math.max(LEAST_LEVEL, noise);
        final Recipe recipe =
                new Recipe(
                        Math.max(FIRST_OF_SAMPLES, LEAST_SPAN * last),
                        last,
                        sampling.steps() > 0 ? sampling.steps() : SPREAD_LEVELS,
                        1,
                        mix,
                        1,
                        0);
        return new VolumeRecipe(recipe, turns(degradation), 0, ITERATIONS_OF_SAMPLES);
    }

    /** Coarse slices look right already; it is across them that something is missing. */
    private static List<Orientation> turns(VolumeDegradation degradation) {
        return degradation.scale() == 1
                ? List.of(Orientation.XY, Orientation.XZ, Orientation.YZ)
                : List.of(Orientation.XZ, Orientation.YZ);
    }

    /** The orientations whose answers are averaged at a level. */
    List<Orientation> asked(int level) {
        return level >= chain.levels() - together
                ? turns
                : List.of(turns.get(level % turns.size()));
    }

    /** The recipe in words, for the provenance. */
    String describe() {
        return String.format(
                Locale.ROOT,
                "%s, slices along %s in turn%s",
                chain.describe(),
                turns.toString().replaceAll("[\\[\\]]", "").toLowerCase(Locale.ROOT),
                together == 0
                        ? ""
                        : together == 1
                                ? ", all at the last level"
                                : ", all at the last " + together + " levels");
    }
}
