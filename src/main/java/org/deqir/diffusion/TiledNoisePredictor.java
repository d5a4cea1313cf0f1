/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.diffusion;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.Locale;
import org.deqir.progress.Progress;

/**
 * Predicts the noise of images of any size in bounded memory: the network sees overlapping tiles,
 * and where tiles overlap their predictions are blended with weights that rise smoothly from the
 * tiles' borders.
 *
 * <p>The blend is made at every call, that is at every noise level, so that what the data step and
 * the next level see has no seams. Where memory does not suffice for a call, it is made again with
 * fewer images in a batch, then with smaller tiles.
 */
public final class TiledNoisePredictor extends ForwardingNoisePredictor
        implements DifferentiableNoisePredictor {

    private final CallLimits limits;
    private final Progress progress;

    /**
     * @param network predicts the noise of a tile; stays the caller's
     * @param limits how much the network is given in one call; lowered where that is too much
     * @param progress asked before every call whether to go on
     */
    public TiledNoisePredictor(NoisePredictor network, CallLimits limits, Progress progress) {
        super(network);
        this.limits = limits;
        this.progress = progress;
    }

    /**
     * {@inheritDoc}
     *
     * @throws OutOfMemory if memory does not suffice for the smallest tile
     */
    @Override
    public NDArray predict(NDArray x, double[] timesteps) {
        return withinMemory(
                x.getShape(),
                (tiles, whole) ->
                        whole ? network.predict(x, timesteps) : predict(x, timesteps, tiles));
    }

    /**
     * The blend is linear in the tiles' predictions: each tile is given its weighted share of the
     * gradient, and the products add up where tiles overlap.
     *
     * @throws OutOfMemory if memory does not suffice for the smallest tile
     */
    @Override
    public Pullback pullback(NDArray x, double[] timesteps, NDArray v) {
        final DifferentiableNoisePredictor differentiable =
                DifferentiableNoisePredictor.of(network);
        return withinMemory(
                x.getShape(),
                (tiles, whole) ->
                        whole
                                ? differentiable.pullback(x, timesteps, v)
                                : pullback(differentiable, x, timesteps, v, tiles));
    }

    /** Something the network computes for an image, as a whole or in tiles. */
    private interface Computation<R> {
        R compute(Tiles tiles, boolean whole);
    }

    /** How an image is cut, and how many images go through the network together. */
    private record Tiles(Tiling rows, Tiling columns, int batch) {}

    private <R> R withinMemory(Shape shape, Computation<R> computation) {
        final int images = Math.toIntExact(shape.get(0));
        while (true) {
            final int overlap = limits.overlap();
            final Tiling rows = new Tiling(Math.toIntExact(shape.get(2)), limits.tile(), overlap);
            final Tiling columns =
                    new Tiling(Math.toIntExact(shape.get(3)), limits.tile(), overlap);
            final int batch = Math.min(images, limits.batch(rows.length(), columns.length()));
            progress.checkCanceled();
            try {
                return computation.compute(
                        new Tiles(rows, columns, batch),
                        batch == images && rows.count() == 1 && columns.count() == 1);
            } catch (EngineException e) {
                if (!OutOfMemory.isCauseOf(e)) throw e;
                if (!limits.lower(batch, rows.length(), columns.length()))
                    throw tooLittleMemory(rows.length(), columns.length(), e);
            }
        }
    }

    private OutOfMemory tooLittleMemory(int height, int width, EngineException cause) {
        return new OutOfMemory(
                String.format(
                        Locale.ROOT,
                        "There is not enough memory for the network: a part of %d × %d pixels,"
                                + " the smallest it is given, needs about %.2f GB. Close other"
                                + " programs or images.",
                        width,
                        height,
                        network.bytesPerPixel() * 1e-9 * width * height),
                cause);
    }

    /** Visits the tiles of an image, batch by batch. */
    private interface Visitor {
        /**
         * @param timesteps those of the batch
         * @param place where the batch is
         */
        void visit(double[] timesteps, Place place);
    }

    private void forEach(Tiles tiles, double[] timesteps, Shape shape, Visitor visitor) {
        for (int row = 0; row < tiles.rows.count(); row++)
            for (int column = 0; column < tiles.columns.count(); column++)
                for (int from = 0; from < timesteps.length; from += tiles.batch) {
                    progress.checkCanceled();
                    final int to = Math.min(timesteps.length, from + tiles.batch);
                    visitor.visit(
                            Arrays.copyOfRange(timesteps, from, to),
                            new Place(shape, from, to, tiles.rows, row, tiles.columns, column));
                }
    }

    private NDArray predict(NDArray x, double[] timesteps, Tiles tiles) {
        final Shape shape = x.getShape();
        final float[] blended = new float[Math.toIntExact(shape.size())];
        forEach(
                tiles,
                timesteps,
                shape,
                (some, place) -> {
                    try (NDArray part = place.window(x);
                            NDArray noise = network.predict(part, some)) {
                        place.add(noise.toFloatArray(), true, blended);
                    }
                });
        return x.getManager().create(blended, shape);
    }

    private Pullback pullback(
            DifferentiableNoisePredictor differentiable,
            NDArray x,
            double[] timesteps,
            NDArray v,
            Tiles tiles) {
        final Shape shape = x.getShape();
        final float[] noise = new float[Math.toIntExact(shape.size())];
        final float[] product = new float[noise.length];
        forEach(
                tiles,
                timesteps,
                shape,
                (some, place) -> {
                    try (NDArray part = place.window(x);
                            NDArray gradient = place.window(v);
                            NDArray share = place.weighted(gradient);
                            Pullback pullback = differentiable.pullback(part, some, share)) {
                        place.add(pullback.noise().toFloatArray(), true, noise);
                        place.add(pullback.product().toFloatArray(), false, product);
                    }
                });
        return new Pullback(
                x.getManager().create(noise, shape), x.getManager().create(product, shape));
    }

    /** A window of images {@code from} to {@code to} of a tensor of shape {@code whole}. */
    private record Place(
            Shape whole, int from, int to, Tiling rows, int row, Tiling columns, int column) {

        NDArray window(NDArray x) {
            final NDIndex window =
                    new NDIndex(
                            "{}:{}, :, {}:{}, {}:{}",
                            from,
                            to,
                            rows.start(row),
                            rows.start(row) + rows.length(),
                            columns.start(column),
                            columns.start(column) + columns.length());
            try (NDArray view = x.get(window)) {
                return view.duplicate();
            }
        }

        /** A window times the weights that its pixels have in the blend. */
        NDArray weighted(NDArray window) {
            final Shape down = new Shape(1, 1, rows.length(), 1);
            final Shape across = new Shape(1, 1, 1, columns.length());
            try (NDArray y = window.getManager().create(rows.weights(row), down);
                    NDArray x = window.getManager().create(columns.weights(column), across);
                    NDArray weights = y.mul(x)) {
                return window.mul(weights);
            }
        }

        /** Adds a window to the whole, with the weights of the blend or as it is. */
        void add(float[] window, boolean weighted, float[] sum) {
            final int height = (int) whole.get(2);
            final int width = (int) whole.get(3);
            final float[] down = rows.weights(row);
            final float[] across = columns.weights(column);
            final int first = from * (int) whole.get(1);
            final int planes = (to - from) * (int) whole.get(1);
            int i = 0;
            for (int p = first; p < first + planes; p++)
                for (int y = 0; y < down.length; y++) {
                    int pixel = (p * height + rows.start(row) + y) * width + columns.start(column);
                    for (int x = 0; x < across.length; x++)
                        sum[pixel++] += (weighted ? down[y] * across[x] : 1) * window[i++];
                }
        }
    }
}
