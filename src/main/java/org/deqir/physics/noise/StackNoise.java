/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.noise;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.deqir.image.IntensityLimits;
import org.deqir.image.Plane;

/**
 * The noise that the planes of a stack have in common.
 *
 * <p>Measured in the differences of planes that follow each other ({@link DifferenceNoise}), where
 * structure cannot pass for noise. Where much moves by less than it is wide, as between the slices
 * of a stack, differences hold more than noise: the estimate from single planes ({@link
 * NoiseEstimator}) then is the better one, and the median of them is taken.
 *
 * @param model none where no noise was found
 * @param finding what was found and from what, in a sentence for the user
 */
public record StackNoise(NoiseModel model, String finding) {

    /** Most by which differences may show more noise than single planes do. */
    private static final double MOST_EXCESS = 1.5;

    /**
     * Estimates the noise.
     *
     * @param pairs of planes of one size that follow each other, each an array of two, all finite;
     *     at least one
     * @param limits grey levels at which the planes may have been clipped
     * @return what was found
     */
    public static StackNoise estimate(List<Plane[]> pairs, IntensityLimits limits) {
        final List<NoiseModel> singles = new ArrayList<>();
        for (final Plane[] pair : pairs) singles.add(ofPlane(pair[0]));
        singles.sort(Comparator.comparingDouble(model -> variance(model, pairs)));
        final NoiseModel single = singles.get(singles.size() / 2);
        final Optional<NoiseModel> found = DifferenceNoise.estimate(pairs, limits);
        final double ofSingles = variance(single, pairs);
        if (found.isPresent()
                && (ofSingles == 0 || variance(found.get(), pairs) <= MOST_EXCESS * ofSingles))
            return new StackNoise(
                    found.get(),
                    "Found "
                            + found.get().describe()
                            + ", the same for the whole stack, in the differences of "
                            + count(pairs.size(), "pair")
                            + " of neighbours.");
        return new StackNoise(
                single,
                "Found "
                        + single.describe()
                        + ", the same for the whole stack: the median of "
                        + count(singles.size(), "plane")
                        + ", because neighbours differ by more than noise.");
    }

    private static String count(int number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }

    /** Of several channels, whose values are processed ones, a single Gaussian. */
    private static NoiseModel ofPlane(Plane plane) {
        double variance = 0;
        NoiseModel model = new NoiseModel.None();
        for (final float[] channel : plane.channels()) {
            final NoiseEstimate estimate =
                    NoiseEstimator.estimate(channel, plane.width(), plane.height());
            variance += Math.pow(estimate.gaussian().sigma(), 2) / plane.channels().length;
            model = estimate.model();
        }
        return plane.channels().length == 1
                ? model
                : variance > 0 ? new NoiseModel.Gaussian(Math.sqrt(variance)) : model;
    }

    /** Mean variance that a model gives the planes. */
    private static double variance(NoiseModel model, List<Plane[]> pairs) {
        double sum = 0;
        long count = 0;
        for (final Plane[] pair : pairs)
            for (final float[] channel : pair[0].channels()) {
                for (final float level : channel) sum += model.variance(level);
                count += channel.length;
            }
        return sum / count;
    }
}
