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
import java.util.HashMap;
import java.util.Map;
import org.deqir.physics.Tensors;

/**
 * An orthonormal, symmetric Walsh–Hadamard transform along the last axis, of any length.
 *
 * <p>A length that is no power of two is cut into the powers of two of its binary form, largest
 * first, and each part is transformed for itself. Within a part the order is natural (Hadamard's),
 * H_{2n} = [H_n H_n; H_n −H_n]/√2. H_{2^k} is applied as a Kronecker product of matrices of at most
 * 64 × 64, which is a few matrix products instead of k passes over memory.
 */
final class HadamardTransform {

    private static final int LARGEST_FACTOR = 64;

    private final int length;
    private final Map<Integer, NDArray> matrices = new HashMap<>();

    /**
     * @param manager owner of the constants
     * @param length number of entries to transform
     */
    HadamardTransform(NDManager manager, int length) {
        this.length = length;
        for (int size = 1; size <= Math.min(LARGEST_FACTOR, length); size *= 2)
            matrices.put(size, manager.create(matrix(size), new Shape(size, size)));
    }

    /** The transform of x (N, C, length); its own inverse. */
    NDArray transform(NDArray x) {
        final NDList parts = new NDList();
        int from = 0;
        for (int size = Integer.highestOneBit(length); size > 0; size /= 2) {
            if ((length & size) == 0) continue;
            parts.add(transformPart(Tensors.slice(x, 2, from, size), size));
            from += size;
        }
        return parts.size() == 1 ? parts.get(0) : NDArrays.concat(parts, 2);
    }

    private NDArray transformPart(NDArray x, int size) {
        if (size == 1) return x.duplicate();
        NDArray result = x;
        int rest = size;
        while (rest > 1) {
            final int factor = Math.min(LARGEST_FACTOR, rest);
            rest /= factor;
            // Entry index = (before · factor + here) · after + behind, with after = rest.
            final NDArray matrix = matrices.get(factor);
            result =
                    rest == 1
                            ? result.reshape(-1, factor).matMul(matrix)
                            : Tensors.multiplyLeft(matrix, result.reshape(-1, factor, rest));
        }
        return result.reshape(x.getShape());
    }

    private static float[] matrix(int size) {
        final float[] matrix = new float[size * size];
        final float scale = (float) (1 / Math.sqrt(size));
        for (int row = 0; row < size; row++)
            for (int column = 0; column < size; column++)
                matrix[row * size + column] =
                        Integer.bitCount(row & column) % 2 == 0 ? scale : -scale;
        return matrix;
    }
}
