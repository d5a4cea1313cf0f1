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
 * The image of a point: how the light of one pixel spreads over its neighbours.
 *
 * <p>A point spread function (PSF) has odd width and height, its centre is the middle pixel, no
 * value is negative and the values sum to 1. Immutable.
 */
public final class PointSpreadFunction {

    /** Most pixels in a row or column; a larger image is not taken for a PSF. */
    public static final int LARGEST = 1023;

    /** If more than this share of the light is missing below the background, it is no PSF. */
    private static final double MOST_DARK = 0.5;

    /** Share of the light that may be background or clipped noise before it is removed. */
    private static final double TOLERATED = 0.02;

    private final float[] values;
    private final int width;
    private final int height;
    private final boolean moved;

    private PointSpreadFunction(double[] weights, int width, int height) {
        this(weights, width, height, false);
    }

    private PointSpreadFunction(double[] weights, int width, int height, boolean moved) {
        final double sum = Arrays.stream(weights).sum();
        values = new float[weights.length];
        for (int i = 0; i < values.length; i++) values[i] = (float) (weights[i] / sum);
        this.width = width;
        this.height = height;
        this.moved = moved;
    }

    /**
     * {@return a PSF with given values, which are only normalised}
     *
     * @param weights row by row, ≥ 0, not all 0; the centre is the middle pixel
     * @param width odd
     * @param height odd
     * @throws IllegalArgumentException if a value or the size is not as described
     */
    public static PointSpreadFunction of(float[] weights, int width, int height) {
        check(weights, width, height);
        if (width % 2 == 0 || height % 2 == 0)
            throw new IllegalArgumentException(
                    "The PSF has " + size(width, height) + "; both must be odd.");
        final double[] copy = new double[weights.length];
        boolean anyPositive = false;
        for (int i = 0; i < copy.length; i++) {
            if (weights[i] < 0)
                throw new IllegalArgumentException(
                        "Pixel " + i + " of the PSF is negative: " + weights[i] + ".");
            anyPositive |= weights[i] > 0;
            copy[i] = weights[i];
        }
        if (!anyPositive)
            throw new IllegalArgumentException("The PSF is 0 everywhere; it holds no light.");
        return new PointSpreadFunction(copy, width, height);
    }

    /**
     * {@return a PSF from the image of a bead, or from a computed one}
     *
     * <ol>
     *   <li>The background, the median of the four corners, is subtracted (corners, as the wings of
     *       a PSF are weakest there). If it makes up less than 2 % of the light it stays, as it
     *       cannot be told from wings.
     *   <li>What is then negative becomes 0. Where the positive half of the background's noise
     *       would make up more than 2 % of the light, pixels within 3 standard deviations of that
     *       noise become 0 as well.
     *   <li>The brightest spot, the maximum of 3 × 3 means, becomes the middle pixel, by whole
     *       pixels: an image whose brightest spot is in the middle already stays where it is,
     *       however uneven its wings are, while centring on the centroid would follow the wings
     *       (coma) and the background. Only a spot that is symmetric about a point between pixels,
     *       as in computed PSFs of even size, is moved by half a pixel ({@link #isMoved}): it would
     *       move the restored image by as much.
     *   <li>Empty rows and columns are added so that the size becomes odd and nothing is lost;
     *       those that all four sides have in common are removed. The sum becomes 1.
     * </ol>
     *
     * @param image grey levels, row by row, any offset and gain
     * @param width pixels in a row, at most {@value #LARGEST}
     * @param height rows, at most {@value #LARGEST}
     * @throws IllegalArgumentException if the image has a pixel that is not finite, is constant, is
     *     too large, is brightest at its border (the PSF is cut off), or is so negative after the
     *     background was subtracted that it cannot be a PSF
     */
    public static PointSpreadFunction ofMeasured(float[] image, int width, int height) {
        check(image, width, height);
        final double[] cleaned = withoutBackground(image, width, height);
        final int peak = brightestSpot(cleaned, width, height);
        final int x = peak % width;
        final int y = peak / width;
        if (width > 2 && (x == 0 || x == width - 1) || height > 2 && (y == 0 || y == height - 1))
            throw new IllegalArgumentException(
                    String.format(
                            "The PSF image is brightest at its border, at (%s, %s) of %s; the spot"
                                    + " must lie inside the image.",
                            x, y, size(width, height)));
        final HalfPixelShift shift = HalfPixelShift.of(cleaned, width, height, x, y);
        if (shift.isNone()) return centred(cleaned, width, height, x, y, false);
        return centred(
                shift.applied(cleaned, width, height),
                shift.width(width),
                shift.height(height),
                shift.x(x),
                shift.y(y),
                true);
    }

    private static PointSpreadFunction centred(
            double[] weights, int width, int height, int x, int y, boolean moved) {
        final int reachX = Math.max(x, width - 1 - x);
        final int reachY = Math.max(y, height - 1 - y);
        final int newWidth = 2 * reachX + 1;
        final double[] centred = new double[newWidth * (2 * reachY + 1)];
        for (int v = 0; v < height; v++)
            System.arraycopy(
                    weights, v * width, centred, (v - y + reachY) * newWidth + reachX - x, width);
        return new PointSpreadFunction(centred, newWidth, 2 * reachY + 1, moved).withinReach(1);
    }

    /** {@return pixels in a row, odd} */
    public int width() {
        return width;
    }

    /** {@return rows, odd} */
    public int height() {
        return height;
    }

    /** {@return a copy of the values, row by row} */
    public float[] values() {
        return values.clone();
    }

