/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks.zarr;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A multiscale image: its axes, and one array for each level of the pyramid, the full size first.
 *
 * @see <a href="https://ngff.openmicroscopy.org/0.4/">OME-NGFF 0.4</a> (Zarr 2) and 0.5 (Zarr 3)
 */
public final class OmeImage {

    /**
     * One axis.
     *
     * @param name t, c, z, y or x
     * @param unit the unit's name as in the file, or null
     */
    public record Axis(String name, String unit) {}

    /**
     * One level.
     *
     * @param path of its array below the image's folder
     * @param scale size of a sample along each axis, in the axis' unit
     * @param translation place of the first sample along each axis
     */
    public record Level(String path, double[] scale, double[] translation) {}

    private static final String ORDER = "tczyx";
    private static final int MOST_LEVELS = 64;

    private final Path folder;
    private final int version;
    private final String name;
    private final List<Axis> axes;
    private final List<Level> levels;
    private final List<ZarrArray> arrays;
    private final JsonObject omero;

    private OmeImage(
            Path folder,
            int version,
            String name,
            List<Axis> axes,
            List<Level> levels,
            List<ZarrArray> arrays,
            JsonObject omero) {
        this.folder = folder;
        this.version = version;
        this.name = name;
        this.axes = axes;
        this.levels = levels;
        this.arrays = arrays;
        this.omero = omero;
    }

    /**
     * {@return the first multiscale image of a folder}
     *
     * @throws ZarrException if the folder holds none, or one that is not understood
     */
    public static OmeImage open(Path folder) throws IOException {
        final Json attributes;
        final int version;
        if (Files.isRegularFile(folder.resolve("zarr.json"))) {
            version = 3;
            final Json group = Json.read(folder.resolve("zarr.json"));
            if (!group.text("node_type").equals("group")) throw group.wrong("node_type", "group");
            attributes = group.child("attributes").child("ome");
        } else if (Files.isRegularFile(folder.resolve(".zattrs"))) {
            version = 2;
            attributes = Json.read(folder.resolve(".zattrs"));
        } else
            throw new ZarrException(
                    folder, "is no OME-Zarr image (no zarr.json and no .zattrs in it)");
        final Json[] images = attributes.objects("multiscales");
        if (images.length == 0) throw attributes.wrong("multiscales", "at least one image");
        final Json image = images[0];
        final List<Axis> axes = axes(image);
        final List<Level> levels = new ArrayList<>();
        final List<ZarrArray> arrays = new ArrayList<>();
        final double[] common = scale(image, axes.size());
        for (final Json dataset : image.objects("datasets")) {
            final Level level = level(dataset, axes.size(), common);
            final ZarrArray array = ZarrArray.open(confined(folder, level.path(), dataset));
            if (array.layout().axes() != axes.size())
                throw new ZarrException(
                        folder,
                        "level " + level.path() + " has another number of axes than the image");
            levels.add(level);
            arrays.add(array);
            if (levels.size() > MOST_LEVELS) throw image.wrong("datasets", "at most 64 levels");
        }
        if (levels.isEmpty()) throw image.wrong("datasets", "at least one level");
        final JsonObject omero =
                attributes.has("omero") ? attributes.child("omero").object() : null;
        return new OmeImage(
                folder,
                version,
                image.text("name", ""),
                axes,
                List.copyOf(levels),
                List.copyOf(arrays),
                omero);
    }

    private static List<Axis> axes(Json image) throws ZarrException {
        final List<Axis> axes = new ArrayList<>();
        int last = -1;
        for (final Json axis : image.objects("axes")) {
            final String name = axis.text("name");
            final int place = name.length() == 1 ? ORDER.indexOf(name) : -1;
            if (place <= last) throw image.wrong("axes", "some of t, c, z, y, x in this order");
            last = place;
            axes.add(new Axis(name, axis.text("unit", null)));
        }
        final int n = axes.size();
        if (n < 2 || !axes.get(n - 1).name().equals("x") || !axes.get(n - 2).name().equals("y"))
            throw image.wrong("axes", "y and x as the last ones");
        return List.copyOf(axes);
    }

    private static Level level(Json dataset, int axes, double[] common) throws ZarrException {
        final double[] scale = scale(dataset, axes);
        final double[] translation = new double[axes];
        if (dataset.has("coordinateTransformations"))
            for (final Json step : dataset.objects("coordinateTransformations"))
                if (step.text("type").equals("translation")) {
                    final double[] stated = step.numbers("translation");
                    if (stated.length != axes) throw step.wrong("translation", axes + " numbers");
                    System.arraycopy(stated, 0, translation, 0, axes);
                }
        for (int i = 0; i < axes; i++) {
            scale[i] *= common[i];
            translation[i] *= common[i];
        }
        return new Level(dataset.text("path"), scale, translation);
    }

