/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.function.UnaryOperator;

/** What operators and data steps share in handling tensors and the memory behind them. */
public final class Tensors {

    private Tensors() {}

    /**
     * Runs a computation whose result belongs to the manager of its argument and frees everything
     * else that it creates.
     *
     * <p>DJL gives the result of an operation to the manager of its <em>first</em> operand. The
     * computation therefore gets a view of the argument that lives in a manager of its own; all
     * that is derived from the view dies with that manager. The computation must not return the
     * view itself, because the result would share its memory with the argument.
     *
     * @param argument where images live whose manager shall own the result; not changed
     * @param computation takes the view, gives the result
     * @return the result, owned by the manager of the argument
     */
    public static NDArray scoped(NDArray argument, UnaryOperator<NDArray> computation) {
        final NDManager owner = argument.getManager();
        try (NDManager scratch = owner.newSubManager()) {
            final NDArray result = computation.apply(view(argument, scratch));
            result.attach(owner);
            return result;
        }
    }

    /**
     * {@return the tensor, sharing its memory, as seen from another manager: what is derived from
     * the view belongs there}
     */
    public static NDArray view(NDArray tensor, NDManager manager) {
        final NDArray view = tensor.reshape(tensor.getShape());
        view.attach(manager);
        return view;
    }

    /**
     * {@return M x for a constant matrix (m, n) and x (…, n, k): unlike {@code matrix.matMul(x)},
     * owned by the manager of x}
     */
    public static NDArray multiplyLeft(NDArray matrix, NDArray x) {
        final NDArray product = matrix.matMul(x);
        product.attach(x.getManager());
        return product;
    }

    /**
     * {@return one number per batch row as a tensor (N, 1, …), of so many dimensions, that
     * broadcasts against (N, …)}
     */
    public static NDArray perRow(NDManager manager, double[] values, int dimension) {
        final float[] narrow = new float[values.length];
        for (int n = 0; n < narrow.length; n++) narrow[n] = (float) values[n];
        return manager.create(narrow, rowShape(values.length, dimension));
    }

    /** (N, 1, …, 1) with the given number of dimensions. */
    static Shape rowShape(long rows, int dimension) {
        final long[] shape = new long[dimension];
        Arrays.fill(shape, 1);
        shape[0] = rows;
        return new Shape(shape);
    }

    /** {@return ⟨a, b⟩ of each batch row of tensors of one shape (N, …), as (N, 1, …)} */
    public static NDArray dotPerRow(NDArray a, NDArray b) {
        final int dimension = a.getShape().dimension();
        final int[] axes = new int[dimension - 1];
        for (int i = 0; i < axes.length; i++) axes[i] = i + 1;
        try (NDArray product = a.mul(b)) {
            return product.sum(axes, true);
        }
    }

    /** {@return x with zeros appended along an axis until it has the given length there} */
    public static NDArray zeroPad(NDArray x, int axis, long length) {
        final long[] shape = x.getShape().getShape().clone();
        shape[axis] = length - shape[axis];
        if (shape[axis] == 0) return x;
        final NDArray zeros = x.getManager().zeros(new Shape(shape), x.getDataType());
        return x.concat(zeros, axis);
    }

    /** {@return the first entries of x along an axis; x itself if these are all} */
    public static NDArray head(NDArray x, int axis, long length) {
        return slice(x, axis, 0, length);
    }

    /**
     * {@return entries {@code from} … {@code from + length − 1} of x along an axis; x if these are
     * all}
     */
    public static NDArray slice(NDArray x, int axis, long from, long length) {
        final long all = x.getShape().get(axis);
        if (length == all) return x;
        if (from == 0) return x.split(new long[] {length}, axis).get(0);
        if (from + length == all) return x.split(new long[] {from}, axis).get(1);
        final NDList parts = x.split(new long[] {from, from + length}, axis);
        return parts.get(1);
    }

    /** {@return (C, H, W), all at least 1} */
    public static Shape imageShape(int channels, int height, int width) {
        if (channels < 1 || height < 1 || width < 1)
            throw new IllegalArgumentException(
                    "An image of %s channels and %s × %s pixels has no pixels."
                            .formatted(channels, width, height));
        return new Shape(channels, height, width);
    }

    /**
     * {@return a tensor that is float32 and has the expected dimensions after its batch dimension}
     *
     * @param owner what refuses the tensor, for the message
     * @param role what the tensor is, for the message
     */
    public static NDArray requireShape(NDArray tensor, Shape expected, String owner, String role) {
        final Shape shape = tensor.getShape();
        if (shape.dimension() != expected.dimension() + 1
                || shape.get(0) < 1
                || !shape.slice(1).equals(expected))
            throw new IllegalArgumentException(
                    "%s takes %s of shape (N, %s, not %s."
                            .formatted(owner, role, expected.toString().substring(1), shape));
        if (tensor.getDataType() != DataType.FLOAT32)
            throw new IllegalArgumentException(
                    owner + " takes float32, not " + tensor.getDataType() + ".");
        return tensor;
    }

    /** {@return a number that counts something, if it is within a range} The message names it. */
    public static int requireInRange(String name, int value, int from, int to) {
        if (value < from || value > to)
            throw new IllegalArgumentException(
                    name + " " + value + " is not within " + from + " … " + to + ".");
        return value;
    }

    /** {@return the share of an image that is measured, if it is above 0 and up to 1} */
    public static double requireRatio(double ratio) {
        if (!(ratio > 0 && ratio <= 1))
            throw new IllegalArgumentException(
                    "A ratio of " + ratio + " is not above 0 and at most 1.");
        return ratio;
    }

    /** {@return a number, if it is finite and above 0} The message names it. */
    public static double requirePositive(String name, double value) {
        if (!(value > 0 && value < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException(
                    name + " " + value + " is not a finite number above 0.");
        return value;
    }
}
