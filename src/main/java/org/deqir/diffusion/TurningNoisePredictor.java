/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Shows the network each noise level in another of the eight orientations of a square (flips and
 * quarter turns), and turns its answer back.
 *
 * <p>No network is exactly equivariant. What it would do wrong at every level in the same
 * orientation averages out along the chain, at no cost: there is one evaluation a level as before.
 * The answer remains a function of image and timestep alone, so a chain and its joint map keep
 * their fixed point.
 */
public final class TurningNoisePredictor extends ForwardingNoisePredictor
        implements DifferentiableNoisePredictor {

    private static final int ORIENTATIONS = 8;

    /** Four orientations in a row exchange rows and columns as often as not. */
    private static final int[] QUARTERS_FIRST = {0, 5, 3, 6, 4, 1, 7, 2};

    private final Map<Double, Integer> orientations = new HashMap<>();

    /** Of timesteps that are not among the levels. */
    private final int usual;

    /**
     * @param network the network; stays the caller's
     * @param levels the levels of the chain; the first keeps its orientation. Timesteps that are
     *     not among them keep theirs as well.
     */
    public TurningNoisePredictor(NoisePredictor network, TimestepSequence levels) {
        super(network);
        usual = 0;
        for (int level = 0; level < levels.length(); level++)
            orientations.put(levels.timestep(level), level % ORIENTATIONS);
    }

    /**
     * With one orientation for all levels.
     *
     * @param turn any whole number from 0 on: 0 is the image as it is, 1 to 3 are quarter turns, 4
     *     to 7 the mirrored ones, and so on
     */
    public TurningNoisePredictor(NoisePredictor network, int turn) {
        super(network);
        usual = QUARTERS_FIRST[turn % ORIENTATIONS];
    }

    @Override
    public NDArray predict(NDArray x, double[] timesteps) {
        final NDArray[] noise = new NDArray[timesteps.length];
        try (NDManager scope = x.getManager().newSubManager()) {
            rowsByOrientation(timesteps)
                    .forEach(
                            (orientation, rows) ->
                                    putBack(
                                            network.predict(
                                                    turned(x, rows, orientation, scope),
                                                    of(rows, timesteps)),
                                            rows,
                                            orientation,
                                            noise));
            return joined(noise, x.getManager());
        }
    }

    /** A turn is orthogonal, so the gradient is turned like the image, and its product back. */
    @Override
    public Pullback pullback(NDArray x, double[] timesteps, NDArray v) {
        final DifferentiableNoisePredictor differentiable =
                DifferentiableNoisePredictor.of(network);
        final NDArray[] noise = new NDArray[timesteps.length];
        final NDArray[] product = new NDArray[timesteps.length];
        try (NDManager scope = x.getManager().newSubManager()) {
            rowsByOrientation(timesteps)
                    .forEach(
                            (orientation, rows) -> {
                                final Pullback pullback =
                                        differentiable.pullback(
                                                turned(x, rows, orientation, scope),
                                                of(rows, timesteps),
                                                turned(v, rows, orientation, scope));
                                putBack(pullback.noise(), rows, orientation, noise);
                                putBack(pullback.product(), rows, orientation, product);
                            });
            return new Pullback(joined(noise, x.getManager()), joined(product, x.getManager()));
        }
    }

    private Map<Integer, List<Integer>> rowsByOrientation(double[] timesteps) {
        final Map<Integer, List<Integer>> rows = new LinkedHashMap<>();
        for (int row = 0; row < timesteps.length; row++)
            rows.computeIfAbsent(
                            orientations.getOrDefault(timesteps[row], usual),
                            k -> new ArrayList<>())
                    .add(row);
        return rows;
    }

    private static double[] of(List<Integer> rows, double[] timesteps) {
        return rows.stream().mapToDouble(row -> timesteps[row]).toArray();
    }

    /** Rows of a batch, turned, as a batch that belongs to {@code scope}. */
    private static NDArray turned(
            NDArray images, List<Integer> rows, int orientation, NDManager scope) {
        final NDList turned = new NDList();
        for (final int row : rows) {
            final NDArray image = images.get(row + ":" + (row + 1));
            image.attach(scope);
            turned.add(turned(image, orientation));
        }
        return NDArrays.concat(turned);
    }

    private static void putBack(
            NDArray batch, List<Integer> rows, int orientation, NDArray[] target) {
        for (int i = 0; i < rows.size(); i++)
            target[rows.get(i)] = turnedBack(batch.get(i + ":" + (i + 1)), orientation);
    }

    private static NDArray joined(NDArray[] rows, NDManager owner) {
        final NDArray all = NDArrays.concat(new NDList(rows));
        all.attach(owner);
        return all;
    }

    /** Bits of an orientation: 1 mirrored left to right, 2 top to bottom, 4 transposed before. */
    private static NDArray turned(NDArray image, int orientation) {
        NDArray turned = image;
        if ((orientation & 4) != 0) turned = turned.swapAxes(2, 3);
        if ((orientation & 1) != 0) turned = turned.flip(3);
        if ((orientation & 2) != 0) turned = turned.flip(2);
        return turned;
    }

    private static NDArray turnedBack(NDArray image, int orientation) {
        NDArray turned = image;
        if ((orientation & 2) != 0) turned = turned.flip(2);
        if ((orientation & 1) != 0) turned = turned.flip(3);
        if ((orientation & 4) != 0) turned = turned.swapAxes(2, 3);
        return turned;
    }
}
