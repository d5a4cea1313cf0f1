/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.image;

import java.util.Arrays;

/**
 * One two-dimensional image, of one or more channels, in its own units.
 *
 * @param channels the samples of each channel, row by row; every array has width · height entries
 * @param width pixels in a row
 * @param height number of rows
 */
public record Plane(float[][] channels, int width, int height) {

    /**
     * @throws IllegalArgumentException if the plane is empty or an array's length does not fit
     */
    public Plane {
        if (width < 1 || height < 1 || channels.length == 0)
            throw new IllegalArgumentException(
                    "The image is empty: %s × %s pixels, %s channels."
                            .formatted(width, height, channels.length));
        for (final float[] channel : channels)
            if (channel.length != Math.multiplyExact(width, height))
                throw new IllegalArgumentException(
                        "A channel has %s samples, but %s × %s pixels need %s."
                                .formatted(channel.length, width, height, width * height));
    }

    /** {@return a plane of one channel; {@code samples}, row by row, are not copied} */
    public static Plane of(float[] samples, int width, int height) {
        return new Plane(new float[][] {samples}, width, height);
    }

    /** {@return samples in one channel: width · height} */
    public int size() {
        return width * height;
    }

    /** {@return the plane that holds only channel {@code c}, from 0, sharing its samples} */
    public Plane channel(int c) {
        return of(channels[c], width, height);
    }

    /** {@return a copy of a part, which must lie within the plane} */
    public Plane part(int left, int top, int columns, int rows) {
        final float[][] part = new float[channels.length][columns * rows];
        for (int c = 0; c < part.length; c++)
            for (int y = 0; y < rows; y++)
                System.arraycopy(
                        channels[c], (top + y) * width + left, part[c], y * columns, columns);
        return new Plane(part, columns, rows);
    }

    /** {@return an independent copy} */
    public Plane copy() {
        return new Plane(
                Arrays.stream(channels).map(float[]::clone).toArray(float[][]::new), width, height);
    }

    /** {@return whether any sample is NaN or infinite} */
    public boolean hasNonFinite() {
        for (final float[] channel : channels)
            for (final float sample : channel) if (!Float.isFinite(sample)) return true;
        return false;
    }
}
