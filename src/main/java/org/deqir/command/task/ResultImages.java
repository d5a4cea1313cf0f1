/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.task;

import java.util.function.BiFunction;
import org.deqir.command.image.ResultImage;
import org.deqir.command.image.ResultImage.Samples;

/**
 * The images that a run fills.
 *
 * @param image the restored image
 * @param spread its standard deviation, or null with a single sample
 * @param counts how many exposures entered each pixel, or null if nobody asked
 */
record ResultImages(ResultImage image, ResultImage spread, ResultImage counts)
        implements AutoCloseable {

    /**
     * Opens those that are wanted.
     *
     * @param opener of an image, from what its files' names add and from what its samples are
     * @throws IllegalArgumentException if a result cannot be written; then none is left open
     */
    static ResultImages open(
            BiFunction<String, Samples, ResultImage> opener,
            Samples samples,
            boolean spread,
            boolean counts) {
        final ResultImage image = opener.apply("", samples);
        ResultImage deviation = null;
        try {
            if (spread) deviation = opener.apply("-sd", Samples.SPREAD);
            return new ResultImages(
                    image, deviation, counts ? opener.apply("-exposures", Samples.SPREAD) : null);
        } catch (RuntimeException | Error e) {
            new ResultImages(image, deviation, null).close();
            throw e;
        }
    }

    /** What is on disk is kept only if it was finished. */
    @Override
    public void close() {
        image.close();
        if (spread != null) spread.close();
        if (counts != null) counts.close();
    }
}
