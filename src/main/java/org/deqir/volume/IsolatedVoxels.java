/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.volume;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.deqir.image.IntensityRange;
import org.deqir.image.Plane;
import org.deqir.image.Volume;
import org.deqir.physics.noise.IsolatedPixels;
import org.deqir.physics.noise.NoiseModel;

/**
 * Voxels that stand out in their slice as no optics can make them ({@link IsolatedPixels}): hot and
 * dead pixels of a sensor, and hits of radiation.
 */
public final class IsolatedVoxels {

    /** Share of the range by which a voxel must lie outside of it to do harm. */
    private static final double BEYOND = 0.5;

    private final Volume measured;
    private final Map<Integer, IsolatedPixels> slices;

    private IsolatedVoxels(Volume measured, Map<Integer, IsolatedPixels> slices) {
        this.measured = measured;
        this.slices = slices;
    }

    /**
     * Finds them, in each slice for itself.
     *
     * @param measured grey levels; not changed
     * @param noise of the volume
     * @return the isolated voxels, perhaps none
     */
    public static IsolatedVoxels of(Volume measured, NoiseModel noise) {
        final Map<Integer, IsolatedPixels> slices = new TreeMap<>();
        for (int z = 0; z < measured.depth(); z++) {
            final Plane slice = Plane.of(measured.slice(z), measured.width(), measured.height());
            final IsolatedPixels pixels = IsolatedPixels.of(slice, null, noise);
            if (!pixels.isEmpty()) slices.put(z, pixels);
        }
        return new IsolatedVoxels(measured, slices);
    }

    /** {@return the range of the others} */
    public IntensityRange range() {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (final float level : filled().samples()) {
            low = Math.min(low, level);
            high = Math.max(high, level);
        }
        return new IntensityRange(low, Math.max(high, Math.nextUp(low)));
    }

    /**
     * {@return those far outside a range}
     *
     * @param range of the others, of this volume or of one that it is a block of
     */
    public IsolatedVoxels beyond(IntensityRange range) {
        if (isEmpty()) return this;
        final double margin = BEYOND * (range.high() - range.low());
        final Map<Integer, IsolatedPixels> beyond = new TreeMap<>();
        for (final Map.Entry<Integer, IsolatedPixels> slice : slices.entrySet()) {
            final IsolatedPixels pixels =
                    slice.getValue().beyond(range.low() - margin, range.high() + margin);
            if (!pixels.isEmpty()) beyond.put(slice.getKey(), pixels);
        }
        return new IsolatedVoxels(measured, beyond);
    }

    /** {@return whether there are none} */
    public boolean isEmpty() {
        return slices.isEmpty();
    }

    /**
     * {@return the volume with the median of its neighbours in the slice in the place of each of
     * them}
     */
    public Volume filled() {
        if (isEmpty()) return measured;
        final float[] samples = measured.samples().clone();
        final int plane = measured.width() * measured.height();
        slices.forEach(
                (z, pixels) ->
                        System.arraycopy(
                                pixels.filled().channels()[0], 0, samples, z * plane, plane));
        return new Volume(samples, measured.width(), measured.height(), measured.depth());
    }

    /**
     * Puts what was measured back into a volume that was restored without it.
     *
     * @param restored changed
     * @param scale its slices for one measured slice
     */
    public void putBack(Volume restored, int scale) {
        final int plane = measured.width() * measured.height();
        slices.forEach(
                (z, pixels) -> {
                    for (int fine = z * scale; fine < (z + 1) * scale; fine++) {
                        final Plane slice =
                                Plane.of(restored.slice(fine), measured.width(), measured.height());
                        pixels.putBack(slice, 1);
                        System.arraycopy(
                                slice.channels()[0], 0, restored.samples(), fine * plane, plane);
                    }
                });
    }

    /**
     * {@return how many there are and what was done with them, for the user}
     *
     * @param done what was done with them, as the end of a sentence
     */
    public String describe(String done) {
        final int count = slices.values().stream().mapToInt(IsolatedPixels::count).sum();
        return String.format(
                Locale.ROOT,
                "%d isolated voxel%s (hot, dead or hit by radiation) %s",
                count,
                count == 1 ? "" : "s",
                done);
    }
}
