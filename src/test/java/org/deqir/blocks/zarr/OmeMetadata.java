/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks.zarr;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What OME-Zarr 0.4 and 0.5 demand of an image's metadata, read without our own reader. */
public final class OmeMetadata {

    private static final Map<String, String> TYPES =
            Map.of("t", "time", "c", "channel", "z", "space", "y", "space", "x", "space");

    private static final String ORDER = "tczyx";

    private OmeMetadata() {}

    /**
     * Fails unless an image is one.
     *
     * @param image its folder
     */
    public static void check(Path image) throws IOException {
        final boolean three = Files.exists(image.resolve("zarr.json"));
        final JsonObject group = json(image.resolve(three ? "zarr.json" : ".zgroup"));
        assertEquals(three ? 3 : 2, group.get("zarr_format").getAsInt());
        if (three) assertEquals("group", group.get("node_type").getAsString());
        final JsonObject attributes =
                three
                        ? group.getAsJsonObject("attributes").getAsJsonObject("ome")
                        : json(image.resolve(".zattrs"));
        final JsonArray multiscales = attributes.getAsJsonArray("multiscales");
        assertEquals(1, multiscales.size());
        final JsonObject multiscale = multiscales.get(0).getAsJsonObject();
        final JsonObject versioned = three ? attributes : multiscale;
        assertEquals(three ? "0.5" : "0.4", versioned.get("version").getAsString());
        assertTrue(multiscale.get("name").getAsJsonPrimitive().isString());
        final List<String> axes = axes(multiscale.getAsJsonArray("axes"));
        final JsonArray levels = multiscale.getAsJsonArray("datasets");
        assertTrue(levels.size() > 0);
        long[] larger = null;
        for (final JsonElement level : levels) {
            final JsonObject dataset = level.getAsJsonObject();
            transformations(dataset.getAsJsonArray("coordinateTransformations"), axes.size());
            final long[] shape = array(image, dataset.get("path").getAsString(), three, axes);
            for (int i = 0; larger != null && i < shape.length; i++)
                assertTrue(shape[i] <= larger[i], "levels from the largest on");
            larger = shape;
        }
        if (attributes.has("omero")) omero(attributes.getAsJsonObject("omero"));
    }

    private static JsonObject json(Path file) throws IOException {
        return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
    }

    private static List<String> axes(JsonArray axes) {
        final List<String> names = new ArrayList<>();
        int spaces = 0;
        for (final JsonElement element : axes) {
            final JsonObject axis = element.getAsJsonObject();
            final String name = axis.get("name").getAsString();
            assertEquals(TYPES.get(name), axis.get("type").getAsString());
            if (axis.get("type").getAsString().equals("space")) spaces++;
            if (axis.has("unit")) assertTrue(axis.get("unit").getAsJsonPrimitive().isString());
            if (!names.isEmpty())
                assertTrue(ORDER.indexOf(names.get(names.size() - 1)) < ORDER.indexOf(name));
            names.add(name);
        }
        assertTrue(spaces >= 2 && spaces <= 3 && names.size() <= 5, names.toString());
        return names;
    }

    /** A scale, then perhaps a translation. */
    private static void transformations(JsonArray steps, int axes) {
        assertTrue(steps.size() == 1 || steps.size() == 2, steps.toString());
        for (int i = 0; i < steps.size(); i++) {
            final String type = i == 0 ? "scale" : "translation";
            final JsonObject step = steps.get(i).getAsJsonObject();
            assertEquals(type, step.get("type").getAsString());
            assertEquals(axes, step.getAsJsonArray(type).size());
            for (final JsonElement number : step.getAsJsonArray(type))
                assertTrue(number.getAsJsonPrimitive().isNumber());
        }
    }

    private static long[] array(Path image, String path, boolean three, List<String> axes)
            throws IOException {
        final JsonObject array = json(image.resolve(path).resolve(three ? "zarr.json" : ".zarray"));
        assertEquals(three ? 3 : 2, array.get("zarr_format").getAsInt());
        if (three) {
            assertEquals("array", array.get("node_type").getAsString());
            final List<String> names = new ArrayList<>();
            array.getAsJsonArray("dimension_names").forEach(name -> names.add(name.getAsString()));
            assertEquals(axes, names);
        } else assertEquals("/", array.get("dimension_separator").getAsString());
        final JsonArray shape = array.getAsJsonArray("shape");
        assertEquals(axes.size(), shape.size());
        final long[] samples = new long[shape.size()];
        for (int i = 0; i < samples.length; i++) samples[i] = shape.get(i).getAsLong();
        return samples;
    }

    private static void omero(JsonObject omero) {
        for (final JsonElement element : omero.getAsJsonArray("channels")) {
            final JsonObject channel = element.getAsJsonObject();
            assertTrue(channel.get("color").getAsString().matches("[0-9A-Fa-f]{6}"));
            for (final String end : List.of("start", "end", "min", "max"))
                assertTrue(
                        channel.getAsJsonObject("window").get(end).getAsJsonPrimitive().isNumber());
        }
    }
}
