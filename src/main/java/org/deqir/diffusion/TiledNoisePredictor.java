/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import org.deqir.progress.Progress;

/**
 * Predicts the noise of images of any size in bounded memory: the network sees overlapping tiles,
 * and where tiles overlap their predictions are blended with weights that rise smoothly from the
 * tiles' borders.
 *
 * <p>The blend is made at every call, that is at every noise level, so that what the data step and
 * the next level see has no seams. Images that fit into one tile are passed on as they are.
 */
public final class TiledNoisePredictor implements DifferentiableNoisePredictor {

    private final NoisePredictor network;
    private final int tile;
    private final int overlap;
    private final Progress progress;

    /**
     * @param network predicts the noise of a tile; stays the caller's
     * @param tile edge of the largest tile in pixels
     * @param overlap pixels that neighbouring tiles share at least, below half of {@code tile}
     * @param progress asked before every tile whether to go on
     */
    public TiledNoisePredictor(NoisePredictor network, int tile, int overlap, Progress progress) {
        if (overlap < 1 || tile <= 2 * overlap)
            throw new IllegalArgumentException(
                    "Tiles of "
                            + tile
                            + " pixels cannot overlap by "
                            + overlap
                            + "; at least 1 and less than half is needed.");
        this.network = network;
        this.tile = tile;
        this.overlap = overlap;
        this.progress = progress;
    }

    @Override
    public int channels() {
        return network.channels();
    }

    @Override
    public NDArray predict(NDArray x, double[] timesteps) {
        final Shape shape = x.getShape();
        final int height = Math.toIntExact(shape.get(2));
        final int width = Math.toIntExact(shape.get(3));
        if (height <= tile && width <= tile) return network.predict(x, timesteps);
        final int planes = Math.toIntExact(shape.get(0) * shape.get(1));
        final Sums sums = new Sums(planes, height, width);
        final int[] tops = starts(height);
        final int[] lefts = starts(width);
        final int tileHeight = Math.min(tile, height);
        final int tileWidth = Math.min(tile, width);
        for (final int top : tops)
            for (final int left : lefts) {
                progress.checkCanceled();
                final NDIndex window =
                        new NDIndex(
                                ":, :, {}:{}, {}:{}",
                                top,
                                top + tileHeight,
                                left,
                                left + tileWidth);
                try (NDArray view = x.get(window);
                        NDArray part = view.duplicate();
                        NDArray noise = network.predict(part, timesteps)) {
                    sums.add(noise.toFloatArray(), top, left, tileHeight, tileWidth);
                }
            }
        return x.getManager().create(sums.means(), shape);
    }

    /**
     * The blend is linear in the tiles' predictions: each tile is given its weighted share of the
     * gradient, and the products add up where tiles overlap.
     */
    @Override
    public Pullback pullback(NDArray x, double[] timesteps, NDArray v) {
        final DifferentiableNoisePredictor differentiable =
                DifferentiableNoisePredictor.of(network);
        final Shape shape = x.getShape();
        final int height = Math.toIntExact(shape.get(2));
        final int width = Math.toIntExact(shape.get(3));
        if (height <= tile && width <= tile) return differentiable.pullback(x, timesteps, v);
        final int planes = Math.toIntExact(shape.get(0) * shape.get(1));
        final int tileHeight = Math.min(tile, height);
        final int tileWidth = Math.min(tile, width);
        final Shape part = new Shape(shape.get(0), shape.get(1), tileHeight, tileWidth);
        final Sums noise = new Sums(planes, height, width);
        final Sums product = new Sums(planes, height, width);
        for (final int top : starts(height))
            for (final int left : starts(width)) noise.addWeights(top, left, tileHeight, tileWidth);
        final float[] gradient = v.toFloatArray();
        for (final int top : starts(height))
            for (final int left : starts(width)) {
                progress.checkCanceled();
                final NDIndex window =
                        new NDIndex(
                                ":, :, {}:{}, {}:{}",
                                top,
                                top + tileHeight,
                                left,
                                left + tileWidth);
                try (NDArray view = x.get(window);
                        NDArray image = view.duplicate();
                        NDArray share =
                                x.getManager()
                                        .create(
                                                noise.share(
                                                        gradient, top, left, tileHeight, tileWidth),
                                                part);
                        Pullback pullback = differentiable.pullback(image, timesteps, share)) {
                    noise.addValues(
                            pullback.noise().toFloatArray(), top, left, tileHeight, tileWidth);
                    product.addPlain(
                            pullback.product().toFloatArray(), top, left, tileHeight, tileWidth);
                }
            }
        return new Pullback(
                x.getManager().create(noise.means(), shape),
                x.getManager().create(product.values, shape));
    }

