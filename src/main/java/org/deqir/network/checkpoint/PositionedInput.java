/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.checkpoint;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A stream of known length that knows how many bytes were taken from it. */
final class PositionedInput extends InputStream {

    private final InputStream in;
    private final long length;
    private long position;

    PositionedInput(InputStream in, long length) {
        this.in = new BufferedInputStream(in);
        this.length = length;
    }

    long position() {
        return position;
    }

    long remaining() {
        return length - position;
    }

    @Override
    public int read() throws IOException {
        final int value = in.read();
        if (value >= 0) position++;
        return value;
    }

    @Override
    public int read(byte[] into, int from, int count) throws IOException {
        final int read = in.read(into, from, count);
        if (read > 0) position += read;
        return read;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
