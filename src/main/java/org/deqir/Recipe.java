/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import java.util.Locale;
import org.deqir.equilibrium.NoiseMix;
import org.deqir.physics.Degradation;

/**
 * The chain that suits a problem: which noise levels, how much the prior counts, how much noise is
 * carried along.
 *
 * <p>Levels are standard deviations where images are in [−1, 1]. The first level should match how
 * wrong the first guess is, the last about the measurement's noise.
 *
 * @param firstLevel σ of the noisiest level
 * @param lastLevel σ of the cleanest level
 * @param levels number of levels
 * @param priorWeight weight of the network's estimate in the data step, 1 for the Bayesian one
 * @param mix the noise that is carried from level to level
 * @param samples chains to run; the answer is their mean
 */
record Recipe(
        double firstLevel,
        double lastLevel,
        int levels,
        double priorWeight,
        NoiseMix mix,
        int samples) {

    /** Below this level the prior has not been trained to restore. */
    private static final double LEAST_LEVEL = 0.02;

    /**
     * A third of the fresh noise of a sample: enough to leave what the first guess got wrong,
     * little enough to stay near the mean.
     */
    private static final NoiseMix SOME_FRESH_NOISE = new NoiseMix(1, 0.3);

    /**
     * The recipe for a problem.
     *
     * @param degradation what happened to the image
     * @param noise σ_y of the measurement where images are in [−1, 1]
     * @param sampling what the user asked for; steps = 0 leaves the number of levels to the recipe
     */
    static Recipe of(Degradation degradation, double noise, Sampling sampling) {
        final Recipe recipe =
                sampling.mode() == Sampling.Mode.SAMPLE
                        ? forSample(degradation, noise)
                        : forFidelity(degradation, noise);
        return recipe.with(sampling);
    }

    private static Recipe forFidelity(Degradation degradation, double noise) {
        final double last = Math.max(LEAST_LEVEL, noise);
        if (degradation instanceof Degradation.Identity)
            return new Recipe(Math.max(noise, 1e-3), noise, 1, 1, NoiseMix.FIDELITY, 1);
        if (degradation instanceof Degradation.Downsampling downsampling
                && downsampling.factor() > 2)
            return new Recipe(0.25, last, 12, 0.3, SOME_FRESH_NOISE, 1);
        if (degradation instanceof Degradation.PsfBlur)
            return new Recipe(0.8, last, 12, 1, NoiseMix.SAMPLE, 2);
        if (degradation instanceof Degradation.MissingPixels)
            return noise > 0
                    ? new Recipe(0.12, last, 12, 0.15, NoiseMix.FIDELITY, 1)
                    : new Recipe(0.08, 0.01, 12, 1, NoiseMix.FIDELITY, 1);
        return new Recipe(0.8, last, 12, 0.3, NoiseMix.FIDELITY, 1);
    }

    private static Recipe forSample(Degradation degradation, double noise) {
        final double last = Math.max(LEAST_LEVEL, noise);
        return new Recipe(1, last, 20, 1, NoiseMix.SAMPLE, 1);
    }

    private Recipe with(Sampling sampling) {
        // One call at the noise's own level is the whole chain there: more steps have no levels to
        // go.
        final int count = sampling.steps() > 0 && levels > 1 ? sampling.steps() : levels;
        // Strong noise may lie above a task's own first level; the chain starts above it.
        return new Recipe(
                levels > 1 ? Math.max(firstLevel, 2 * lastLevel) : firstLevel,
                lastLevel,
                count,
                priorWeight,
                mix,
                sampling.samples() > 1 ? sampling.samples() : samples);
    }

    /** The end of the chain. */
    Recipe shortened() {
        if (levels == 1) return this;
        return new Recipe(
                Math.max(
                        Math.min(
                                firstLevel,
                                Double.parseDouble(System.getProperty("x.first", "0.12"))),
                        2 * lastLevel),
                lastLevel,
                Math.min(levels, Integer.getInteger("x.levels", 4)),
                priorWeight,
                mix,
                samples);
    }

    /** The recipe in words, for the provenance. */
    String describe() {
        final String noiseKept =
                mix.equals(NoiseMix.FIDELITY)
                        ? "no noise carried"
                        : mix.equals(NoiseMix.SAMPLE)
                                ? "fresh noise"
                                : "etw " + mix.etw() + ", nw " + mix.nw();
        return levels == 1
                ? String.format(Locale.ROOT, "one network call at level %.4g", firstLevel)
                : String.format(
                        Locale.ROOT,
                        "%d levels from %.4g to %.4g, prior weight %.3g, %s, mean of %d",
                        levels,
                        firstLevel,
                        lastLevel,
                        priorWeight,
                        noiseKept,
                        samples);
    }
}
