/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.deqir.blocks.zarr.Region;
import org.deqir.blocks.zarr.ZarrArray;
import org.deqir.image.Plane;
import org.deqir.image.Volume;

/**
 * A sample of a channel of an image as one plane: the plane itself where that is small, else
 * patches from all over the image side by side.
 */
final class Overview {

    /** Edge of the largest plane that is taken as a whole. */
    private static final int WHOLE = 1024;

    private static final int PATCH = 256;
    private static final int PATCHES = 25;

    /** Voxels of the largest volume that is taken as a whole. */
    private static final long WHOLE_VOLUME = 1L << 21;

    private static final int VOLUME_PART = 96;
    private static final int VOLUMES = 6;

    /** Candidates for each patch: empty ones are passed over. */
    private static final int TRIES = 8;

    /** Additive recurrence of the plastic constant's kind: covers a box evenly in any order. */
    private static final double[] STEPS = {0.8567, 0.7338, 0.6287, 0.5386, 0.4614};

    private Overview() {}

    /** {@return the sample of a box, y and x last; null if nothing in it differs} */
    static Plane of(ZarrArray array, long[] from, long[] size) throws IOException {
        final int axes = size.length;
        long planes = 1;
        for (int i = 0; i < axes - 2; i++) planes *= size[i];
        if (planes == 1 && size[axes - 2] * size[axes - 1] <= (long) WHOLE * WHOLE) {
            final int[] whole = new int[axes];
            for (int i = 0; i < axes; i++) whole[i] = (int) size[i];
            final Plane plane = plane(array, new Region(from, whole));
            return isConstant(plane) ? null : plane;
        }
        final int[] patch = new int[axes];
        java.util.Arrays.fill(patch, 1);
        for (int i = axes - 2; i < axes; i++) patch[i] = (int) Math.min(PATCH, size[i]);
        final long room =
                planes * (size[axes - 2] / patch[axes - 2]) * (size[axes - 1] / patch[axes - 1]);
        final int wanted = (int) Math.min(PATCHES, room);
        final List<Plane> patches = new ArrayList<>();
        for (int n = 1; n <= TRIES * wanted && patches.size() < wanted; n++) {
            final Plane plane = plane(array, new Region(place(n, from, size, patch), patch));
            if (!isConstant(plane)) patches.add(plane);
        }
        return patches.isEmpty() ? null : mosaic(patches);
    }

    /**
     * Volumes that stand for a box, z, y and x last: the volume itself where that is small, else
     * parts from all over the box in which something differs.
     */
    static List<Volume> volumes(ZarrArray array, long[] from, long[] size) throws IOException {
        final int axes = size.length;
        final int[] part = new int[axes];
        java.util.Arrays.fill(part, 1);
        boolean whole = true;
        long voxels = 1;
        for (int i = 0; i < axes; i++) {
            if (i < axes - 3) whole &= size[i] == 1;
            else voxels *= size[i];
        }
        whole &= voxels <= WHOLE_VOLUME;
        for (int i = axes - 3; i < axes; i++)
            part[i] = (int) (whole ? size[i] : Math.min(VOLUME_PART, size[i]));
        final List<Volume> volumes = new ArrayList<>();
        final int wanted = whole ? 1 : VOLUMES;
        for (int n = 1; n <= (whole ? 1 : TRIES * wanted) && volumes.size() < wanted; n++) {
            final float[] samples = array.read(new Region(place(n, from, size, part), part));
            final Volume volume =
                    new Volume(samples, part[axes - 1], part[axes - 2], part[axes - 3]);
            if (!volume.isConstant()) volumes.add(volume);
        }
        return volumes;
    }

    /** The n-th of places that cover a box evenly. */
    private static long[] place(int n, long[] from, long[] size, int[] part) {
        final long[] place = from.clone();
        for (int i = 0; i < place.length; i++)
            place[i] += (long) (n * STEPS[i] % 1 * (size[i] - part[i] + 1));
        return place;
    }

    private static Plane plane(ZarrArray array, Region region) throws IOException {
        final int axes = region.size().length;
        return Plane.of(array.read(region), region.size()[axes - 1], region.size()[axes - 2]);
    }

    private static boolean isConstant(Plane plane) {
        final float[] levels = plane.channels()[0];
        for (final float level : levels) if (Float.compare(level, levels[0]) != 0) return false;
        return true;
    }

    private static Plane mosaic(List<Plane> patches) {
        final int across = (int) Math.sqrt(patches.size());
        final int down = patches.size() / across;
        final int width = patches.get(0).width();
        final int height = patches.get(0).height();
        final float[] all = new float[across * width * down * height];
        for (int n = 0; n < across * down; n++)
            for (int y = 0; y < height; y++)
                System.arraycopy(
                        patches.get(n).channels()[0],
                        y * width,
                        all,
                        (n / across * height + y) * across * width + n % across * width,
                        width);
        return Plane.of(all, across * width, down * height);
    }
}
