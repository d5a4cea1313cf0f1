/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import java.util.List;
import org.deqir.image.IntensityRange;

/**
 * What a part of an image takes over from the whole, so that parts restored one by one fit
 * together: where it lies, and what else would be measured on the part alone.
 *
 * @param left column of the part's first pixel in the whole
 * @param top row of the part's first pixel in the whole
 * @param range useful range of the whole's grey levels
 * @param clipped whether many samples of the whole stand at the limits
 * @param measures what was measured on the whole, for each binning that is used
 * @see Restorer#measure
 */
public record Whole(
        long left, long top, IntensityRange range, boolean clipped, List<Measures> measures) {

    /**
     * What restoring measures on an image. Where the noise of a camera is stabilised first, all
     * values are those of the stabilised image.
     *
     * @param binning edge of the blocks over which the image was averaged, 1 for none
     * @param range useful range
     * @param wide range that holds rare objects as well; equal to {@code range} if there are none
     * @param noise typical standard deviation of the noise
     * @param seen standard deviation of the noise that can be seen, at most; NaN where it does not
     *     count
     */
    public record Measures(
            int binning, IntensityRange range, IntensityRange wide, double noise, double seen) {}

    /** All must be given. */
    public Whole {
        measures = List.copyOf(measures);
        if (range == null || measures.isEmpty())
            throw new IllegalArgumentException("Nothing was measured on the whole image.");
    }

    /**
     * {@return the same whole for a part at another place}
     *
     * @param otherLeft first column of the part
     * @param otherTop first row of the part
     */
    public Whole at(long otherLeft, long otherTop) {
        return new Whole(otherLeft, otherTop, range, clipped, measures);
    }

    /** {@return what was measured on the image as it is} */
    public Measures measured() {
        return measures.get(0);
    }

    /**
     * {@return the whole of means over blocks of pixels}
     *
     * @param binning pixels along each side of a block
     * @throws IllegalArgumentException if it was not measured with this binning
     */
    public Whole binned(int binning) {
        for (final Measures some : measures)
            if (some.binning() == binning)
                return new Whole(
                        Math.floorDiv(left, binning),
                        Math.floorDiv(top, binning),
                        range,
                        clipped,
                        List.of(some));
        throw new IllegalArgumentException(
                "Nothing was measured on the whole image with binning = " + binning + ".");
    }
}