    /** First pixels of tiles that cover a side evenly and overlap at least as asked. */
    private int[] starts(int size) {
        if (size <= tile) return new int[] {0};
        final int count = (size - overlap + tile - overlap - 1) / (tile - overlap);
        final int[] starts = new int[count];
        for (int i = 0; i < count; i++)
            starts[i] = (int) Math.round((double) i * (size - tile) / (count - 1));
        return starts;
    }

    /** Does not close the network. */
    @Override
    public void close() {}

    /** Weighted sums of the tiles and sums of their weights. */
    private final class Sums {

        private final float[] values;
        private final float[] weights;
        private final int planes;
        private final int height;
        private final int width;

        Sums(int planes, int height, int width) {
            values = new float[Math.multiplyExact(planes, Math.multiplyExact(height, width))];
            weights = new float[height * width];
            this.planes = planes;
            this.height = height;
            this.width = width;
        }

        void add(float[] noise, int top, int left, int tileHeight, int tileWidth) {
            addWeights(top, left, tileHeight, tileWidth);
            addValues(noise, top, left, tileHeight, tileWidth);
        }

        void addWeights(int top, int left, int tileHeight, int tileWidth) {
            for (int y = 0; y < tileHeight; y++)
                for (int x = 0; x < tileWidth; x++)
                    weights[(top + y) * width + left + x] +=
                            weight(y, x, top, left, tileHeight, tileWidth);
        }

        void addValues(float[] noise, int top, int left, int tileHeight, int tileWidth) {
            for (int y = 0; y < tileHeight; y++)
                for (int x = 0; x < tileWidth; x++) {
                    final float weight = weight(y, x, top, left, tileHeight, tileWidth);
                    final int pixel = (top + y) * width + left + x;
                    for (int p = 0; p < planes; p++)
                        values[p * height * width + pixel] +=
                                weight * noise[(p * tileHeight + y) * tileWidth + x];
                }
        }

        void addPlain(float[] part, int top, int left, int tileHeight, int tileWidth) {
            for (int p = 0; p < planes; p++)
                for (int y = 0; y < tileHeight; y++)
                    for (int x = 0; x < tileWidth; x++)
                        values[(p * height + top + y) * width + left + x] +=
                                part[(p * tileHeight + y) * tileWidth + x];
        }

        /** What a tile has to do with the blend: its window of {@code whole}, weighted. */
        float[] share(float[] whole, int top, int left, int tileHeight, int tileWidth) {
            final float[] share = new float[planes * tileHeight * tileWidth];
            for (int y = 0; y < tileHeight; y++)
                for (int x = 0; x < tileWidth; x++) {
                    final int pixel = (top + y) * width + left + x;
                    final float part =
                            weight(y, x, top, left, tileHeight, tileWidth) / weights[pixel];
                    for (int p = 0; p < planes; p++)
                        share[(p * tileHeight + y) * tileWidth + x] =
                                part * whole[p * height * width + pixel];
                }
            return share;
        }

        private float weight(int y, int x, int top, int left, int tileHeight, int tileWidth) {
            return weight(y, tileHeight, top, height) * weight(x, tileWidth, left, width);
        }

        /** Rises over the overlap from a tile's border that lies inside the image. */
        private float weight(int i, int length, int start, int size) {
            double weight = 1;
            if (start > 0) weight = rise(i + 0.5);
            if (start + length < size) weight = Math.min(weight, rise(length - i - 0.5));
            return (float) weight;
        }

        /** Half a period of a cosine; a little above 0 so that no weight vanishes. */
        private double rise(double distance) {
            if (distance >= overlap) return 1;
            return 1e-3 + (1 - 1e-3) * 0.5 * (1 - Math.cos(Math.PI * distance / overlap));
        }

        float[] means() {
            for (int p = 0; p < planes; p++)
                for (int i = 0; i < weights.length; i++)
                    values[p * weights.length + i] /= weights[i];
            return values;
        }
    }
}