    private static double[] scale(Json json, int axes) throws ZarrException {
        final double[] scale = new double[axes];
        java.util.Arrays.fill(scale, 1);
        if (!json.has("coordinateTransformations")) return scale;
        for (final Json step : json.objects("coordinateTransformations"))
            if (step.text("type").equals("scale")) {
                final double[] stated = step.numbers("scale");
                if (stated.length != axes) throw step.wrong("scale", axes + " numbers");
                for (int i = 0; i < axes; i++) {
                    if (!(stated[i] > 0)) throw step.wrong("scale", "numbers above 0");
                    scale[i] *= stated[i];
                }
            }
        return scale;
    }

    /** A folder below the image, also after links have been followed. */
    private static Path confined(Path folder, String path, Json json) throws IOException {
        final Path inside;
        try {
            inside = folder.resolve(path).normalize();
        } catch (final InvalidPathException e) {
            throw json.wrong("path", "a folder inside of the image");
        }
        if (path.isEmpty()
                || Path.of(path).isAbsolute()
                || !inside.startsWith(folder.normalize())
                || inside.equals(folder.normalize()))
            throw json.wrong("path", "a folder inside of the image");
        if (!Files.isDirectory(inside))
            throw new ZarrException(json.file(), "the level '" + path + "' is missing");
        if (!inside.toRealPath().startsWith(folder.toRealPath()))
            throw json.wrong("path", "a folder inside of the image, not a link out of it");
        return inside;
    }

    /**
     * {@return an image without samples, which others can be {@linkplain #create created} like}
     *
     * @param scale size of a sample along each axis, in the axis' unit
     * @param omero display settings, or null
     */
    public static OmeImage described(
            String name, List<Axis> axes, double[] scale, JsonObject omero) {
        return new OmeImage(
                null,
                0,
                name,
                List.copyOf(axes),
                List.of(new Level("0", scale.clone(), new double[scale.length])),
                List.of(),
                omero);
    }

    /**
     * {@return a new image without samples of all or a part of another, with the same calibration}
     * Each level below the full size halves y and x until neither is longer than a file's side.
     *
     * @param folder where; must not exist, or be empty
     * @param version 2 for OME-Zarr 0.4, 3 for 0.5
     * @param like what the new image follows
     * @param offset first sample of {@code like} that the new image shows, along its axes
     * @param shape samples along the axes
     * @param factor samples per sample of {@code like} along the axes
     * @param file samples of a file: a chunk, or a shard in version 3
     * @param chunk samples of a chunk
     * @param type number format of the samples
     * @throws IOException if the folder cannot be written
     */
    public static OmeImage create(
            Path folder,
            int version,
            OmeImage like,
            long[] offset,
            long[] shape,
            int[] factor,
            int[] file,
            int[] chunk,
            SampleType type)
            throws IOException {
        if (version == 2 && !java.util.Arrays.equals(file, chunk))
            throw new IllegalArgumentException("Zarr 2 has no shards; 3 has.");
        if (Files.exists(folder)) {
            try (var entries = Files.list(folder)) {
                if (entries.findAny().isPresent())
                    throw new ZarrException(folder, "exists and is not empty; give a new name.");
            }
        }
        Files.createDirectories(folder);
        final List<Level> levels = new ArrayList<>();
        final List<ZarrArray> arrays = new ArrayList<>();
        final int axes = shape.length;
        long[] size = shape.clone();
        double[] step = like.levels.get(0).scale().clone();
        double[] place = like.levels.get(0).translation().clone();
        for (int i = 0; i < axes; i++) {
            place[i] += offset[i] * step[i];
            place[i] -= step[i] * (factor[i] - 1) / (2.0 * factor[i]);
            step[i] /= factor[i];
        }
        while (true) {
            final String path = Integer.toString(levels.size());
            levels.add(new Level(path, step, place));
            arrays.add(
                    ZarrArray.create(
                            folder.resolve(path),
                            ArrayLayout.ofNew(version, size, file, chunk, type),
                            like.axes));
            if (Math.max(size[axes - 1], size[axes - 2])
                    <= Math.max(file[axes - 1], file[axes - 2])) break;
            size = size.clone();
            step = step.clone();
            place = place.clone();
            for (int i = axes - 2; i < axes; i++) {
                if (size[i] == 1) continue;
                size[i] = (size[i] + 1) / 2;
                place[i] += step[i] / 2;
                step[i] *= 2;
            }
        }
        final OmeImage image =
                new OmeImage(
                        folder,
                        version,
                        like.name,
                        like.axes,
                        List.copyOf(levels),
                        List.copyOf(arrays),
                        like.omero(offset, shape));
        image.writeMetadata();
        return image;
    }

