/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.operator.sensing;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.deqir.physics.Tensors;
import org.deqir.physics.operator.AbstractSpectralOperator;

/**
 * Block-based compressed sensing (Gan 2007): every block of b × b pixels is measured by the same
 * orthonormalised Gaussian patterns.
 *
 * <p>Where the image's sides are no multiples of b, the last blocks of a row or column are smaller
 * and have patterns of their own. Measurements have the shape (C, M), region by region (full
 * blocks, right edge, lower edge, corner), in each one block after the other; A⁺ = Aᵀ. The spectrum
 * is (C, H·W) in the same order, in each block the measured directions first.
 */
public final class BlockSensingOperator extends AbstractSpectralOperator {

    /** Largest block edge: the patterns of a block of 32 × 32 pixels fill a matrix of 4 MB. */
    public static final int LARGEST_BLOCK = 32;

    private final List<Region> regions;
    private final int blockSize;
    private final double ratio;

    /**
     * Block sensing of images of one size.
     *
     * @param ratio measurements per pixel, above 0 and up to 1; each block has at least one
     * @param seed seed of the patterns
     * @param blockSize b, 1 … {@value #LARGEST_BLOCK}
     */
    public BlockSensingOperator(
            NDManager manager,
            int channels,
            int height,
            int width,
            double ratio,
            long seed,
            int blockSize) {
        this(
                manager,
                Tensors.imageShape(channels, height, width),
                layout(height, width, ratio, blockSize),
                ratio,
                seed,
                blockSize);
    }

    private BlockSensingOperator(
            NDManager manager,
            Shape image,
            List<Layout> layouts,
            double ratio,
            long seed,
            int blockSize) {
        super(
                manager,
                image,
                new Shape(image.get(0), layouts.stream().mapToLong(Layout::measured).sum()),
                singularValues(Math.toIntExact(image.get(0)), layouts),
                new Shape(image.get(0), image.get(1) * image.get(2)));
        this.ratio = ratio;
        this.blockSize = blockSize;
        regions = new ArrayList<>();
        for (final Layout layout : layouts) regions.add(new Region(layout, constants, seed));
    }

    @Override
    protected NDArray forward(NDArray x) {
        return NDArrays.concat(perRegion(region -> region.measure(region.cut(x))), 2);
    }

    @Override
    protected NDArray transposed(NDArray y) {
        return assemble(perRegion(y, Layout::measured, Region::spread));
    }

    @Override
    protected NDArray inverted(NDArray y) {
        return transposed(y);
    }

    @Override
    protected NDArray analysed(NDArray x) {
        return NDArrays.concat(perRegion(region -> region.analyse(region.cut(x))), 2);
    }

    @Override
    protected NDArray synthesised(NDArray v) {
        return assemble(perRegion(v, Layout::pixels, Region::synthesise));
    }

    @Override
    protected NDArray measurementAnalysed(NDArray y) {
        return NDArrays.concat(perRegion(y, Layout::measured, Region::pad), 2);
    }

    @Override
    public String describe() {
        return String.format(
                Locale.ROOT, "block sensing of %.4g %% in blocks of %d px", 100 * ratio, blockSize);
    }

    private NDList perRegion(Function<Region, NDArray> computation) {
        final NDList parts = new NDList();
        for (final Region region : regions) parts.add(computation.apply(region));
        return parts;
    }

    /** The same for a tensor (N, C, …) whose last axis holds one region after the other. */
    private NDList perRegion(
            NDArray flat,
            ToIntFunction<Layout> length,
            BiFunction<Region, NDArray, NDArray> computation) {
        final NDList parts = new NDList();
        int from = 0;
        for (final Region region : regions) {
            final int entries = length.applyAsInt(region.layout);
            parts.add(computation.apply(region, Tensors.slice(flat, 2, from, entries)));
            from += entries;
        }
        return parts;
    }

    /** The regions, (N, C, h, w) each and row by row, side by side as one image. */
    private NDArray assemble(NDList parts) {
        final NDList bands = new NDList();
        for (int i = 0; i < parts.size(); ) {
            final NDList band = new NDList();
            final int top = regions.get(i).layout.top;
            while (i < parts.size() && regions.get(i).layout.top == top) band.add(parts.get(i++));
            bands.add(band.size() == 1 ? band.get(0) : NDArrays.concat(band, 3));
        }
        return bands.size() == 1 ? bands.get(0).duplicate() : NDArrays.concat(bands, 2);
    }

