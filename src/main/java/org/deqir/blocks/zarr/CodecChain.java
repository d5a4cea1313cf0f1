/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks.zarr;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * All steps from the samples of a chunk to its bytes and back.
 *
 * @param order the byte order of samples
 * @param codecs the steps after the samples have become bytes, in the order of writing
 */
record CodecChain(ByteOrder order, List<Codec> codecs) {

    /** Room that a stored form may need beyond the samples, where codecs follow each other. */
    private static final int MARGIN = 1 << 16;

    /** Bytes of {@code samples} as they are stored. */
    byte[] encode(float[] samples, SampleType type) throws IOException {
        final ByteBuffer bytes = ByteBuffer.allocate(samples.length * type.bytes()).order(order);
        for (int i = 0; i < samples.length; i++) type.put(bytes, i, samples[i]);
        return encode(bytes.array());
    }

    byte[] encode(byte[] data) throws IOException {
        byte[] encoded = data;
        for (final Codec codec : codecs) encoded = codec.encode(encoded);
        return encoded;
    }

    /**
     * {@code count} samples of a stored chunk.
     *
     * @throws IOException if the bytes are damaged or hold another number of samples
     */
    float[] decode(byte[] stored, int count, SampleType type) throws IOException {
        final ByteBuffer bytes = ByteBuffer.wrap(decode(stored, count * type.bytes())).order(order);
        final float[] samples = new float[count];
        for (int i = 0; i < count; i++) samples[i] = type.get(bytes, i);
        return samples;
    }

    byte[] decode(byte[] stored, int size) throws IOException {
        byte[] decoded = stored;
        for (int i = codecs.size() - 1; i >= 0; i--)
            decoded = codecs.get(i).decode(decoded, i == 0 ? size : size + size / 8 + MARGIN);
        if (decoded.length != size)
            throw new IOException(decoded.length + " bytes come out, " + size + " are right");
        return decoded;
    }

    /** The list {@code codecs} of Zarr 3. */
    JsonArray toJson() {
        final JsonArray list = new JsonArray();
        final JsonObject endian = new JsonObject();
        endian.addProperty("endian", order == ByteOrder.BIG_ENDIAN ? "big" : "little");
        list.add(ArrayLayout.named("bytes", endian));
        for (final Codec codec : codecs) {
            final JsonObject json = new JsonObject();
            json.addProperty("name", codec.name());
            final JsonObject configuration = codec.configuration();
            if (!configuration.isEmpty()) json.add("configuration", configuration);
            list.add(json);
        }
        return list;
    }

    /** Reads a list of Zarr 3 that holds no sharding. */
    static CodecChain parse(Json[] list, SampleType type) throws ZarrException {
        ByteOrder order = null;
        final List<Codec> codecs = new ArrayList<>();
        for (final Json json : list) {
            final String name = json.text("name");
            final Json settings =
                    json.has("configuration")
                            ? json.child("configuration")
                            : new Json(json.file(), new JsonObject());
            if (name.equals("bytes")) {
                if (order != null) throw json.wrong("name", "one codec bytes");
                order = order(settings, type);
                continue;
            }
            if (order == null) {
                if (name.equals("transpose") && isIdentity(settings)) continue;
                throw json.wrong("name", "bytes as the first codec");
            }
            codecs.add(codec(name, settings, type, false));
        }
        if (order == null)
            throw new ZarrException(
                    list.length == 0 ? java.nio.file.Path.of("codecs") : list[0].file(),
                    "codecs has no entry bytes");
        return new CodecChain(order, List.copyOf(codecs));
    }

    private static ByteOrder order(Json settings, SampleType type) throws ZarrException {
        final String endian = settings.text("endian", type.bytes() == 1 ? "little" : "");
        return switch (endian) {
            case "little" -> ByteOrder.LITTLE_ENDIAN;
            case "big" -> ByteOrder.BIG_ENDIAN;
            default -> throw settings.wrong("endian", "little or big");
        };
    }

    private static boolean isIdentity(Json settings) throws ZarrException {
        final double[] order = settings.numbers("order");
        for (int i = 0; i < order.length; i++) if (order[i] != i) return false;
        return true;
    }

    /** One codec of either version; in Zarr 2 {@code settings} is the compressor itself. */
    static Codec codec(String name, Json settings, SampleType type, boolean zarr2)
            throws ZarrException {
        return switch (name) {
            case "gzip" -> new GzipCodec(name, settings.integer("level", 0, 9, 5));
            case "zlib" -> {
                if (!zarr2) throw unknown(settings, name);
                yield new GzipCodec(name, settings.integer("level", 0, 9, 1));
            }
            case "zstd" ->
                    new ZstdCodec(
                            settings.integer("level", -131072, 22, 0),
                            settings.has("checksum")
                                    && settings.object().get("checksum").getAsBoolean());
            case "blosc" ->
                    new BloscCodec(
                            settings.text("cname", "lz4"),
                            settings.integer("clevel", 0, 9, 5),
                            zarr2
                                    ? Math.abs(settings.integer("shuffle", -1, 2, 1))
                                    : shuffle(settings),
                            settings.integer("typesize", 1, 255, type.bytes()),
                            settings.integer("blocksize", 0, Integer.MAX_VALUE, 0));
            case "crc32c" -> {
                if (zarr2) throw unknown(settings, name);
                yield new ChecksumCodec();
            }
            default -> throw unknown(settings, name);
        };
    }

    private static int shuffle(Json settings) throws ZarrException {
        return switch (settings.text("shuffle", "noshuffle")) {
            case "noshuffle" -> 0;
            case "shuffle" -> 1;
            case "bitshuffle" -> 2;
            default -> throw settings.wrong("shuffle", "noshuffle, shuffle or bitshuffle");
        };
    }

    private static ZarrException unknown(Json settings, String name) {
        return new ZarrException(
                settings.file(),
                "the codec '" + name + "' is not known; known are gzip, zstd, blosc and none.");
    }
}
