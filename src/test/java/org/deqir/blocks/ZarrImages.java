/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.deqir.blocks.zarr.OmeImage;
import org.deqir.blocks.zarr.Region;
import org.deqir.blocks.zarr.SampleType;
import org.deqir.blocks.zarr.ZarrArray;
import org.deqir.image.Plane;
import org.deqir.physics.noise.NoiseModel;

/** Small OME-Zarr images for tests. */
public final class ZarrImages {

    private ZarrImages() {}

    /** Round objects of several sizes on a background, 0 to about 200. */
    public static Plane cells(int width, int height, long seed) {
        final java.util.Random random = new java.util.Random(seed);
        final float[] levels = new float[width * height];
        Arrays.fill(levels, 20);
        for (int n = 0; n < Math.max(3, width * height / 900); n++) {
            final double x = random.nextDouble() * width;
            final double y = random.nextDouble() * height;
            final double radius = 2 + 8 * random.nextDouble();
            final double level = 40 + 120 * random.nextDouble();
            for (int v = (int) Math.max(0, y - 20); v < Math.min(height, y + 20); v++)
                for (int u = (int) Math.max(0, x - 20); u < Math.min(width, x + 20); u++) {
                    final double d = Math.hypot(u - x, v - y);
                    levels[v * width + u] += (float) (level / (1 + Math.exp(2 * (d - radius))));
                }
        }
        for (int i = 0; i < levels.length; i++) levels[i] = Math.min(levels[i], 220);
        return Plane.of(levels, width, height);
    }

    /** With Gaussian noise. */
    public static Plane noisy(Plane plane, double sigma, long seed) {
        return Plane.of(
                new NoiseModel.Gaussian(sigma).simulate(plane.channels()[0], seed),
                plane.width(),
                plane.height());
    }

    /** Writes planes as an image of axes c, y and x, in files of 64 pixels edge. */
    public static Path write(Path folder, SampleType type, Plane... planes) throws IOException {
        final long[] shape = {planes.length, planes[0].height(), planes[0].width()};
        final OmeImage image =
                OmeImage.create(
                        folder,
                        2,
                        OmeImage.described(
                                "cells",
                                List.of(
                                        new OmeImage.Axis("c", null),
                                        new OmeImage.Axis("y", "micrometer"),
                                        new OmeImage.Axis("x", "micrometer")),
                                new double[] {1, 0.1, 0.1},
                                null),
                        new long[3],
                        shape,
                        new int[] {1, 1, 1},
                        new int[] {1, 64, 64},
                        new int[] {1, 64, 64},
                        type);
        final ZarrArray array = image.array(0);
        for (int c = 0; c < planes.length; c++)
            for (long y = 0; y < array.files(1); y++)
                for (long x = 0; x < array.files(2); x++) {
                    final long[] place = {c, y, x};
                    array.write(place, part(planes[c], array.region(place)));
                }
        return folder;
    }

    private static float[] part(Plane plane, Region region) {
        final float[] part = new float[region.samples()];
        final int width = region.size()[2];
        for (int i = 0; i < part.length; i++)
            part[i] =
                    plane.channels()[0][
                            (int) (region.offset()[1] + i / width) * plane.width()
                                    + (int) (region.offset()[2] + i % width)];
        return part;
    }

    /** A channel of an image of axes c, y and x. */
    public static Plane read(Path folder, int channel) throws IOException {
        final ZarrArray array = OmeImage.open(folder).array(0);
        final int height = (int) array.shape()[1];
        final int width = (int) array.shape()[2];
        return Plane.of(
                array.read(new Region(new long[] {channel, 0, 0}, new int[] {1, height, width})),
                width,
                height);
    }

    /** All files of an output but plan, logs and model, with their bytes. */
    public static List<String> contents(Path folder) throws IOException {
        final List<String> contents = new ArrayList<>();
        try (var files = java.nio.file.Files.walk(folder)) {
            for (final Path file : (Iterable<Path>) files.sorted()::iterator) {
                final String name = folder.relativize(file).toString();
                if (!java.nio.file.Files.isRegularFile(file) || name.startsWith(".deqir")) continue;
                contents.add(name + " " + Arrays.hashCode(java.nio.file.Files.readAllBytes(file)));
            }
        }
        return contents;
    }
}
