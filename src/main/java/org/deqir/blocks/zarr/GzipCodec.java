/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks.zarr;

import com.google.gson.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.InflaterInputStream;

/**
 * The codecs {@code gzip} and, in Zarr 2, {@code zlib}.
 *
 * @param name {@code gzip} or {@code zlib}
 * @param level 0 to 9
 */
record GzipCodec(String name, int level) implements Codec {

    @Override
    public byte[] encode(byte[] data) throws IOException {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream(data.length / 2 + 64);
        try (OutputStream out = compressing(bytes)) {
            out.write(data);
        }
        return bytes.toByteArray();
    }

    private OutputStream compressing(OutputStream bytes) throws IOException {
        if (name.equals("zlib"))
            return new java.util.zip.DeflaterOutputStream(bytes, new Deflater(level));
        return new GZIPOutputStream(bytes) {
            {
                def.setLevel(level);
            }
        };
    }

    @Override
    public byte[] decode(byte[] data, int limit) throws IOException {
        final InputStream bytes = new ByteArrayInputStream(data);
        try (InputStream in =
                name.equals("zlib") ? new InflaterInputStream(bytes) : new GZIPInputStream(bytes)) {
            final byte[] decoded = in.readNBytes(limit);
            if (in.read() >= 0) throw new IOException("more than " + limit + " bytes come out");
            return decoded;
        }
    }

    @Override
    public JsonObject configuration() {
        final JsonObject json = new JsonObject();
        json.addProperty("level", level);
        return json;
    }
}
