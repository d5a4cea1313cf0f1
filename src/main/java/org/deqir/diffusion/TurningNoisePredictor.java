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
public final class TurningNoisePredictor implements NoisePredictor {

    private static final int ORIENTATIONS = 8;

    private final NoisePredictor network;
    private final Map<Double, Integer> orientations = new HashMap<>();

    /**
     * @param network the network; stays the caller's
     * @param levels the levels of the chain; the first keeps its orientation. Timesteps that are
     *     not among them keep theirs as well.
     */
    public TurningNoisePredictor(NoisePredictor network, TimestepSequence levels) {
        this.network = network;
        for (int level = 0; level < levels.length(); level++)
            orientations.put(levels.timestep(level), level % ORIENTATIONS);
    }

    @Override
    public int channels() {
        return network.channels();
    }

    @Override
    public NDArray predict(NDArray x, double[] timesteps) {
        final Map<Integer, List<Integer>> rowsByOrientation = new LinkedHashMap<>();
        for (int row = 0; row < timesteps.length; row++)
            rowsByOrientation
                    .computeIfAbsent(
                            orientations.getOrDefault(timesteps[row], 0), k -> new ArrayList<>())
                    .add(row);
        final NDArray[] noise = new NDArray[timesteps.length];
        try (NDManager scope = x.getManager().newSubManager()) {
            rowsByOrientation.forEach(
                    (orientation, rows) -> {
                        final NDList turned = new NDList();
                        final double[] times = new double[rows.size()];
                        for (int i = 0; i < rows.size(); i++) {
                            final int row = rows.get(i);
                            final NDArray image = x.get(row + ":" + (row + 1));
                            image.attach(scope);
                            turned.add(turned(image, orientation));
                            times[i] = timesteps[row];
                        }
                        final NDArray predicted = network.predict(NDArrays.concat(turned), times);
                        for (int i = 0; i < rows.size(); i++)
                            noise[rows.get(i)] =
                                    turnedBack(predicted.get(i + ":" + (i + 1)), orientation);
                    });
            final NDArray all = NDArrays.concat(new NDList(noise));
            all.attach(x.getManager());
            return all;
        }
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

    /** Does not close the network. */
    @Override
    public void close() {}
}
