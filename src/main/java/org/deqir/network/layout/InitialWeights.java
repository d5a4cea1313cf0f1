/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.layout;

import ai.djl.ndarray.types.Shape;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import org.deqir.network.checkpoint.Checkpoint;
import org.deqir.network.checkpoint.ElementType;
import org.deqir.network.checkpoint.TensorInfo;

/**
 * Weights of a network of layout {@value GuidedDiffusionUNet#LAYOUT} before any training.
 *
 * <p>The last layer of each residual and attention block and of the network is zero, as in the
 * original, so that each block begins as the identity. Other layers have weights evenly distributed
 * between ±1/√(inputs per output), as PyTorch's layers have, and no bias; normalization begins with
 * scale 1 and shift 0.
 */
public final class InitialWeights implements Checkpoint {

    private static final Pattern ZERO =
            Pattern.compile("(.*\\.)?(out_layers\\.3|proj_out|out\\.2)\\.(weight|bias)");

    private final long seed;
    private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();

    /** The weights for a network; the same seed gives the same. */
    public InitialWeights(GuidedDiffusionUNet architecture, long seed) {
        this.seed = seed;
        architecture
                .program(Precision.FLOAT32)
                .parameters()
                .forEach(
                        (name, shape) ->
                                tensors.put(name, new TensorInfo(ElementType.FLOAT32, shape)));
    }

    @Override
    public Map<String, TensorInfo> tensors() {
        return Collections.unmodifiableMap(tensors);
    }

    @Override
    public float[] read(String name) {
        final TensorInfo info = tensors.get(name);
        if (info == null) throw new IllegalArgumentException("There is no tensor " + name + ".");
        final Shape shape = info.shape();
        final float[] values = new float[Math.toIntExact(shape.size())];
        if (name.endsWith(".bias") || ZERO.matcher(name).matches()) return values;
        final boolean scale = shape.dimension() == 1;
        final double bound = 1 / Math.sqrt((double) shape.size() / shape.get(0));
        final Random random = new Random(seed * 0x9e3779b97f4a7c15L + name.hashCode());
        for (int i = 0; i < values.length; i++)
            values[i] = scale ? 1 : (float) (bound * (2 * random.nextDouble() - 1));
        return values;
    }

    @Override
    public void close() {
        // Nothing is open.
    }
}
