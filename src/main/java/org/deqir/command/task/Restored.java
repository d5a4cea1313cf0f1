/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.task;

import ij.ImagePlus;
import java.util.List;
import org.deqir.RestorationReport;

/**
 * What a run gave. Close it; what is on disk is kept only if {@link #finish} was called.
 *
 * @param result the restored image, not yet shown
 * @param uncertainty standard deviation of the samples, 32-bit, or null with a single sample
 * @param exposures how many exposures each pixel's noise is that of, or null if nobody asked
 * @param report of all planes together, or null if all were only copied
 * @param findings what was found about the noise, with the slice if there are several
 * @param notices what the user should know about the result: planes that were only copied, samples
 *     that are not the input's
 * @param images where they are kept
 */
public record Restored(
        ImagePlus result,
        ImagePlus uncertainty,
        ImagePlus exposures,
        RestorationReport report,
        List<String> findings,
        List<String> notices,
        ResultImages images)
        implements AutoCloseable {

    /** What was restored, its images built; what their titles add stands before the mark. */
    static Restored of(
            ResultImages images,
            String title,
            String mark,
            RestorationReport report,
            List<String> findings,
            List<String> notices) {
        return new Restored(
                images.image().build(title + mark),
                images.spread() == null ? null : images.spread().build(title + "-sd" + mark),
                images.counts() == null ? null : images.counts().build(title + "-exposures"),
                report,
                findings,
                notices,
                images);
    }

    /**
     * Completes the files, once result and uncertainty tell how they came about.
     *
     * @throws IllegalArgumentException if they cannot be written
     */
    public void finish() {
        if (images.spread() != null) images.spread().finish(uncertainty);
        if (images.counts() != null) images.counts().finish(exposures);
        images.image().finish(result);
    }

    @Override
    public void close() {
        images.close();
    }
}