    /**
     * {@return the value at so many columns to the right and rows down of the centre; 0 outside}
     */
    public float at(int dx, int dy) {
        final int x = dx + width / 2;
        final int y = dy + height / 2;
        return x < 0 || x >= width || y < 0 || y >= height ? 0 : values[y * width + x];
    }

    /**
     * {@return this PSF without its outermost wings: the smallest central window, equally far in
     * all directions, that holds a share of the light, and that is then normalised again}
     *
     * @param share 0 &lt; share ≤ 1; 1 removes empty rows and columns only
     */
    public PointSpreadFunction trimmed(double share) {
        if (!(share > 0 && share <= 1))
            throw new IllegalArgumentException(
                    "The share of the PSF to keep is " + share + "; it must be in (0, 1].");
        return withinReach(share);
    }

    /**
     * {@return whether the spot was measured between pixels, and was moved to the middle of one}
     */
    public boolean isMoved() {
        return moved;
    }

    /**
     * {@return the middle of this PSF, as much of it as fits, normalised again}
     *
     * @param mostWidth columns to keep, at least 1; an even number keeps one column less
     * @param mostHeight rows to keep, likewise
     */
    public PointSpreadFunction cropped(int mostWidth, int mostHeight) {
        return cropped(
                Math.min(width, mostWidth - 1 + mostWidth % 2) / 2,
                Math.min(height, mostHeight - 1 + mostHeight % 2) / 2,
                moved);
    }

    /** {@return the share of the light inside the middle of this odd size, 0 to 1} */
    public double shareWithin(int innerWidth, int innerHeight) {
        double sum = 0;
        for (int y = -(innerHeight / 2); y <= innerHeight / 2; y++)
            for (int x = -(innerWidth / 2); x <= innerWidth / 2; x++) sum += at(x, y);
        return sum;
    }

    private PointSpreadFunction cropped(int reachX, int reachY, boolean itsMoved) {
        final int newWidth = 2 * reachX + 1;
        final double[] kept = new double[newWidth * (2 * reachY + 1)];
        for (int y = -reachY; y <= reachY; y++)
            for (int x = -reachX; x <= reachX; x++)
                kept[(y + reachY) * newWidth + x + reachX] = at(x, y);
        return new PointSpreadFunction(kept, newWidth, 2 * reachY + 1, itsMoved);
    }

    private PointSpreadFunction withinReach(double share) {
        final int most = Math.max(width, height) / 2;
        final double[] rings = new double[most + 1];
        double sum = 0;
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                final float value = values[y * width + x];
                rings[Math.max(Math.abs(x - width / 2), Math.abs(y - height / 2))] += value;
                sum += value;
            }
        int reach = most;
        double inside = sum - rings[reach];
        while (reach > 0 && (share < 1 ? inside >= share * sum : rings[reach] == 0)) {
            reach--;
            inside -= rings[reach];
        }
        return cropped(Math.min(reach, width / 2), Math.min(reach, height / 2), moved);
    }

    private static void check(float[] image, int width, int height) {
        if (width > LARGEST || height > LARGEST)
            throw new IllegalArgumentException(
                    "The PSF image has %s; at most %s are accepted."
                            .formatted(size(width, height), size(LARGEST, LARGEST)));
        Pixels.requireSize(image, width, height);
        Pixels.requireFinite(image);
    }

    private static String size(int width, int height) {
        return width + " × " + height + " pixels";
    }

    private static double[] withoutBackground(float[] image, int width, int height) {
        final double[] corners = corners(image, width, height);
        final double level = Pixels.median(corners);
        for (int i = 0; i < corners.length; i++) corners[i] = Math.abs(corners[i] - level);
        // 1.4826 times the median absolute deviation is σ of a normal distribution.
        final double noise = 1.4826 * Pixels.median(corners);

        double light = 0;
        double dark = 0;
        for (final float value : image) {
            light += Math.max(0, value - level - 3 * noise);
            dark += Math.max(0, level - 3 * noise - value);
        }
        if (light == 0)
            throw new IllegalArgumentException(
                    "The PSF image is nowhere brighter than its corners; it holds no spot.");
        if (dark > MOST_DARK * light)
            throw new IllegalArgumentException(
                    "The PSF image is darker than its corners in too many places to be the image"
                            + " of a point.");
        final double tolerated = TOLERATED * light / image.length;
        final double background = Math.abs(level) > tolerated ? level : 0;
        // The mean of the positive half of normal noise is σ / √(2π).
        final double floor = noise / Math.sqrt(2 * Math.PI) > tolerated ? 3 * noise : 0;
        final double[] cleaned = new double[image.length];
        for (int i = 0; i < cleaned.length; i++) {
            final double value = image[i] - background;
            cleaned[i] = value > floor ? value : 0;
        }
        return cleaned;
    }

    /** The pixels of the four corners, an eighth of the width and height each. */
    private static double[] corners(float[] image, int width, int height) {
        final int cornerWidth = Math.max(1, width / 8);
        final int cornerHeight = Math.max(1, height / 8);
        return IntStream.range(0, image.length)
                .filter(i -> Math.min(i % width, width - 1 - i % width) < cornerWidth)
                .filter(i -> Math.min(i / width, height - 1 - i / width) < cornerHeight)
                .mapToDouble(i -> image[i])
                .toArray();
    }

    private static int brightestSpot(double[] image, int width, int height) {
        int best = 0;
        double bestMean = Double.NEGATIVE_INFINITY;
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                double sum = 0;
                int count = 0;
                for (int v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++)
                    for (int u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
                        sum += image[v * width + u];
                        count++;
                    }
                if (sum / count > bestMean) {
                    bestMean = sum / count;
                    best = y * width + x;
                }
            }
        return best;
    }
}