    /**
     * Changes what is told about the image, in its file as well.
     *
     * @param name may be empty
     * @param axes as many as before, x last
     * @param scale size of a sample of the full size along each axis
     * @param omero display settings, or null
     * @throws IOException if its file cannot be written
     */
    public void describe(String name, List<Axis> axes, double[] scale, JsonObject omero)
            throws IOException {
        final List<Level> described = new ArrayList<>();
        final double[] before = levels.get(0).scale();
        for (final Level level : levels) {
            final double[] step = level.scale().clone();
            final double[] place = level.translation().clone();
            for (int i = 0; i < step.length; i++) {
                step[i] *= scale[i] / before[i];
                place[i] *= scale[i] / before[i];
            }
            described.add(new Level(level.path(), step, place));
        }
        new OmeImage(folder, version, name, axes, described, arrays, omero).writeMetadata();
    }

    private JsonObject omero(long[] offset, long[] shape) {
        final int c = axis('c');
        if (omero == null
                || c < 0
                || !omero.has("channels")
                || !omero.get("channels").isJsonArray()) return omero;
        final JsonObject part = omero.deepCopy();
        final JsonArray all = part.getAsJsonArray("channels");
        final JsonArray some = new JsonArray();
        for (int i = 0; i < shape[c] && offset[c] + i < all.size(); i++)
            some.add(all.get((int) offset[c] + i));
        part.add("channels", some);
        return part;
    }

    private void writeMetadata() throws IOException {
        final JsonObject multiscale = new JsonObject();
        multiscale.addProperty("name", name);
        if (version == 2) multiscale.addProperty("version", "0.4");
        final JsonArray axisList = new JsonArray();
        for (final Axis axis : axes) {
            final JsonObject json = new JsonObject();
            json.addProperty("name", axis.name());
            json.addProperty(
                    "type",
                    switch (axis.name()) {
                        case "t" -> "time";
                        case "c" -> "channel";
                        default -> "space";
                    });
            if (axis.unit() != null) json.addProperty("unit", axis.unit());
            axisList.add(json);
        }
        multiscale.add("axes", axisList);
        final JsonArray datasets = new JsonArray();
        for (final Level level : levels) {
            final JsonObject json = new JsonObject();
            json.addProperty("path", level.path());
            final JsonArray steps = new JsonArray();
            steps.add(step("scale", level.scale()));
            if (java.util.Arrays.stream(level.translation()).anyMatch(t -> t != 0))
                steps.add(step("translation", level.translation()));
            json.add("coordinateTransformations", steps);
            datasets.add(json);
        }
        multiscale.add("datasets", datasets);
        multiscale.addProperty("type", "mean");
        final JsonArray images = new JsonArray();
        images.add(multiscale);
        final JsonObject attributes = new JsonObject();
        if (version == 3) attributes.addProperty("version", "0.5");
        attributes.add("multiscales", images);
        if (omero != null) attributes.add("omero", omero);
        final JsonObject group = new JsonObject();
        group.addProperty("zarr_format", version);
        if (version == 2) {
            ZarrArray.replace(folder.resolve(".zgroup"), bytes(group));
            ZarrArray.replace(folder.resolve(".zattrs"), bytes(attributes));
            return;
        }
        group.addProperty("node_type", "group");
        final JsonObject outer = new JsonObject();
        outer.add("ome", attributes);
        group.add("attributes", outer);
        ZarrArray.replace(folder.resolve("zarr.json"), bytes(group));
    }

    private static JsonObject step(String type, double[] values) {
        final JsonArray list = new JsonArray();
        for (final double value : values) list.add(value);
        final JsonObject json = new JsonObject();
        json.addProperty("type", type);
        json.add(type, list);
        return json;
    }

    static byte[] bytes(JsonObject json) {
        return new GsonBuilder()
                .setPrettyPrinting()
                .serializeNulls()
                .disableHtmlEscaping()
                .create()
                .toJson(json)
                .getBytes(StandardCharsets.UTF_8);
    }

    /** {@return its name as in the file; may be empty} */
    public String name() {
        return name;
    }

    /** {@return the folder that holds the image} */
    public Path folder() {
        return folder;
    }

    /** {@return 2 for OME-Zarr 0.4, 3 for 0.5} */
    public int version() {
        return version;
    }

    /** {@return its axes, x last} */
    public List<Axis> axes() {
        return axes;
    }

    /** {@return the place of an axis such as {@code z}, or -1 if the image has no such axis} */
    public int axis(char axis) {
        for (int i = 0; i < axes.size(); i++) if (axes.get(i).name().charAt(0) == axis) return i;
        return -1;
    }

    /** {@return its levels, full size first} */
    public List<Level> levels() {
        return levels;
    }

    /** {@return the array of a level, from 0 for full size} */
    public ZarrArray array(int level) {
        return arrays.get(level);
    }

    /** {@return display settings as in the file, or null} */
    public JsonObject omero() {
        return omero;
    }
}
