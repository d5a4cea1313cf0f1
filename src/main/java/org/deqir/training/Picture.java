/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.training;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import org.deqir.image.IntensityRange;
import org.deqir.image.Plane;

/**
 * One image in the prior's units, in 16 bits a sample: what lies between −{@value #LARGEST} and
 * {@value #LARGEST} is kept to 3·10⁻⁵ of the range, what lies beyond is cut.
 */
record Picture(short[][] channels, int width, int height) {

    private static final double LARGEST = 2;
    private static final double STEPS = Short.MAX_VALUE / LARGEST;

    /**
     * Keeps an image.
     *
     * @param range the grey levels that become −1 and 1
     * @param largest most pixels to keep
     */
    static Picture of(Plane plane, IntensityRange range, long largest) {
        final double share = Math.sqrt(Math.min(1, (double) largest / plane.size()));
        final int width = Math.max(1, (int) (share * plane.width()));
        final int height = Math.max(1, (int) (share * plane.height()));
        final int left = (plane.width() - width) / 2;
        final int top = (plane.height() - height) / 2;
        final short[][] channels = new short[plane.channels().length][width * height];
        for (int c = 0; c < channels.length; c++)
            for (int y = 0; y < height; y++)
                for (int x = 0; x < width; x++) {
                    final double value =
                            range.normalize(
                                    plane.channels()[c][(top + y) * plane.width() + left + x]);
                    channels[c][y * width + x] =
                            (short)
                                    Math.round(
                                            STEPS * Math.max(-LARGEST, Math.min(LARGEST, value)));
                }
        return new Picture(channels, width, height);
    }

    /** The means of blocks of so many pixels along each side; null if there is no whole block. */
    static Plane shrunk(Plane plane, int block) {
        final int width = plane.width() / block;
        final int height = plane.height() / block;
        if (width == 0 || height == 0) return null;
        if (block == 1) return plane;
        final float[][] channels = new float[plane.channels().length][width * height];
        for (int c = 0; c < channels.length; c++)
            for (int y = 0; y < height * block; y++)
                for (int x = 0; x < width * block; x++)
                    channels[c][y / block * width + x / block] +=
                            plane.channels()[c][y * plane.width() + x] / (block * block);
        return new Plane(channels, width, height);
    }

    long samples() {
        return (long) channels.length * width * height;
    }

    /** The sample at a place, in the prior's units. */
    float at(int channel, int x, int y) {
        return (float) (channels[channel][y * width + x] / STEPS);
    }

    void addTo(MessageDigest digest) {
        digest.update(ByteBuffer.allocate(8).putInt(width).putInt(height).array());
        for (final short[] channel : channels) {
            final ByteBuffer bytes =
                    ByteBuffer.allocate(2 * channel.length).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asShortBuffer().put(channel);
            digest.update(bytes);
        }
    }
}
