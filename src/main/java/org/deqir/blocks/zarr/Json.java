/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks.zarr;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A JSON object of a file, read strictly: each question names the key and what was expected when it
 * fails.
 *
 * @param file the file, for messages
 * @param object what it holds
 */
record Json(Path file, JsonObject object) {

    private static final int LARGEST_FILE = 4 << 20;

    /**
     * @throws ZarrException if the file is larger than 4 MiB or holds anything but one JSON object
     */
    static Json read(Path file) throws IOException {
        final byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(LARGEST_FILE + 1);
        }
        if (bytes.length > LARGEST_FILE)
            throw new ZarrException(file, "metadata of more than 4 MiB");
        final JsonElement element;
        try {
            final JsonReader reader =
                    new JsonReader(new StringReader(new String(bytes, StandardCharsets.UTF_8)));
            // Not JsonParser, which is lenient.
            element = new Gson().getAdapter(JsonElement.class).read(reader);
            if (reader.peek() != JsonToken.END_DOCUMENT)
                throw new ZarrException(file, "holds more than one JSON object");
        } catch (final ZarrException e) {
            throw e;
        } catch (final IOException | RuntimeException | StackOverflowError e) {
            throw new ZarrException(file, "is not JSON", e);
        }
        if (!element.isJsonObject()) throw new ZarrException(file, "holds no JSON object");
        return new Json(file, element.getAsJsonObject());
    }

    boolean has(String key) {
        return object.has(key) && !object.get(key).isJsonNull();
    }

    Json child(String key) throws ZarrException {
        if (!has(key) || !object.get(key).isJsonObject()) throw wrong(key, "an object");
        return new Json(file, object.getAsJsonObject(key));
    }

    JsonArray array(String key) throws ZarrException {
        if (!has(key) || !object.get(key).isJsonArray()) throw wrong(key, "a list");
        return object.getAsJsonArray(key);
    }

    Json[] objects(String key) throws ZarrException {
        final JsonArray array = array(key);
        final Json[] objects = new Json[array.size()];
        for (int i = 0; i < objects.length; i++) {
            if (!array.get(i).isJsonObject()) throw wrong(key, "a list of objects");
            objects[i] = new Json(file, array.get(i).getAsJsonObject());
        }
        return objects;
    }

    String text(String key) throws ZarrException {
        if (!has(key)
                || !object.get(key).isJsonPrimitive()
                || !object.getAsJsonPrimitive(key).isString()) throw wrong(key, "a text");
        return object.get(key).getAsString();
    }

    String text(String key, String otherwise) throws ZarrException {
        return has(key) ? text(key) : otherwise;
    }

    int integer(String key, int from, int to) throws ZarrException {
        if (!has(key)) throw wrong(key, "a whole number");
        final long value = whole(object.get(key), key);
        if (value < from || value > to)
            throw wrong(key, "a whole number from " + from + " to " + to);
        return (int) value;
    }

    int integer(String key, int from, int to, int otherwise) throws ZarrException {
        return has(key) ? integer(key, from, to) : otherwise;
    }

    /** A list of whole numbers from 1 to a largest one. */
    long[] sizes(String key, long largest) throws ZarrException {
        final JsonArray array = array(key);
        final long[] sizes = new long[array.size()];
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = whole(array.get(i), key);
            if (sizes[i] < 1 || sizes[i] > largest)
                throw wrong(key, "a list of whole numbers from 1 to " + largest);
        }
        return sizes;
    }

    /** A list of finite numbers. */
    double[] numbers(String key) throws ZarrException {
        final JsonArray array = array(key);
        final double[] numbers = new double[array.size()];
        for (int i = 0; i < numbers.length; i++) {
            final JsonElement e = array.get(i);
            if (!e.isJsonPrimitive() || !e.getAsJsonPrimitive().isNumber())
                throw wrong(key, "a list of numbers");
            numbers[i] = e.getAsDouble();
            if (!Double.isFinite(numbers[i])) throw wrong(key, "a list of finite numbers");
        }
        return numbers;
    }

    private long whole(JsonElement element, String key) throws ZarrException {
        try {
            if (element.isJsonPrimitive() && element.getAsJsonPrimitive().isNumber())
                return element.getAsBigDecimal().longValueExact();
        } catch (final ArithmeticException | NumberFormatException e) {
            throw wrong(key, "whole numbers");
        }
        throw wrong(key, "whole numbers");
    }

    ZarrException wrong(String key, String expected) {
        String found = object.has(key) ? object.get(key).toString() : "nothing";
        if (found.length() > 80) found = found.substring(0, 80) + " …";
        return new ZarrException(file, key + " is " + found + "; expected is " + expected + ".");
    }
}
