/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.optics;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.deqir.image.Pixels;

/**
 * A point-spread function in three dimensions: odd numbers of slices, rows and columns, values ≥ 0,
 * sum 1.
 */
public final class PsfStack {

    /**
     * Share of the light that may be background before it is removed. The in-focus corners of a
     * computed widefield PSF of 33 × 33 pixels, which are light, make 2 %.
     */
    private static final double TOLERATED = 0.05;

    private static final int NEIGHBOURS = 27;

    private final float[] values;
    private final int width;
    private final int height;
    private final int slices;

    private PsfStack(float[] values, int width, int height, int slices) {
        this.values = values;
        this.width = width;
        this.height = height;
        this.slices = slices;
    }

    /**
     * {@return a PSF with given values, which are only normalised}
     *
     * @param weights slice by slice, row by row, ≥ 0, not all 0; the centre is the middle voxel
     * @param width odd
     * @param height odd
     * @param slices odd
     * @throws IllegalArgumentException if a value or the size is not as described
     */
    public static PsfStack of(float[] weights, int width, int height, int slices) {
        if (width % 2 == 0
                || height % 2 == 0
                || slices % 2 == 0
                || width < 1
                || height < 1
                || slices < 1)
            throw new IllegalArgumentException(
                    "The PSF has %s × %s × %s voxels; all three must be odd."
                            .formatted(width, height, slices));
        if (weights.length != width * height * slices)
            throw new IllegalArgumentException(
                    "The PSF of %s × %s × %s voxels has %s values."
                            .formatted(width, height, slices, weights.length));
        double sum = 0;
        for (int i = 0; i < weights.length; i++) {
            if (!(weights[i] >= 0) || weights[i] == Float.POSITIVE_INFINITY)
                throw new IllegalArgumentException(
                        "Voxel " + i + " of the PSF is " + weights[i] + "; it must be 0 or more.");
            sum += weights[i];
        }
        if (sum == 0)
            throw new IllegalArgumentException("The PSF is 0 everywhere; it holds no light.");
        final float[] normalised = new float[weights.length];
        for (int i = 0; i < weights.length; i++) normalised[i] = (float) (weights[i] / sum);
        return new PsfStack(normalised, width, height, slices);
    }

    /** {@return pixels in a row, odd} */
    public int width() {
        return width;
    }

    /** {@return rows, odd} */
    public int height() {
        return height;
    }

    /** {@return slices, odd} */
    public int slices() {
        return slices;
    }

    /** {@return a copy of all values, slice by slice, row by row} */
    public float[] values() {
        return values.clone();
    }

    /** {@return a copy of the values of slice {@code z}, from 0, row by row} */
    public float[] slice(int z) {
        return Arrays.copyOfRange(values, z * width * height, (z + 1) * width * height);
    }

    /**
     * {@return the value at so many columns to the right, rows down and slices up of the centre; 0
     * outside}
     */
    public float at(int dx, int dy, int dz) {
        final int x = dx + width / 2;
        final int y = dy + height / 2;
        final int z = dz + slices / 2;
        return x < 0 || x >= width || y < 0 || y >= height || z < 0 || z >= slices
                ? 0
                : values[(z * height + y) * width + x];
    }

    /**
     * A PSF from a stack of images of a bead, or from a computed one, in the image's own grey
     * levels.
     *
     * <p>The background, the median of the four corners of the slice where it is lowest, is
     * subtracted where it makes up more than 5 % of the light (out of focus, the corners of a
     * widefield PSF hold much of it); what is then negative becomes 0. The brightest spot, the
     * voxel that is brightest together with the mean of its neighbours, becomes the middle voxel,
     * by whole voxels. Empty voxels are added so that all sizes become odd and nothing is lost.
     *
     * @param image slice by slice, row by row
     * @return the PSF, whose sum is 1
     * @throws IllegalArgumentException if a voxel is not finite, nothing is brighter than the
     *     corners, or the spot lies at the border
     */
    public static PsfStack ofMeasured(float[] image, int width, int height, int slices) {
        Pixels.requireFinite(image);
        final float[] cleaned = withoutBackground(image, width, height, slices);
        final int spot = brightest(cleaned, width, height, slices);
        final int x = spot % width;
        final int y = spot / width % height;
        final int z = spot / width / height;
        if (atBorder(x, width) || atBorder(y, height) || atBorder(z, slices))
            throw new IllegalArgumentException(
                    String.format(
                            "The PSF is brightest at its border, at (%s, %s) of slice %s; the spot"
                                    + " must lie inside the stack.",
                            x, y, z + 1));
        final int reachX = Math.max(x, width - 1 - x);
        final int reachY = Math.max(y, height - 1 - y);
        final int reachZ = Math.max(z, slices - 1 - z);
        final int newWidth = 2 * reachX + 1;
        final int newHeight = 2 * reachY + 1;
        final float[] centred = new float[newWidth * newHeight * (2 * reachZ + 1)];
        for (int w = 0; w < slices; w++)
            for (int v = 0; v < height; v++)
                System.arraycopy(
                        cleaned,
                        (w * height + v) * width,
                        centred,
                        ((w - z + reachZ) * newHeight + v - y + reachY) * newWidth + reachX - x,
                        width);
        return of(centred, newWidth, newHeight, 2 * reachZ + 1);
    }

