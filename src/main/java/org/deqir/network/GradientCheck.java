/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.deqir.network.layout.NetworkProgram;
import org.deqir.network.layout.NetworkWriter;
import org.deqir.network.layout.Precision;
import org.deqir.network.layout.TorchScriptArchive;

/**
 * Checks that PyTorch's gradients are right on this computer, once in a Java process for each
 * precision and device, before the first gradient.
 *
 * <p>There are processors on which a gradient of PyTorch's convolution is wrong by 20 to 90 %, and
 * nothing but the result tells. So products with the Jacobians of two networks of one convolution
 * each, written as the first and the last one of real networks, are compared with the same products
 * computed in Java. It takes milliseconds. Errors of that kind depended on what was in memory
 * before, so memory is filled with NaN first.
 */
final class GradientCheck {

    private static final int IMAGES = 2;

    /** Pixels. */
    private static final int EDGE = 18;

    private static final int KERNEL = 3;

    /** Relative error that is accepted; rounding makes 1e-7 and 4e-3. */
    private static final double FLOAT32_ERROR = 1e-4;

    private static final double BFLOAT16_ERROR = 5e-2;

    private record Key(Precision precision, ComputeDevice device) {}

    /** Channels that a convolution reads and writes. */
    record Channels(int in, int out) {}

    /** Those of the first and of the last convolution, with which errors were seen. */
    private static final List<Channels> ENDS = List.of(new Channels(1, 32), new Channels(32, 3));

    /** What is wrong, in words; empty if nothing is. */
    private static final Map<Key, String> FOUND = new ConcurrentHashMap<>();

    /** Computes vᵀ·∂y/∂x for y = the convolution of x with w, all row by row. */
    interface Product {
        float[] of(Channels channels, float[] x, float[] w, float[] v);
    }

    private GradientCheck() {}

    /**
     * Refuses gradients that are wrong here.
     *
     * @throws IllegalStateException if they are; the message says so, with the library
     */
    static void require(Precision precision, ComputeDevice device) {
        final String problem = problem(precision, device);
        if (!problem.isEmpty())
            throw new IllegalStateException(
                    TorchEngine.describeLibrary()
                            + " computes wrong gradients on this computer ("
                            + problem
                            + ", "
                            + precision
                            + " on "
                            + device.label()
                            + "), so nothing can be optimised or trained with it; "
                            + (precision == Precision.FLOAT32 ? "" : "try precision=float32, or ")
                            + "restore without optimisation, which needs no gradients.");
    }

    /** What is wrong with gradients here, in words; empty if nothing is. */
    static String problem(Precision precision, ComputeDevice device) {
        return FOUND.computeIfAbsent(
                new Key(precision, device),
                key -> problem((c, x, w, v) -> product(key, c, x, w, v), precision));
    }

    /** What is wrong with the products that something computes; empty if nothing is. */
    static String problem(Product product, Precision precision) {
        double relative = 0;
        for (Channels channels : ENDS) relative = Math.max(relative, error(product, channels));
        final double accepted = precision == Precision.FLOAT32 ? FLOAT32_ERROR : BFLOAT16_ERROR;
        if (relative <= accepted) return "";
        return Double.isFinite(relative)
                ? "that of a convolution is wrong by "
                        + Math.max(1, Math.round(100 * relative))
                        + " %"
                : "that of a convolution is not a number";
    }

    /** Relative error of a product. */
    private static double error(Product product, Channels c) {
        final float[] x = numbers(IMAGES * c.in * EDGE * EDGE, 1);
        final float[] w = numbers(c.out * c.in * KERNEL * KERNEL, 2);
        final float[] v = numbers(IMAGES * c.out * EDGE * EDGE, 3);
        final float[] actual = product.of(c, x, w, v);
        final double[] expected = expected(c, w, v);
        double error = 0;
        double size = 0;
        for (int i = 0; i < expected.length; i++) {
            error += (actual[i] - expected[i]) * (actual[i] - expected[i]);
            size += expected[i] * expected[i];
        }
        return Math.sqrt(error / size);
    }

