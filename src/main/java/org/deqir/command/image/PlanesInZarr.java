/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.image;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import ij.CompositeImage;
import ij.ImagePlus;
import ij.ImageStack;
import ij.measure.Calibration;
import ij.process.ByteProcessor;
import ij.process.ColorProcessor;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import ij.process.ShortProcessor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.deqir.blocks.zarr.OmeImage;
import org.deqir.blocks.zarr.Pyramid;
import org.deqir.blocks.zarr.Region;
import org.deqir.blocks.zarr.SampleType;
import org.deqir.blocks.zarr.ZarrArray;

/**
 * Planes in an OME-Zarr image (0.4) of axes t, c, z, y and x, with its pyramid. RGB planes become
 * three channels. The stack reads them one by one; until the image is complete its folder has
 * another name.
 */
final class PlanesInZarr implements PlaneStore {

    private static final int CHUNK = 256;
    private static final int AXES = 5;
    private static final String INFO = "deqir.txt";

    private final Path target;
    private final Path incomplete;
    private final int[] dimensions;
    private OmeImage image;
    private ImageProcessor kind;
    private int colours;

    /**
     * @param target folder of the complete image
     * @param dimensions channels, slices and frames, the first running fastest over the planes
     */
    PlanesInZarr(Path target, int... dimensions) {
        this.target = target;
        this.incomplete = target.resolveSibling("." + target.getFileName() + ".incomplete");
        this.dimensions = dimensions.clone();
    }

    @Override
    public void put(int index, ImageProcessor plane) throws IOException {
        if (image == null) create(plane);
        final int width = plane.getWidth();
        final ZarrArray array = image.array(0);
        for (int colour = 0; colour < colours; colour++) {
            final long[] place = place(index, colour);
            for (long y = 0; y < array.files(AXES - 2); y++)
                for (long x = 0; x < array.files(AXES - 1); x++) {
                    place[AXES - 2] = y;
                    place[AXES - 1] = x;
                    final Region region = array.region(place);
                    final float[] samples = new float[region.samples()];
                    final int across = region.size()[AXES - 1];
                    for (int i = 0; i < samples.length; i++) {
                        final int pixel =
                                (int) (region.offset()[AXES - 2] + i / across) * width
                                        + (int) region.offset()[AXES - 1]
                                        + i % across;
                        samples[i] =
                                colours == 1
                                        ? plane.getf(pixel)
                                        : plane.get(pixel) >> 8 * (2 - colour) & 0xff;
                    }
                    array.write(place, samples);
                }
        }
    }

    /** The first file of a plane; each plane has a file of its own. */
    private long[] place(int index, int colour) {
        final int channel = index % dimensions[0];
        final int slice = index / dimensions[0] % dimensions[1];
        final int frame = index / dimensions[0] / dimensions[1];
        return new long[] {frame, (long) channel * colours + colour, slice, 0, 0};
    }

    private void create(ImageProcessor plane) throws IOException {
        remove(incomplete);
        kind = plane;
        colours = plane instanceof ColorProcessor ? 3 : 1;
        final long[] shape = {
            dimensions[2],
            (long) dimensions[0] * colours,
            dimensions[1],
            plane.getHeight(),
            plane.getWidth()
        };
        final int[] file = {
            1, 1, 1, Math.min(CHUNK, plane.getHeight()), Math.min(CHUNK, plane.getWidth())
        };
        final SampleType type =
                plane instanceof FloatProcessor
                        ? SampleType.FLOAT32
                        : plane instanceof ShortProcessor ? SampleType.UINT16 : SampleType.UINT8;
        image =
                OmeImage.create(
                        incomplete,
                        2,
                        OmeImage.described("", axes("", ""), new double[] {1, 1, 1, 1, 1}, null),
                        new long[AXES],
                        shape,
                        new int[] {1, 1, 1, 1, 1},
                        file,
                        file,
                        type);
    }

    private static List<OmeImage.Axis> axes(String length, String time) {
        return List.of(
                new OmeImage.Axis("t", time.isEmpty() ? null : time),
                new OmeImage.Axis("c", null),
                new OmeImage.Axis("z", length.isEmpty() ? null : length),
                new OmeImage.Axis("y", length.isEmpty() ? null : length),
                new OmeImage.Axis("x", length.isEmpty() ? null : length));
    }

    @Override
    public ImageStack stack(String... labels) {
        return new Stack(kind, this::plane, index -> target, labels);
    }

