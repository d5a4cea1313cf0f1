/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.checkpoint;

import ai.djl.ndarray.types.Shape;

/**
 * What a checkpoint says about one of its tensors.
 *
 * @param type format of its elements in the file
 * @param shape its dimensions; no dimensions for a single number
 */
public record TensorInfo(ElementType type, Shape shape) {

    /** Bound of a Java array. */
    private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;

    /**
     * {@return the number of elements}
     *
     * @throws ArithmeticException if there are more than a long can hold
     */
    public long elements() {
        return elements(shape);
    }

    static long elements(Shape shape) {
        long product = 1;
        for (long size : shape.getShape()) product = Math.multiplyExact(product, size);
        return product;
    }

    /** The number of elements as the size of a Java array. */
    int arraySize(String name) throws CheckpointException {
        final long elements = elements();
        if (elements > LARGEST_ARRAY)
            throw new CheckpointException(
                    "The tensor " + name + " has too many elements to be read: " + elements + ".");
        return (int) elements;
    }
}