    private static float[] numbers(int count, long key) {
        final float[] numbers = new float[count];
        for (int i = 0; i < count; i++)
            numbers[i] = (float) (((i * 2654435761L + key * 40503L) >>> 7) % 1000) / 1000 - 0.5f;
        return numbers;
    }

    /** Every output pixel gives each pixel that it was computed from its share back. */
    private static double[] expected(Channels c, float[] w, float[] v) {
        final double[] product = new double[IMAGES * c.in * EDGE * EDGE];
        for (int n = 0; n < IMAGES; n++)
            for (int out = 0; out < c.out; out++)
                for (int in = 0; in < c.in; in++)
                    for (int k = 0; k < KERNEL * KERNEL; k++)
                        addShare(
                                product,
                                (n * c.in + in) * EDGE,
                                v,
                                (n * c.out + out) * EDGE,
                                w[(out * c.in + in) * KERNEL * KERNEL + k],
                                k / KERNEL - KERNEL / 2,
                                k % KERNEL - KERNEL / 2);
        return product;
    }

    /** Adds v times a weight to the image whose first row is {@code row}, shifted by (dy, dx). */
    private static void addShare(
            double[] product, int row, float[] v, int rowOfV, double weight, int dy, int dx) {
        for (int y = Math.max(0, -dy); y < Math.min(EDGE, EDGE - dy); y++)
            for (int c = Math.max(0, -dx); c < Math.min(EDGE, EDGE - dx); c++)
                product[(row + y + dy) * EDGE + c + dx] += weight * v[(rowOfV + y) * EDGE + c];
    }

    private static float[] product(Key key, Channels c, float[] x, float[] w, float[] v) {
        final NetworkWriter net = new NetworkWriter(key.precision());
        final NetworkProgram program =
                net.finish(net.convolution(net.image(), "check", c.in, c.out, KERNEL), c.out);
        final boolean mode = JniUtils.isGradMode();
        JniUtils.setGradMode(true);
        try (NDManager manager = TorchEngine.newManager(key.device())) {
            fillWithNaN(manager);
            final PtSymbolBlock module =
                    JniUtils.loadModule(
                            (PtNDManager) manager,
                            new ByteArrayInputStream(TorchScriptArchive.of(program.source())),
                            false,
                            false);
            final NDArray all = manager.arange(EDGE).toType(DataType.INT64, true);
            final NDList inputs = new NDList();
            inputs.add(manager.create(x, new Shape(IMAGES, c.in, EDGE, EDGE)));
            inputs.add(manager.zeros(new Shape(IMAGES)));
            inputs.add(all);
            inputs.add(all.duplicate());
            inputs.add(manager.create(v, new Shape(IMAGES, c.out, EDGE, EDGE)));
            inputs.add(named(manager.create(0f), "module_method:pullback"));
            inputs.add(prepared(module, manager.create(w, new Shape(c.out, c.in, KERNEL, KERNEL))));
            inputs.add(prepared(module, manager.zeros(new Shape(c.out))));
            final NDList results =
                    RunningCalls.during(() -> IValueUtils.forward(module, inputs, true));
            results.attach(manager);
            return results.get(1).toFloatArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // the module is read from memory
        } finally {
            JniUtils.setGradMode(mode);
        }
    }

    private static NDArray prepared(PtSymbolBlock module, NDArray weight) {
        final NDManager manager = weight.getManager();
        final NDArray method = named(manager.create(0f), "module_method:prepare");
        final NDList prepared = IValueUtils.forward(module, new NDList(method, weight), true);
        prepared.attach(manager);
        return named(prepared.get(0), "p[]");
    }

    private static NDArray named(NDArray array, String name) {
        array.setName(name);
        return array;
    }

    /** Leaves numbers behind that no result can hide, in the pieces that calls take again. */
    static void fillWithNaN(NDManager manager) {
        try (NDManager temporary = manager.newSubManager()) {
            for (int size = 1 << 8; size <= 1 << 19; size *= 2)
                temporary.full(new Shape(size), Float.NaN);
        }
    }
}
