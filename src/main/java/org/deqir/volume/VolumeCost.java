/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.volume;

import org.deqir.Cost;
import org.deqir.Sampling;
import org.deqir.diffusion.CallLimits;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.physics.VolumeDegradation;
import org.deqir.volume.SlicingNoisePredictor.Orientation;

/** What restoring a volume takes. */
public final class VolumeCost {

    private static final long BYTES_PER_SAMPLE = 4;

    /**
     * Volumes of the operator's size that the data step holds at its peak: measurement, guess,
     * variance, state and estimate, five of conjugate gradients, three transfer functions, and six
     * of a convolution.
     */
    private static final int VOLUMES = 20;

    /** And where the data step has a closed form. */
    private static final int VOLUMES_OF_CLOSED_FORM = 12;

    private static final double TYPICAL_NOISE = 0.05;

    private VolumeCost() {}

    /**
     * What a volume takes.
     *
     * @param width voxels in a row of the measured volume
     * @param height its rows
     * @param depth its slices
     */
    public static Cost of(
            DiffusionPrior prior,
            CallLimits limits,
            int width,
            int height,
            int depth,
            VolumeDegradation degradation,
            Sampling sampling) {
        final VolumeRecipe recipe = VolumeRecipe.of(degradation, TYPICAL_NOISE, sampling);
        final int[] seen =
                VolumeInversion.margins(degradation).seen(size(width, height, depth, degradation));
        double voxels = 0;
        long slices = 0;
        for (int level = 0; level < recipe.chain().levels(); level++)
            for (final Orientation orientation : recipe.asked(level)) {
                slices += recipe.chain().evaluationsPerLevel() * (long) orientation.slices(seen);
                voxels += recipe.chain().evaluationsPerLevel() * product(seen);
            }
        if (sampling.samples() > 1) {
            final VolumeRecipe spread = VolumeRecipe.ofSpread(degradation, TYPICAL_NOISE, sampling);
            final double more = (double) sampling.samples() * spread.chain().levels();
            slices += Math.round(more * (seen[0] + seen[1] + seen[2]) / 3);
            voxels += more * product(seen);
        }
        final double field = product(size(width, height, depth, degradation));
        final long inCall =
                (long)
                        Math.min(
                                limits.pixels(),
                                recipe.chain().evaluationsPerLevel() * product(seen));
        return new Cost(
                slices,
                slices,
                voxels / ((double) width * height),
                inCall * prior.predictor().bytesPerPixel()
                        + (long)
                                (field
                                        * BYTES_PER_SAMPLE
                                        * (degradation.scale() > 1
                                                ? VOLUMES_OF_CLOSED_FORM
                                                : VOLUMES)));
    }

    /** Slices, rows and columns that the operator takes. */
    private static int[] size(int width, int height, int depth, VolumeDegradation degradation) {
        final int[] reach = degradation.reach();
        return new int[] {
            depth * degradation.scale() + 2 * reach[0], height + 2 * reach[1], width + 2 * reach[2]
        };
    }

    private static double product(int... sizes) {
        double product = 1;
        for (final int size : sizes) product *= size;
        return product;
    }
}
