/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks.zarr;

import com.google.gson.JsonObject;
import com.scalableminds.bloscjava.Blosc;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;

/**
 * The codec {@code blosc}, versions 1 of the format. Natives exist for x86 computers and macOS.
 *
 * @param compressor name of the compressor inside, such as {@code lz4}
 * @param level 0 to 9
 * @param shuffle 0 for none, 1 for bytes, 2 for bits
 * @param typeSize bytes of a sample
 * @param blockSize bytes of a block, 0 for automatic
 */
record BloscCodec(String compressor, int level, int shuffle, int typeSize, int blockSize)
        implements Codec {

    private static final int HEADER = 16;
    private static final int LARGEST_FORMAT = 2;

    @Override
    public byte[] encode(byte[] data) throws IOException {
        try {
            return Blosc.compress(
                    data,
                    typeSize,
                    Blosc.Compressor.fromString(compressor.toLowerCase(Locale.ROOT)),
                    level,
                    Blosc.Shuffle.values()[shuffle],
                    blockSize);
        } catch (final LinkageError e) {
            throw missing(e);
        } catch (final RuntimeException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** Checks the header first: the library trusts the sizes that stand there. */
    @Override
    public byte[] decode(byte[] data, int limit) throws IOException {
        if (data.length < HEADER) throw new IOException("its blosc header is cut off");
        final ByteBuffer header = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
        final int size = header.getInt(4);
        final int block = header.getInt(8);
        final int stored = header.getInt(12);
        if (data[0] < 1 || data[0] > LARGEST_FORMAT)
            throw new IOException("blosc format " + data[0] + " is not known");
        if (size < 0 || size > limit)
            throw new IOException(
                    "blosc states " + size + " bytes, at most " + limit + " are right");
        if (stored != data.length)
            throw new IOException("blosc states " + stored + " stored bytes of " + data.length);
        if (block < 1 && size > 0 || block > Math.max(size, 1))
            throw new IOException("blosc states blocks of " + block + " bytes");
        if (data[3] == 0) throw new IOException("blosc states samples of 0 bytes");
        if (size == 0) return new byte[0];
        checkBlocks(data, header, size, block);
        try {
            return Blosc.decompress(data);
        } catch (final LinkageError e) {
            throw missing(e);
        } catch (final RuntimeException e) {
            throw new IOException("blosc cannot read it", e);
        }
    }

    /** The starts of the blocks lie inside the data, unless the data are a plain copy. */
    private static void checkBlocks(byte[] data, ByteBuffer header, int size, int block)
            throws IOException {
        final boolean copied = (data[2] & 2) != 0;
        if (copied) {
            if (data.length != size + HEADER)
                throw new IOException("blosc states a copy of another length");
            return;
        }
        final long blocks = ((long) size + block - 1) / block;
        final long first = HEADER + 4 * blocks;
        if (first > data.length) throw new IOException("its blosc block table is cut off");
        for (int i = 0; i < blocks; i++) {
            final int start = header.getInt(HEADER + 4 * i);
            if (start < first || start > data.length - 4)
                throw new IOException("blosc block " + i + " starts outside of the data");
        }
    }

    private static IOException missing(LinkageError e) {
        return new IOException(
                "blosc has no library for %s on %s"
                        .formatted(System.getProperty("os.name"), System.getProperty("os.arch")),
                e);
    }

    @Override
    public String name() {
        return "blosc";
    }

    @Override
    public JsonObject configuration() {
        final JsonObject json = new JsonObject();
        json.addProperty("cname", compressor);
        json.addProperty("clevel", level);
        json.addProperty("shuffle", new String[] {"noshuffle", "shuffle", "bitshuffle"}[shuffle]);
        json.addProperty("typesize", typeSize);
        json.addProperty("blocksize", blockSize);
        return json;
    }

    @Override
    public JsonObject inZarr2() {
        final JsonObject json = new JsonObject();
        json.addProperty("id", name());
        json.addProperty("cname", compressor);
        json.addProperty("clevel", level);
        json.addProperty("shuffle", shuffle);
        json.addProperty("blocksize", blockSize);
        return json;
    }
}
