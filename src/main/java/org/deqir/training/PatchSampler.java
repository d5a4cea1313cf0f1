/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.training;

import java.util.List;
import java.util.Random;
import org.deqir.training.TrainingImages.Area;

/**
 * Draws square patches from images: a random place, one of the eight orientations, for half of the
 * patches a higher contrast, and optionally enlarged.
 *
 * <p>Most patches without structure are drawn again: they teach little.
 */
final class PatchSampler {

    /** Ways to turn and mirror a square. */
    static final int ORIENTATIONS = 8;

    private static final int ATTEMPTS = 4;
    private static final double FLAT = 0.04;
    private static final int SMALLEST_SOURCE = 8;
    private static final double NARROWEST = 0.1;

    private final List<Area> areas;
    private final double[] cumulated;
    private final int channels;
    private final int side;
    private final double enlarge;

    /**
     * Prepares to draw.
     *
     * @param areas where to draw from; each at least as large as a patch
     * @param side side of a patch in pixels
     * @param enlarge most factor by which half of the patches are enlarged, 1 for never
     */
    PatchSampler(List<Area> areas, int side, double enlarge) {
        this.areas = areas;
        this.side = side;
        this.enlarge = enlarge;
        this.channels = areas.get(0).picture().channels().length;
        cumulated = new double[areas.size()];
        double sum = 0;
        for (int i = 0; i < cumulated.length; i++) cumulated[i] = sum += areas.get(i).weight();
    }

    int side() {
        return side;
    }

    int channels() {
        return channels;
    }

    /** An augmented patch, channel by channel, row by row. */
    float[] draw(Random random) {
        float[] patch = plain(random);
        for (int i = 1; i < ATTEMPTS && deviation(patch) < FLAT; i++) patch = plain(random);
        final boolean stretches = random.nextBoolean();
        final double strength = random.nextDouble();
        if (stretches) stretch(patch, strength);
        return oriented(patch, random.nextInt(ORIENTATIONS));
    }

    /** A patch as it lies in the image. */
    float[] plain(Random random) {
        final Area area = area(random.nextDouble());
        final double factor =
                enlarge > 1 && random.nextBoolean() ? 1 + random.nextDouble() * (enlarge - 1) : 1;
        final int source =
                factor == 1
                        ? side
                        : Math.max(Math.min(side, SMALLEST_SOURCE), (int) (side / factor));
        final int left = area.left() + random.nextInt(area.width() - source + 1);
        final int top = area.top() + random.nextInt(area.height() - source + 1);
        final float[] window = new float[channels * source * source];
        int i = 0;
        for (int c = 0; c < channels; c++)
            for (int y = 0; y < source; y++)
                for (int x = 0; x < source; x++)
                    window[i++] = area.picture().at(c, left + x, top + y);
        return source == side ? window : Enlargement.of(window, channels, source, side);
    }

    private Area area(double share) {
        final double place = share * cumulated[cumulated.length - 1];
        int i = 0;
        while (i < cumulated.length - 1 && cumulated[i] <= place) i++;
        return areas.get(i);
    }

    /** Standard deviation of all samples. */
    static double deviation(float[] patch) {
        double sum = 0;
        double squares = 0;
        for (final float value : patch) {
            sum += value;
            squares += (double) value * value;
        }
        final double mean = sum / patch.length;
        return Math.sqrt(Math.max(0, squares / patch.length - mean * mean));
    }

    /**
     * Raises the contrast: a crop of the image would have been mapped to [−1, 1] by its own
     * extremes.
     */
    static void stretch(float[] patch, double strength) {
        float least = Float.POSITIVE_INFINITY;
        float most = Float.NEGATIVE_INFINITY;
        for (final float value : patch) {
            least = Math.min(least, value);
            most = Math.max(most, value);
        }
        final double low = -1 + (Math.max(-1, least) + 1) * (1 - strength);
        final double high = 1 - (1 - Math.min(1, most)) * (1 - strength);
        if (high - low < NARROWEST) return;
        for (int i = 0; i < patch.length; i++)
            patch[i] = (float) ((patch[i] - low) / (high - low) * 2 - 1);
    }

    /** The patch, mirrored and transposed as the bits of {@code orientation} say. */
    float[] oriented(float[] patch, int orientation) {
        final float[] turned = new float[patch.length];
        final int plane = side * side;
        for (int c = 0; c < channels; c++)
            for (int y = 0; y < side; y++)
                for (int x = 0; x < side; x++) {
                    final int u = (orientation & 1) == 0 ? x : side - 1 - x;
                    final int v = (orientation & 2) == 0 ? y : side - 1 - y;
                    final int from = (orientation & 4) == 0 ? v * side + u : u * side + v;
                    turned[c * plane + y * side + x] = patch[c * plane + from];
                }
        return turned;
    }
}
