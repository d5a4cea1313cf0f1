/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks.zarr;

import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.Arrays;

/**
 * The codec {@code zstd}.
 *
 * @param level -131072 to 22
 * @param checksum whether frames carry a checksum of their content
 */
record ZstdCodec(int level, boolean checksum) implements Codec {

    @Override
    public byte[] encode(byte[] data) throws IOException {
        try (ZstdCompressCtx context = new ZstdCompressCtx()) {
            return context.setLevel(level).setChecksum(checksum).compress(data);
        } catch (final ZstdException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    @Override
    public byte[] decode(byte[] data, int limit) throws IOException {
        final byte[] decoded = new byte[limit];
        try (ZstdDecompressCtx context = new ZstdDecompressCtx()) {
            final int size = context.decompressByteArray(decoded, 0, limit, data, 0, data.length);
            return size == limit ? decoded : Arrays.copyOf(decoded, size);
        } catch (final ZstdException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    @Override
    public String name() {
        return "zstd";
    }

    @Override
    public JsonObject configuration() {
        final JsonObject json = new JsonObject();
        json.addProperty("level", level);
        json.addProperty("checksum", checksum);
        return json;
    }

    @Override
    public JsonObject inZarr2() {
        final JsonObject json = new JsonObject();
        json.addProperty("id", name());
        json.addProperty("level", level);
        return json;
    }
}
