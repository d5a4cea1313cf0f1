/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.restoration;

import org.deqir.Restoration;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.Plane;
import org.deqir.physics.Degradation;

/** Refuses what cannot be restored, with a sentence that names it. */
public final class AcceptableInput {

    private AcceptableInput() {}

    /**
     * @throws IllegalArgumentException if the plane does not fit the prior or the degradation, or
     *     holds NaN or infinite samples that are not declared missing
     */
    public static void require(DiffusionPrior prior, Plane measured, Restoration restoration) {
        final boolean colorizing = !restoration.degradation().accepts(1);
        final Degradation degradation = restoration.degradation();
        final int channels = measured.channels().length;
        if (colorizing && prior.channels() != 3)
            throw new IllegalArgumentException(
                    "The model \""
                            + prior.name()
                            + "\" is for grey images; colorizing needs a model for RGB images.");
        if (colorizing && channels != 1)
            throw new IllegalArgumentException(
                    "Only a grey image can be colorized; this one has " + channels + " channels.");
        if (!colorizing && prior.channels() > 1 && prior.channels() != channels)
            throw new IllegalArgumentException(
                    "The model \"%s\" is for images of %s channels; this one has %s."
                            .formatted(prior.name(), prior.channels(), channels));
        final boolean[] missing = degradation.missing();
        if (missing != null && missing.length != measured.size())
            throw new IllegalArgumentException(
                    "The mask has %s pixels, but the image has %s × %s."
                            .formatted(missing.length, measured.width(), measured.height()));
        if (restoration.optimization().guide() != null)
            requireReference(
                    prior,
                    restoration.optimization().guide().reference(),
                    measured,
                    degradation.scale());
        for (final float[] channel : measured.channels())
            for (int i = 0; i < channel.length; i++)
                if (!Float.isFinite(channel[i]) && (missing == null || !missing[i]))
                    throw new IllegalArgumentException(
                            String.format(
                                    "The image holds %s at x = %s, y = %s; only finite values can"
                                            + " be restored (missing pixels can be inpainted).",
                                    channel[i], i % measured.width(), i / measured.width()));
    }

    private static void requireReference(
            DiffusionPrior prior, Plane reference, Plane measured, int scale) {
        final int width = measured.width() * scale;
        final int height = measured.height() * scale;
        if (reference.width() != width || reference.height() != height)
            throw new IllegalArgumentException(
                    "The reference has %s × %s pixels, but the restored image will have %s × %s."
                            .formatted(reference.width(), reference.height(), width, height));
        final int channels = reference.channels().length;
        final int restored = Math.max(measured.channels().length, prior.channels());
        if (channels != 1 && channels != restored)
            throw new IllegalArgumentException(
                    "The reference has "
                            + channels
                            + " channels, but the restored image will have "
                            + restored
                            + "; it must have as many, or 1.");
    }
}