    @Override
    public void finish(ImagePlus result) throws IOException {
        for (int level = 1; level < image.levels().size(); level++)
            for (int plane = 0; plane < dimensions[0] * dimensions[1] * dimensions[2]; plane++)
                for (int colour = 0; colour < colours; colour++) {
                    final long[] place = place(plane, colour);
                    for (long y = 0; y < image.array(level).files(AXES - 2); y++)
                        for (long x = 0; x < image.array(level).files(AXES - 1); x++) {
                            place[AXES - 2] = y;
                            place[AXES - 1] = x;
                            Pyramid.write(image, level, place);
                        }
                }
        final Calibration calibration = result.getCalibration();
        image.describe(
                result.getTitle(),
                axes(
                        calibration.scaled() ? unit(calibration.getUnit()) : "",
                        calibration.frameInterval > 0 ? time(calibration.getTimeUnit()) : ""),
                new double[] {
                    calibration.frameInterval > 0 ? calibration.frameInterval : 1,
                    1,
                    calibration.pixelDepth,
                    calibration.pixelHeight,
                    calibration.pixelWidth
                },
                omero(result));
        if (result.getInfoProperty() != null)
            Files.writeString(incomplete.resolve(INFO), result.getInfoProperty());
        Files.move(incomplete, target);
        image = OmeImage.open(target);
    }

    /** The names that OME-Zarr gives to ImageJ's units. */
    private static String unit(String unit) {
        return switch (unit) {
            case "µm", "μm", "um", "micron", "microns" -> "micrometer";
            case "nm" -> "nanometer";
            case "mm" -> "millimeter";
            case "cm" -> "centimeter";
            case "m" -> "meter";
            case "inch" -> "inch";
            default -> unit;
        };
    }

    private static String time(String unit) {
        return switch (unit) {
            case "sec", "s" -> "second";
            case "min" -> "minute";
            case "ms", "msec" -> "millisecond";
            case "h", "hr" -> "hour";
            default -> unit;
        };
    }

    private JsonObject omero(ImagePlus result) {
        final JsonArray channels = new JsonArray();
        final int bits = result.getBitDepth();
        for (int c = 0; c < dimensions[0] * colours; c++) {
            final JsonObject window = new JsonObject();
            final double low =
                    result instanceof CompositeImage composite
                            ? composite.getChannelLut(c + 1).min
                            : result.getDisplayRangeMin();
            final double high =
                    result instanceof CompositeImage composite
                            ? composite.getChannelLut(c + 1).max
                            : result.getDisplayRangeMax();
            window.addProperty("start", low);
            window.addProperty("end", high);
            window.addProperty("min", bits == 32 ? low : 0);
            window.addProperty("max", bits == 32 ? high : (1 << Math.min(16, bits)) - 1);
            if (colours == 3) window.addProperty("max", 255);
            final JsonObject channel = new JsonObject();
            channel.addProperty("active", true);
            channel.addProperty("color", colour(result, c));
            channel.addProperty("label", "channel " + (c + 1));
            channel.add("window", window);
            channels.add(channel);
        }
        final JsonObject omero = new JsonObject();
        omero.add("channels", channels);
        return omero;
    }

    private String colour(ImagePlus result, int channel) {
        if (colours == 3) return List.of("FF0000", "00FF00", "0000FF").get(channel % 3);
        final int last =
                (result instanceof CompositeImage composite
                                ? composite.getChannelLut(channel + 1)
                                : result.getProcessor().getLut())
                        .getRGB(255);
        return String.format(Locale.ROOT, "%06X", last & 0xffffff);
    }

    @Override
    public void close() {
        try {
            remove(incomplete);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void remove(Path folder) throws IOException {
        if (!Files.exists(folder)) return;
        try (Stream<Path> files = Files.walk(folder)) {
            for (final Path file :
                    (Iterable<Path>) files.sorted(Comparator.reverseOrder())::iterator)
                Files.delete(file);
        }
    }

    private ImageProcessor plane(int index) {
        try {
            final float[][] samples = new float[colours][];
            for (int colour = 0; colour < colours; colour++)
                samples[colour] =
                        image.array(0)
                                .read(
                                        new Region(
                                                place(index, colour),
                                                new int[] {
                                                    1, 1, 1, kind.getHeight(), kind.getWidth()
                                                }));
            return processor(samples);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ImageProcessor processor(float[]... samples) {
        final int width = kind.getWidth();
        final int height = kind.getHeight();
        if (kind instanceof FloatProcessor) return new FloatProcessor(width, height, samples[0]);
        final ImageProcessor plane =
                colours == 3
                        ? new ColorProcessor(width, height)
                        : kind instanceof ShortProcessor
                                ? new ShortProcessor(width, height)
                                : new ByteProcessor(width, height);
        for (int i = 0; i < samples[0].length; i++) {
            int value = 0;
            for (final float[] colour : samples) value = value << 8 | (int) colour[i];
            plane.set(i, colours == 3 ? 0xff000000 | value : (int) samples[0][i]);
        }
        return plane;
    }
}
