/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.degradation;

import ai.djl.ndarray.NDManager;
import java.util.Locale;
import org.deqir.physics.Degradation;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.operator.GreyProjectionOperator;

/** A weighted sum of red, green and blue. */
public record GreyProjection(double red, double green, double blue) implements Degradation {

    /** The mean of the channels. */
    public static final GreyProjection MEAN = new GreyProjection(1 / 3.0, 1 / 3.0, 1 / 3.0);

    /** The mean with the rounded weights of the paper's published implementation. */
    public static final GreyProjection PUBLISHED = new GreyProjection(0.3333, 0.3334, 0.3333);

    /** Luminance, ITU-R BT.601, as ImageJ's weighted conversion to grey. */
    public static final GreyProjection LUMINANCE = new GreyProjection(0.299, 0.587, 0.114);

    /**
     * @throws IllegalArgumentException if the weights are all 0 or not finite
     */
    public GreyProjection {
        GreyProjectionOperator.requireNorm(red, green, blue);
    }

    @Override
    public LinearOperator operator(NDManager manager, int channels, int height, int width) {
        if (!accepts(channels))
            throw new IllegalArgumentException(
                    "A grey projection needs an image of 3 channels, not " + channels + ".");
        return new GreyProjectionOperator(manager, height, width, red, green, blue);
    }

    @Override
    public boolean accepts(int channels) {
        return channels == GreyProjectionOperator.CHANNELS;
    }

    @Override
    public String describe() {
        return String.format(
                Locale.ROOT, "grey projection with weights %.4g, %.4g, %.4g", red, green, blue);
    }
}
