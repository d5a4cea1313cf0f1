/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.volume;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import org.deqir.image.IntensityRange;
import org.deqir.image.Volume;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;

/**
 * What a block of a volume takes over from the whole, so that blocks restored one by one fit
 * together: where it lies, and what else would be measured on the block alone.
 *
 * @param slice of the block's first voxel in the whole, in measured slices
 * @param row of that voxel
 * @param column of that voxel
 * @param levels the range of what was measured, isolated voxels left out
 * @param light the camera
 * @param iterations of the first guess; 0 where it has none, or as long as they are not known
 * @param parts what was measured before each part of the chain
 */
public record WholeVolume(
        long slice,
        long row,
        long column,
        IntensityRange levels,
        Light light,
        int iterations,
        List<Measures> parts) {

    /** Parts of a chain that carries no noise. */
    private static final int PARTS = 2;

    /**
     * What was measured on a state of the chain.
     *
     * @param range of its grey levels
     * @param variance of the measurement, its mean in grey levels squared
     * @param precision mean of one over that variance
     */
    public record Measures(IntensityRange range, double variance, double precision) {

        /** Noise that is assumed at least where volumes are in [−1, 1]: exact ones are rounded. */
        static final double LEAST_NOISE = 2e-3;

        /** Standard deviation of the noise in the prior's units. */
        double noise() {
            return Math.max(LEAST_NOISE, Math.sqrt(variance) * range.scale());
        }

        /** The mean of 1/variance in the prior's units. */
        double normalizedPrecision() {
            return precision / (range.scale() * range.scale());
        }

        /** Of several samples of a volume: the range that holds all of theirs, and means. */
        static Measures of(List<Measures> samples) {
            double low = Double.POSITIVE_INFINITY;
            double high = Double.NEGATIVE_INFINITY;
            double variance = 0;
            double precision = 0;
            for (final Measures sample : samples) {
                low = Math.min(low, sample.range.low());
                high = Math.max(high, sample.range.high());
                variance += sample.variance / samples.size();
                precision += sample.precision / samples.size();
            }
            return new Measures(new IntensityRange(low, high), variance, precision);
        }
    }

    /**
     * All must be given.
     *
     * @param slice of the block's first voxel in the whole, in measured slices
     * @param row of that voxel
     * @param column of that voxel
     * @param levels the range of what was measured, isolated voxels left out
     * @param light the camera
     * @param iterations of the first guess; 0 where it has none, or as long as they are not known
     * @param parts what was measured before each part of the chain
     */
    public WholeVolume {
        parts = List.copyOf(parts);
        if (levels == null || light == null || iterations < 0)
            throw new IllegalArgumentException("Nothing was measured on the whole volume.");
    }

    /**
     * {@return the same whole for a block at another place}
     *
     * @param otherSlice first slice of the block
     * @param otherRow its first row
     * @param otherColumn its first column
     */
    public WholeVolume at(long otherSlice, long otherRow, long otherColumn) {
        return new WholeVolume(otherSlice, otherRow, otherColumn, levels, light, iterations, parts);
    }

    /** {@return the range that the first part of the chain works in} */
    public IntensityRange range() {
        return parts.get(0).range();
    }

    /**
     * {@return what samples of a volume tell about the whole: the extremes of their ranges, and
     * means of the rest}
     *
     * @param samples parts of the volume
     * @param levels their range, isolated voxels left out
     * @param noise of the volume
     * @param inversion of a sample with what is known of the whole
     * @param progress asked whether to go on
     */
    public static WholeVolume of(
            List<Volume> samples,
            IntensityRange levels,
            NoiseModel noise,
            BiFunction<Volume, WholeVolume, VolumeInversion> inversion,
            Progress progress) {
        WholeVolume whole =
                new WholeVolume(0, 0, 0, levels, unknown(samples, noise).light, 0, List.of());
        for (int part = 0; part < PARTS; part++) {
            final List<Measures> measures = new ArrayList<>();
            final int[] iterations = new int[samples.size()];
            for (int n = 0; n < samples.size(); n++) {
                final VolumeInversion.Measured measured =
                        inversion.apply(samples.get(n), whole).measure(progress);
                iterations[n] = measured.iterations();
                if (measured.measures() != null) measures.add(measured.measures());
            }
            Arrays.sort(iterations);
            if (!measures.isEmpty())
                whole = whole.with(iterations[iterations.length / 2], Measures.of(measures));
        }
        return whole;
    }

    /** Of which only the light and the range are known. */
    static WholeVolume unknown(List<Volume> samples, NoiseModel noise) {
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        double sum = 0;
        long count = 0;
        for (final Volume sample : samples) {
            for (final float level : sample.samples()) {
                least = Math.min(least, level);
                most = Math.max(most, level);
                sum += level;
            }
            count += sample.size();
        }
        final Light light = Light.of(noise, least, sum / count, most);
        final IntensityRange levels = new IntensityRange(least, Math.max(most, Math.nextUp(least)));
        return new WholeVolume(0, 0, 0, levels, light, 0, List.of());
    }

    /** With the iterations of a first guess and what was measured before another part. */
    WholeVolume with(int made, Measures next) {
        final List<Measures> more = new ArrayList<>(parts);
        more.add(next);
        return new WholeVolume(slice, row, column, levels, light, made, more);
    }
}