    private static boolean atBorder(int position, int size) {
        return size > 2 && (position == 0 || position == size - 1);
    }

    private static float[] withoutBackground(float[] image, int width, int height, int slices) {
        double least = Double.POSITIVE_INFINITY;
        for (int z = 0; z < slices; z++) {
            final int from = z * width * height;
            least =
                    Math.min(
                            least,
                            Pixels.median(
                                    IntStream.range(0, width * height)
                                            .filter(i -> isCorner(i % width, width))
                                            .filter(i -> isCorner(i / width, height))
                                            .mapToDouble(i -> image[from + i])
                                            .toArray()));
        }
        final double level = least;
        double light = 0;
        for (final float value : image) light += Math.max(0, value - level);
        if (light == 0)
            throw new IllegalArgumentException(
                    "The PSF is nowhere brighter than its corners; it holds no spot.");
        final double background = Math.abs(level) * image.length > TOLERATED * light ? level : 0;
        final float[] cleaned = new float[image.length];
        for (int i = 0; i < cleaned.length; i++)
            cleaned[i] = (float) Math.max(0, image[i] - background);
        return cleaned;
    }

    private static boolean isCorner(int position, int size) {
        return Math.min(position, size - 1 - position) < Math.max(1, size / 8);
    }

    private static int brightest(float[] image, int width, int height, int slices) {
        int best = 0;
        double most = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < image.length; i++) {
            final int x = i % width;
            final int y = i / width % height;
            final int z = i / width / height;
            double sum = NEIGHBOURS * image[i];
            for (int w = Math.max(0, z - 1); w <= Math.min(slices - 1, z + 1); w++)
                for (int v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++)
                    for (int u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++)
                        sum += image[(w * height + v) * width + u];
            if (sum <= most) continue;
            most = sum;
            best = i;
        }
        return best;
    }

    /**
     * {@return this PSF on another grid with the same centre, by linear interpolation}
     *
     * @param across width of the new voxels in those of this PSF, above 0
     * @param down their height
     * @param axial distance of the new slices in those of this PSF
     */
    public PsfStack resampled(double across, double down, double axial) {
        final int reachX = (int) Math.floor(width / 2 / across);
        final int reachY = (int) Math.floor(height / 2 / down);
        final int reachZ = (int) Math.floor(slices / 2 / axial);
        final float[] fine = new float[(2 * reachX + 1) * (2 * reachY + 1) * (2 * reachZ + 1)];
        int i = 0;
        for (int z = -reachZ; z <= reachZ; z++)
            for (int y = -reachY; y <= reachY; y++)
                for (int x = -reachX; x <= reachX; x++)
                    fine[i++] = (float) between(x * across, y * down, z * axial);
        return of(fine, 2 * reachX + 1, 2 * reachY + 1, 2 * reachZ + 1);
    }

    private double between(double x, double y, double z) {
        final int left = (int) Math.floor(x);
        final int top = (int) Math.floor(y);
        final int front = (int) Math.floor(z);
        double sum = 0;
        for (int w = 0; w < 2; w++)
            for (int v = 0; v < 2; v++)
                for (int u = 0; u < 2; u++)
                    sum +=
                            Math.abs(1 - u - (x - left))
                                    * Math.abs(1 - v - (y - top))
                                    * Math.abs(1 - w - (z - front))
                                    * at(left + u, top + v, front + w);
        return sum;
    }

    /** {@return the middle of this PSF, at most this large, normalised again} */
    public PsfStack cropped(int mostWidth, int mostHeight, int mostSlices) {
        final int reachX = Math.min(width, mostWidth - 1 + mostWidth % 2) / 2;
        final int reachY = Math.min(height, mostHeight - 1 + mostHeight % 2) / 2;
        final int reachZ = Math.min(slices, mostSlices - 1 + mostSlices % 2) / 2;
        final float[] kept = new float[(2 * reachX + 1) * (2 * reachY + 1) * (2 * reachZ + 1)];
        int i = 0;
        for (int z = -reachZ; z <= reachZ; z++)
            for (int y = -reachY; y <= reachY; y++)
                for (int x = -reachX; x <= reachX; x++) kept[i++] = at(x, y, z);
        return of(kept, 2 * reachX + 1, 2 * reachY + 1, 2 * reachZ + 1);
    }

    /** {@return share of the light in the middle of this size, 0 to 1} */
    public double shareWithin(int innerWidth, int innerHeight, int innerSlices) {
        double sum = 0;
        for (int z = -(innerSlices / 2); z <= innerSlices / 2; z++)
            for (int y = -(innerHeight / 2); y <= innerHeight / 2; y++)
                for (int x = -(innerWidth / 2); x <= innerWidth / 2; x++) sum += at(x, y, z);
        return sum;
    }
}
