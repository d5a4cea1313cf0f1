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
     * Volumes of the operator's size that are held at the peak: measurement, guess, variance, two
     * states, predicted noise, estimate, its correction, and one to compute with; where noise is
     * carried in pairs, those.
     */
    private static final int RESIDENT = 9;

    private static final int RESIDENT_OF_PAIRS = 13;

    /**
     * Volumes of a block's size that its data step takes: measurement and precision, five of
     * conjugate gradients, four transfer functions and preconditioners, seven of a convolution.
     */
    private static final int OF_A_BLOCK = 18;

    /** Memory that a volume may take as a whole, if there is as much. */
    private static final long MODEST = 2L << 30;

    /** Memory for a block's data step, if there is as much. Larger ones are no faster. */
    private static final long MODEST_BLOCK = 5L << 27;

    private static final double TYPICAL_NOISE = 0.05;

    private VolumeCost() {}

    /**
     * {@return what a volume takes}
     *
     * @param prior which shall restore it
     * @param limits of network calls
     * @param width voxels in a row of the measured volume
     * @param height its rows
     * @param depth its slices
     * @param degradation what happened to the volume
     * @param sampling how to compute the answer
     * @param memory bytes that may be taken
     */
    public static Cost of(
            DiffusionPrior prior,
            CallLimits limits,
            int width,
            int height,
            int depth,
            VolumeDegradation degradation,
            Sampling sampling,
            long memory) {
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
        final VolumeBlocks blocks = blocks(memory, degradation, depth, height, width);
        final long inCall =
                (long)
                        Math.min(
                                limits.pixels(),
                                recipe.chain().evaluationsPerLevel() * product(seen));
        return new Cost(
                slices,
                slices,
                voxels / ((double) width * height),
                // The network is asked while no data step is made.
                (long) resident(degradation, depth, height, width)
                        + Math.max(
                                inCall * prior.predictor().bytesPerPixel(),
                                (long) (blocks.voxels() * OF_A_BLOCK * BYTES_PER_SAMPLE)));
    }

    /**
     * The blocks that a volume's data step is made in: one, unless that takes much memory or more
     * than there is.
     *
     * @param memory bytes that may be taken
     * @param size slices, rows and columns of the measured volume
     */
    static VolumeBlocks blocks(long memory, VolumeDegradation degradation, int... size) {
        final double resident = resident(degradation, size);
        final VolumeBlocks whole = VolumeBlocks.of(Double.POSITIVE_INFINITY, degradation, size);
        final double perVoxel = OF_A_BLOCK * BYTES_PER_SAMPLE;
        if (resident + whole.voxels() * perVoxel <= Math.min(memory, MODEST)) return whole;
        return VolumeBlocks.of(
                Math.min(memory - resident, MODEST_BLOCK) / perVoxel, degradation, size);
    }

    /** Bytes of what is held as a whole. */
    private static double resident(VolumeDegradation degradation, int... size) {
        return product(size(size[2], size[1], size[0], degradation))
                * BYTES_PER_SAMPLE
                * (degradation.scale() > 1 ? RESIDENT_OF_PAIRS : RESIDENT);
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
