/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.testing;

import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.deqir.network.checkpoint.Checkpoint;
import org.deqir.network.checkpoint.ElementType;
import org.deqir.network.checkpoint.TensorInfo;
import org.deqir.network.layout.NetworkArchitecture;
import org.deqir.network.layout.Precision;

/** Random weights, always the same, for any architecture; made when they are read. */
public final class RandomCheckpoint implements Checkpoint {

    private final String prefix;
    private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();

    /**
     * @param prefix what to put before the names of the parameters
     */
    public RandomCheckpoint(String prefix, NetworkArchitecture architecture) {
        this.prefix = prefix;
        architecture
                .program(Precision.FLOAT32)
                .parameters()
                .forEach(
                        (name, shape) ->
                                tensors.put(
                                        prefix + name, new TensorInfo(ElementType.FLOAT32, shape)));
    }

    @Override
    public Map<String, TensorInfo> tensors() {
        return tensors;
    }

    /** Weights keep the size of activations about the same; scales are near 1, shifts near 0. */
    @Override
    public float[] read(String name) {
        final Shape shape = tensors.get(name).shape();
        final Random random = new Random(name.substring(prefix.length()).hashCode());
        final float[] values = new float[(int) shape.size()];
        final boolean vector = shape.dimension() == 1;
        final double scale = vector ? 0.1 : Math.sqrt((double) shape.get(0) / shape.size());
        final double mean = vector && name.endsWith(".weight") ? 1 : 0;
        for (int i = 0; i < values.length; i++)
            values[i] = (float) (mean + scale * random.nextGaussian());
        return values;
    }

    @Override
    public void close() {
        // Nothing is open.
    }
}