    private static List<Layout> layout(int height, int width, double ratio, int blockSize) {
        Tensors.requireRatio(ratio);
        Tensors.requireInRange("Block size", blockSize, 1, LARGEST_BLOCK);
        final List<Layout> layouts = new ArrayList<>();
        final int fullRows = height / blockSize;
        final int fullColumns = width / blockSize;
        final int restRows = height % blockSize;
        final int restColumns = width % blockSize;
        final int right = fullColumns * blockSize;
        final int lower = fullRows * blockSize;
        layouts.add(new Layout(0, 0, fullRows, fullColumns, blockSize, blockSize, ratio));
        layouts.add(new Layout(0, right, fullRows, 1, blockSize, restColumns, ratio));
        layouts.add(new Layout(lower, 0, 1, fullColumns, restRows, blockSize, ratio));
        layouts.add(new Layout(lower, right, 1, 1, restRows, restColumns, ratio));
        layouts.removeIf(layout -> layout.pixels() == 0);
        return layouts;
    }

    private static float[] singularValues(int channels, List<Layout> layouts) {
        final int pixels = layouts.stream().mapToInt(Layout::pixels).sum();
        final float[] values = new float[channels * pixels];
        int from = 0;
        for (int c = 0; c < channels; c++)
            for (final Layout layout : layouts) {
                final int blocks = layout.rows * layout.columns;
                for (int block = 0; block < blocks; block++) {
                    Arrays.fill(values, from, from + layout.measuredPerBlock(), 1);
                    from += layout.blockPixels();
                }
            }
        return values;
    }

    /** A part of the image in which all blocks have the same size. */
    private record Layout(
            int top, int left, int rows, int columns, int height, int width, double ratio) {

        int blockPixels() {
            return height * width;
        }

        int measuredPerBlock() {
            return Math.max(1, (int) Math.round(ratio * blockPixels()));
        }

        int pixels() {
            return rows * columns * blockPixels();
        }

        int measured() {
            return rows * columns * measuredPerBlock();
        }
    }

    /** A layout with its patterns. */
    private static final class Region {

        private final Layout layout;

        /** All patterns, one per column; the first ones are measured. */
        private final NDArray basis;

        private final NDArray basisTransposed;
        private final NDArray measuring;
        private final NDArray measuringTransposed;

        Region(Layout layout, NDManager manager, long seed) {
            this.layout = layout;
            final int n = layout.blockPixels();
            // Patterns of blocks of different shape must not be cuts of each other.
            final double[][] rows =
                    RandomOrthogonal.rows(n, seed + 31L * layout.height + layout.width);
            final float[] flat = new float[n * n];
            for (int row = 0; row < n; row++)
                for (int k = 0; k < n; k++) flat[row * n + k] = (float) rows[row][k];
            basisTransposed = manager.create(flat, new Shape(n, n));
            basis = basisTransposed.transpose();
            measuringTransposed = Tensors.head(basisTransposed, 0, layout.measuredPerBlock());
            measuring = measuringTransposed.transpose();
        }

        /** The region's blocks, (N, C, blocks, pixels of a block). */
        NDArray cut(NDArray x) {
            final Shape s = x.getShape();
            final long high = (long) layout.rows * layout.height;
            final long wide = (long) layout.columns * layout.width;
            final NDArray band = Tensors.slice(x, 2, layout.top, high);
            return Tensors.slice(band, 3, layout.left, wide)
                    .reshape(
                            s.get(0),
                            s.get(1),
                            layout.rows,
                            layout.height,
                            layout.columns,
                            layout.width)
                    .transpose(0, 1, 2, 4, 3, 5)
                    .reshape(
                            s.get(0),
                            s.get(1),
                            (long) layout.rows * layout.columns,
                            layout.blockPixels());
        }

        NDArray measure(NDArray blocks) {
            return flat(blocks.matMul(measuring));
        }

        NDArray analyse(NDArray blocks) {
            return flat(blocks.matMul(basis));
        }

        NDArray spread(NDArray y) {
            return join(perBlock(y, layout.measuredPerBlock()).matMul(measuringTransposed));
        }

        NDArray synthesise(NDArray v) {
            return join(perBlock(v, layout.blockPixels()).matMul(basisTransposed));
        }

        /** Zeros for the directions that are not measured. */
        NDArray pad(NDArray y) {
            return flat(
                    Tensors.zeroPad(
                            perBlock(y, layout.measuredPerBlock()), 3, layout.blockPixels()));
        }

        private NDArray perBlock(NDArray flat, int entries) {
            final Shape s = flat.getShape();
            return flat.reshape(s.get(0), s.get(1), s.get(2) / entries, entries);
        }

        private static NDArray flat(NDArray perBlock) {
            final Shape s = perBlock.getShape();
            return perBlock.reshape(s.get(0), s.get(1), s.get(2) * s.get(3));
        }

        /** The inverse of {@link #cut}: the region as an image (N, C, height, width). */
        private NDArray join(NDArray blocks) {
            final Shape s = blocks.getShape();
            return blocks.reshape(
                            s.get(0),
                            s.get(1),
                            layout.rows,
                            layout.columns,
                            layout.height,
                            layout.width)
                    .transpose(0, 1, 2, 4, 3, 5)
                    .reshape(
                            s.get(0),
                            s.get(1),
                            (long) layout.rows * layout.height,
                            (long) layout.columns * layout.width);
        }
    }
}
