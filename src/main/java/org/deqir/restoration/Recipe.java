/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.restoration;

import java.util.Locale;
import org.deqir.Sampling;
import org.deqir.equilibrium.NoiseMix;
import org.deqir.physics.Degradation;
import org.deqir.physics.Levels;
import org.deqir.physics.Spread;

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
 * @param antithetic noise that every network call sees added and, in a second call, taken away, as
 *     a share of the level's; 0 for single calls. For chains that carry no noise on
 */
public record Recipe(
        double firstLevel,
        double lastLevel,
        int levels,
        double priorWeight,
        NoiseMix mix,
        int samples,
        double antithetic) {

    /**
     * The best of 0.4, 0.5, 0.7 and 1 in deblurring and with strong noise, where less leaves grain
     * and more hides detail. See the page on the data step.
     */
    private static final double ANTITHETIC = 0.7;

    private static final int SPREAD_LEVELS = 20;

    private static final double SHORTENED_FIRST_LEVEL = 0.12;
    private static final int SHORTENED_LEVELS = 3;

    /**
     * First level of a chain that starts from a neighbour, as a multiple of what the neighbour does
     * not explain: blur hides part of the difference. See the page on stacks for the measurement.
     */
    private static final double LEVELS_PER_MISFIT = 3;

    /** Even an equal neighbour has errors of its own, which some levels should see. */
    private static final double LEAST_OVER_LAST = 3;

    /**
     * {@return the recipe for a problem}
     *
     * @param noise σ_y of the measurement where images are in [−1, 1]
     * @param sampling what the user asked for; steps = 0 leaves the number of levels to the recipe
     */
    public static Recipe of(Degradation degradation, double noise, Sampling sampling) {
        final Recipe recipe =
                sampling.mode() == Sampling.Mode.SAMPLE
                        ? forSample(degradation, noise)
                        : forFidelity(degradation, noise);
        return recipe.with(sampling);
    }

    private static Recipe forFidelity(Degradation degradation, double noise) {
        final Levels levels = degradation.levels(noise);
        return new Recipe(
                levels.first(),
                levels.last(),
                levels.count(),
                levels.weight(),
                NoiseMix.FIDELITY,
                1,
                levels.pairs() ? ANTITHETIC : 0);
    }

    /**
     * {@return the chain whose samples tell how uncertain a result is} They keep part of the
     * predicted noise and add part fresh: with fresh noise alone every level draws anew around a
     * mean, and the samples lie too close together.
     */
    public static Recipe ofSpread(Spread spread, double noise, Sampling sampling) {
        return new Recipe(
                        spread.firstLevel(),
                        Math.max(Levels.LEAST, noise),
                        SPREAD_LEVELS,
                        1,
                        new NoiseMix(spread.freshNoise(), spread.freshNoise()),
                        sampling.samples(),
                        0)
                .withSteps(sampling);
    }

    /** The recipe of a spread in words, for the provenance. */
    String describeSpread(Spread spread) {
        return String.format(
                Locale.ROOT,
                "%d samples%s, %d levels from %.4g to %.4g, share of fresh noise %.2g, %s times"
                        + " %.3g for the task%s",
                samples,
                spread.aroundResult() ? " around the result" : "",
                levels,
                firstLevel,
                lastLevel,
                mix.nw(),
                spread.aroundResult() ? "root mean square difference" : "standard deviation",
                spread.factor(),
                spread.factorOfMeasured() == spread.factor()
                        ? ""
                        : String.format(
                                Locale.ROOT,
                                ", %.3g in measured pixels",
                                spread.factorOfMeasured()));
    }

    private Recipe withSteps(Sampling sampling) {
        return new Recipe(
                Math.max(firstLevel, 2 * lastLevel),
                lastLevel,
                sampling.steps() > 0 ? sampling.steps() : levels,
                priorWeight,
                mix,
                samples,
                antithetic);
    }

    private static Recipe forSample(Degradation degradation, double noise) {
        final double last = Math.max(Levels.LEAST, noise);
        return new Recipe(1, last, 20, 1, NoiseMix.SAMPLE, 1, 0);
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
                sampling.mode() == Sampling.Mode.SAMPLE ? sampling.samples() : samples,
                antithetic);
    }

    /**
     * The rest of this chain from a level on that matches how wrong a neighbour's restored image
     * is, in steps of the same size; this chain if that saves nothing.
     *
     * @param misfit what the neighbour leaves unexplained of the measurement, root mean square
     *     where images are in [−1, 1]
     */
    Recipe fromNeighbour(double misfit) {
        final double first = Math.max(LEVELS_PER_MISFIT * misfit, LEAST_OVER_LAST * lastLevel);
        if (first >= firstLevel) return this;
        final double share = Math.log(first / lastLevel) / Math.log(firstLevel / lastLevel);
        final int count = 1 + (int) Math.ceil(share * (levels - 1));
        return new Recipe(first, lastLevel, count, priorWeight, mix, samples, antithetic);
    }

    /**
     * {@return the end of the chain, for the optimisation of its start} Every data step and every
     * level without the noise of the one before forgets some of where the chain came from: of the
     * state at the first of ten levels hardly anything is left in the end, and each level costs a
     * gradient: so there are no pairs of calls either.
     */
    public Recipe shortened() {
        if (levels == 1) return this;
        return new Recipe(
                Math.max(Math.min(firstLevel, SHORTENED_FIRST_LEVEL), 2 * lastLevel),
                lastLevel,
                Math.min(levels, SHORTENED_LEVELS),
                antithetic > 0 ? Math.min(priorWeight, Levels.WEIGHT_OF_SINGLE_CALLS) : priorWeight,
                mix,
                samples,
                0);
    }

    /** {@return images that go through the network at a level} */
    public int evaluationsPerLevel() {
        return samples * (antithetic > 0 ? 2 : 1);
    }

    /** {@return network evaluations of the whole chain, one level after another} */
    public long evaluations() {
        return (long) levels * evaluationsPerLevel();
    }

    /** {@return the recipe in words, for the provenance} */
    public String describe() {
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
                        "%d levels from %.4g to %.4g, prior weight %.3g, %s%s, mean of %d",
                        levels,
                        firstLevel,
                        lastLevel,
                        priorWeight,
                        noiseKept,
                        antithetic > 0 ? ", pairs of calls with noise " + antithetic : "",
                        samples);
    }
}
