/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks.zarr;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32C;

/** The codec {@code crc32c} of Zarr 3: a checksum in the last four bytes. */
record ChecksumCodec() implements Codec {

    static final int BYTES = 4;

    @Override
    public byte[] encode(byte[] data) {
        final byte[] encoded = Arrays.copyOf(data, data.length + BYTES);
        ByteBuffer.wrap(encoded)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(data.length, checksum(encoded, data.length));
        return encoded;
    }

    @Override
    public byte[] decode(byte[] data, int limit) throws IOException {
        final int size = data.length - BYTES;
        if (size < 0) throw new IOException("its checksum is cut off");
        if (size > limit) throw new IOException("more than " + limit + " bytes come out");
        final int stated = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN).getInt(size);
        if (stated != checksum(data, size)) throw new IOException("its checksum is wrong");
        return Arrays.copyOf(data, size);
    }

    private static int checksum(byte[] data, int size) {
        final CRC32C crc = new CRC32C();
        crc.update(data, 0, size);
        return (int) crc.getValue();
    }

    @Override
    public String name() {
        return "crc32c";
    }

    @Override
    public JsonObject configuration() {
        return new JsonObject();
    }
}
