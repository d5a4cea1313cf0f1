/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks.zarr;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What the metadata of an array say: its size, how it is cut into files, and how a file holds
 * samples.
 *
 * @param version 2 or 3, of Zarr
 * @param shape samples along each axis
 * @param file samples of one file along each axis: a shard, or a chunk where there are no shards
 * @param chunk samples of a chunk; equal to {@code file} where there are no shards
 * @param type number format
 * @param samples how the samples of a chunk become bytes
 * @param index how the index of a shard becomes bytes; null where there are no shards
 * @param indexAtEnd whether a shard's index stands at its end and not at its start
 * @param fill value of samples that no file holds
 * @param prefix {@code "c"} where file names begin with it, else empty
 * @param separator between the numbers in a file's name, {@code "/"} or {@code "."}
 */
record ArrayLayout(
        int version,
        long[] shape,
        int[] file,
        int[] chunk,
        SampleType type,
        CodecChain samples,
        CodecChain index,
        boolean indexAtEnd,
        float fill,
        String prefix,
        String separator) {

    static final String METADATA_2 = ".zarray";
    static final String METADATA_3 = "zarr.json";

    private static final int MOST_AXES = 5;
    private static final long LONGEST_AXIS = 1L << 40;
    private static final long LARGEST_ARRAY = 1L << 56;
    private static final long LARGEST_FILE = 1L << 30;
    private static final int MOST_CHUNKS_OF_A_SHARD = 1 << 20;

    /** The layout of new arrays: little-endian, zstd. */
    static ArrayLayout ofNew(int version, long[] shape, int[] file, int[] chunk, SampleType type) {
        final CodecChain samples =
                new CodecChain(ByteOrder.LITTLE_ENDIAN, List.of(new ZstdCodec(3, false)));
        final CodecChain index =
                java.util.Arrays.equals(file, chunk)
                        ? null
                        : new CodecChain(ByteOrder.LITTLE_ENDIAN, List.of(new ChecksumCodec()));
        return new ArrayLayout(
                version,
                shape,
                file,
                chunk,
                type,
                samples,
                index,
                true,
                0,
                version == 3 ? "c" : "",
                "/");
    }

    boolean isSharded() {
        return index != null;
    }

    int axes() {
        return shape.length;
    }

    /** Number of files along an axis. */
    long files(int axis) {
        return (shape[axis] + file[axis] - 1) / file[axis];
    }

    /** The path of a file below the array's folder. */
    String name(long[] place) {
        final StringBuilder name = new StringBuilder(prefix);
        for (final long i : place) {
            if (name.length() > 0) name.append(separator);
            name.append(i);
        }
        return name.toString();
    }

    static int product(int[] sizes) {
        int product = 1;
        for (final int size : sizes) product = Math.multiplyExact(product, size);
        return product;
    }

    static ArrayLayout read(Path folder) throws IOException {
        final Path three = folder.resolve(METADATA_3);
        if (Files.isRegularFile(three)) return parse3(Json.read(three));
        final Path two = folder.resolve(METADATA_2);
        if (Files.isRegularFile(two)) return parse2(Json.read(two));
        throw new ZarrException(folder, "holds no Zarr array (no zarr.json and no .zarray)");
    }

    private static ArrayLayout parse2(Json json) throws ZarrException {
        if (json.integer("zarr_format", 0, 99) != 2) throw json.wrong("zarr_format", "2");
        final String code = json.text("dtype");
        final SampleType type =
                type(code.substring(Math.min(1, code.length())), json, "dtype", true);
        final ByteOrder order =
                switch (code.charAt(0)) {
                    case '<' -> ByteOrder.LITTLE_ENDIAN;
                    case '>' -> ByteOrder.BIG_ENDIAN;
                    case '|' -> {
                        if (type.bytes() > 1) throw json.wrong("dtype", "< or > before it");
                        yield ByteOrder.LITTLE_ENDIAN;
                    }
                    default -> throw json.wrong("dtype", "|u1, u2 or f4 with < or >");
                };
        if (!json.text("order", "C").equals("C")) throw json.wrong("order", "C");
        if (json.has("filters") && !json.array("filters").isEmpty())
            throw json.wrong("filters", "none");
        final List<Codec> codecs;
        if (json.has("compressor")) {
            final Json compressor = json.child("compressor");
            codecs = List.of(CodecChain.codec(compressor.text("id"), compressor, type, true));
        } else codecs = List.of();
        final int[] chunk = chunk(json, "chunks");
        return checked(
                new ArrayLayout(
                        2,
                        json.sizes("shape", LONGEST_AXIS),
                        chunk,
                        chunk,
                        type,
                        new CodecChain(order, codecs),
                        null,
                        true,
                        fill(json),
                        "",
                        separator(json, "dimension_separator", ".")),
                json);
    }

    private static ArrayLayout parse3(Json json) throws ZarrException {
        if (json.integer("zarr_format", 0, 99) != 3) throw json.wrong("zarr_format", "3");
        if (!json.text("node_type").equals("array")) throw json.wrong("node_type", "array");
        final SampleType type = type(json.text("data_type"), json, "data_type", false);
        final Json grid = json.child("chunk_grid");
        if (!grid.text("name").equals("regular")) throw grid.wrong("name", "regular");
        final int[] file = chunk(grid.child("configuration"), "chunk_shape");
        final Json keys = json.child("chunk_key_encoding");
        final String encoding = keys.text("name");
        final boolean plain = encoding.equals("v2");
        if (!plain && !encoding.equals("default")) throw keys.wrong("name", "default or v2");
        final String usual = plain ? "." : "/";
        final String separator =
                keys.has("configuration")
                        ? separator(keys.child("configuration"), "separator", usual)
                        : usual;
        final Json[] codecs = json.objects("codecs");
        final boolean sharded =
                codecs.length == 1 && codecs[0].text("name").equals("sharding_indexed");
        final Json shards = sharded ? codecs[0].child("configuration") : null;
        return checked(
                new ArrayLayout(
                        3,
                        json.sizes("shape", LONGEST_AXIS),
                        file,
                        sharded ? chunk(shards, "chunk_shape") : file,
                        type,
                        CodecChain.parse(sharded ? shards.objects("codecs") : codecs, type),
                        sharded ? index(shards, type) : null,
                        !sharded || atEnd(shards),
                        fill(json),
                        plain ? "" : "c",
                        separator),
                json);
    }

    private static CodecChain index(Json shards, SampleType type) throws ZarrException {
        final CodecChain index = CodecChain.parse(shards.objects("index_codecs"), type);
        for (final Codec codec : index.codecs())
            if (!(codec instanceof ChecksumCodec))
                throw shards.wrong("index_codecs", "bytes and crc32c");
        return index;
    }

    private static boolean atEnd(Json shards) throws ZarrException {
        return switch (shards.text("index_location", "end")) {
            case "end" -> true;
            case "start" -> false;
            default -> throw shards.wrong("index_location", "start or end");
        };
    }

    private static String separator(Json json, String key, String usual) throws ZarrException {
        final String separator = json.text(key, usual);
        if (!separator.equals("/") && !separator.equals(".")) throw json.wrong(key, "/ or .");
        return separator;
    }

    private static SampleType type(String name, Json json, String key, boolean code)
            throws ZarrException {
        for (final SampleType type : SampleType.values())
            if (name.equals(code ? type.code() : type.zarrName())) return type;
        throw json.wrong(key, "unsigned 8 or 16 bit, or 32-bit floating point");
    }

    private static int[] chunk(Json json, String key) throws ZarrException {
        final long[] sizes = json.sizes(key, LARGEST_FILE);
        final int[] chunk = new int[sizes.length];
        for (int i = 0; i < chunk.length; i++) chunk[i] = (int) sizes[i];
        return chunk;
    }

    private static float fill(Json json) throws ZarrException {
        if (!json.has("fill_value")) return 0;
        if (json.object().get("fill_value") instanceof JsonPrimitive value) {
            if (value.isNumber()) return value.getAsFloat();
            if (value.isString())
                switch (value.getAsString()) {
                    case "NaN":
                        return Float.NaN;
                    case "Infinity":
                        return Float.POSITIVE_INFINITY;
                    case "-Infinity":
                        return Float.NEGATIVE_INFINITY;
                    default:
                }
        }
        throw json.wrong("fill_value", "a number, NaN, Infinity or -Infinity");
    }

    private static ArrayLayout checked(ArrayLayout layout, Json json) throws ZarrException {
        final int axes = layout.axes();
        if (axes < 2 || axes > MOST_AXES) throw json.wrong("shape", "2 to 5 axes");
        if (layout.file.length != axes || layout.chunk.length != axes)
            throw new ZarrException(json.file(), "shape and chunks have different numbers of axes");
        long all = 1;
        long file = layout.type.bytes();
        long chunks = 1;
        for (int i = 0; i < axes; i++) {
            all *= layout.shape[i];
            file *= layout.file[i];
            if (all > LARGEST_ARRAY) throw json.wrong("shape", "at most 2^56 samples");
            if (file > LARGEST_FILE)
                throw new ZarrException(json.file(), "a chunk or shard holds more than 1 GiB");
            if (layout.file[i] % layout.chunk[i] != 0)
                throw new ZarrException(json.file(), "shards are not made of whole chunks");
            chunks *= layout.file[i] / layout.chunk[i];
        }
        if (chunks > MOST_CHUNKS_OF_A_SHARD)
            throw new ZarrException(json.file(), "a shard has more than 2^20 chunks");
        return layout;
    }

    /** The metadata file's content. */
    JsonObject toJson() {
        final JsonObject json = new JsonObject();
        json.addProperty("zarr_format", version);
        json.add("shape", list(shape));
        if (version == 2) {
            json.add("chunks", list(chunk));
            json.addProperty(
                    "dtype",
                    (type.bytes() == 1 ? "|" : samples.order() == ByteOrder.BIG_ENDIAN ? ">" : "<")
                            + type.code());
            json.add(
                    "compressor",
                    samples.codecs().isEmpty()
                            ? JsonNull.INSTANCE
                            : samples.codecs().get(0).inZarr2());
            json.add("filters", JsonNull.INSTANCE);
            json.addProperty("order", "C");
            json.addProperty("dimension_separator", separator);
        } else {
            json.addProperty("node_type", "array");
            json.addProperty("data_type", type.zarrName());
            final JsonObject size = new JsonObject();
            size.add("chunk_shape", list(file));
            json.add("chunk_grid", named("regular", size));
            final JsonObject keys = new JsonObject();
            keys.addProperty("separator", separator);
            json.add("chunk_key_encoding", named("default", keys));
            json.add("codecs", isSharded() ? sharding() : samples.toJson());
        }
        json.add(
                "fill_value",
                Float.isFinite(fill)
                        ? number(fill)
                        : new JsonPrimitive(
                                Float.isNaN(fill) ? "NaN" : fill > 0 ? "Infinity" : "-Infinity"));
        return json;
    }

    private JsonArray sharding() {
        final JsonObject settings = new JsonObject();
        settings.add("chunk_shape", list(chunk));
        settings.add("codecs", samples.toJson());
        settings.add("index_codecs", index.toJson());
        settings.addProperty("index_location", indexAtEnd ? "end" : "start");
        final JsonArray list = new JsonArray();
        list.add(named("sharding_indexed", settings));
        return list;
    }

    private static JsonPrimitive number(float value) {
        return value == Math.rint(value) && Math.abs(value) < 1e9
                ? new JsonPrimitive((long) value)
                : new JsonPrimitive(value);
    }

    static JsonObject named(String name, JsonObject configuration) {
        final JsonObject json = new JsonObject();
        json.addProperty("name", name);
        json.add("configuration", configuration);
        return json;
    }

    private static JsonArray list(long[] sizes) {
        final JsonArray list = new JsonArray();
        for (final long size : sizes) list.add(size);
        return list;
    }

    private static JsonArray list(int[] sizes) {
        final JsonArray list = new JsonArray();
        for (final int size : sizes) list.add(size);
        return list;
    }
}
