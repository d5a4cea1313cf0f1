/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.deqir.network.layout.NetworkProgram;
import org.deqir.network.layout.NetworkWriter;
import org.deqir.network.layout.Precision;
import org.deqir.network.layout.TorchScriptArchive;
import org.deqir.network.layout.TrainingProgram;
import org.deqir.testing.Fixtures;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Gradients of every kind of layer, as programs of networks write it, over many shapes, in float32
 * with one thread and two and in bfloat16, against the program in float64. Memory holds NaN before:
 * what reads memory that it did not write is then seen.
 */
class LayerGradientsTest {

    /**
     * Rounding makes up to 1e-6 and 1.1e-1; what was wrong in the library was wrong by 0.2 to 1.
     */
    private static double tolerance(Precision precision) {
        return precision == Precision.FLOAT32 ? 2e-5 : 1e-1;
    }

    private static final String IMAGE_GRADIENT =
            """
              def image_gradient(self: __torch__.Net, x: Tensor, t: Tensor, v: Tensor, w: List[Tensor]) -> List[Tensor]:
                at = torch.requires_grad_(torch.detach(x), True)
                y = (self).predict(at, t, w, )
                g = torch.grad([y], [at], annotate(List[Optional[Tensor]], [v]))
                return [torch.contiguous(ops.prim.unchecked_unwrap_optional(g[0]), memory_format=0)]
            """;

    /** Writes a layer from an image of {@code in} channels to one of {@code out}. */
    private interface Layer {
        String write(NetworkWriter net, String x, int in, int out);
    }

    private enum Kind {
        CONVOLUTION_3((net, x, in, out) -> net.convolution(x, "a", in, out, 3)),
        CONVOLUTION_1((net, x, in, out) -> net.convolution(x, "a", in, out, 1)),
        POINTWISE((net, x, in, out) -> net.pointwise(x, "a", in, out)),
        STRIDED((net, x, in, out) -> net.convolution(x, "a", in, out, 3, 2, 1)),
        STRIDED_AFTER_PADDING(
                (net, x, in, out) -> net.convolution(net.padEnd(x), "a", in, out, 3, 2, 0)),
        ENLARGED((net, x, in, out) -> net.convolution(net.enlarge(x), "a", in, out, 3)),
        SHRUNK((net, x, in, out) -> net.convolution(net.shrink(x), "a", in, out, 3)),
        SILU((net, x, in, out) -> net.silu(net.convolution(x, "a", in, out, 3))),
        NORMALIZED((net, x, in, out) -> after(net, x, in, out, "normalize")),
        ATTENDED((net, x, in, out) -> after(net, x, in, out, "attend")),
        ATTENDED_HEADS_OUTERMOST((net, x, in, out) -> after(net, x, in, out, "attend heads")),
        EMBEDDED((net, x, in, out) -> after(net, x, in, out, "embed")),
        SCALED_AND_SHIFTED((net, x, in, out) -> after(net, x, in, out, "scale")),
        CONCATENATED((net, x, in, out) -> after(net, x, in, out, "concatenate"));

        private final Layer layer;

        Kind(Layer layer) {
            this.layer = layer;
        }

        /** A layer that needs 32 channels, between two convolutions. */
        private static String after(NetworkWriter net, String x, int in, int out, String what) {
            final int width = 32;
            final String h = net.convolution(x, "before", in, width, 3);
            final String inner =
                    switch (what) {
                        // Two channels in a group: alone, a channel's bias would have no gradient.
                        case "normalize" ->
                                net.normalize(
                                        net.concatenate(h, net.silu(h)), "norm", 2 * width, 1e-5);
                        case "attend" ->
                                net.attend(
                                        net.convolution(h, "qkv", width, 3 * width, 1),
                                        width,
                                        2,
                                        false);
                        case "attend heads" ->
                                net.attend(
                                        net.pointwise(h, "qkv", width, 3 * width), width, 4, true);
                        case "embed" ->
                                net.add(
                                        net.convolution(h, "wide", width, 2 * width, 1),
                                        net.overPixels(time(net, 2 * width)));
                        case "scale" -> net.scaleAndShift(h, net.overPixels(time(net, 2 * width)));
                        default -> net.concatenate(h, net.silu(h));
                    };
            final boolean twice = List.of("normalize", "embed", "concatenate").contains(what);
            final int channels = twice ? 2 * width : width;
            return net.convolution(net.silu(inner), "after", channels, out, 3);
        }

        /** The embedding of the timestep in {@code out} features. */
        private static String time(NetworkWriter net, int out) {
            final String waves = net.sin(net.phases(net.timesteps(), 16, false, 16));
            final String h = net.silu(net.linear(waves, "time1", 16, 32));
            return net.linear(h, "time2", 32, out);
        }
    }

    private int threads;
    private boolean gradMode;

    @BeforeEach
    void remember() {
        threads = TorchEngine.threads();
        gradMode = JniUtils.isGradMode();
        JniUtils.setGradMode(true);
    }

    @AfterEach
    void restore() {
        TorchEngine.setThreads(threads);
        JniUtils.setGradMode(gradMode);
    }

    private static Stream<Arguments> kinds() {
        return Stream.of(Kind.values())
                .flatMap(
                        kind ->
                                Stream.of(
                                        Arguments.of(kind, 1, Precision.FLOAT32),
                                        Arguments.of(kind, 2, Precision.FLOAT32),
                                        Arguments.of(kind, 1, Precision.BFLOAT16)));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void agreesWithFloat64(Kind kind, int threads, Precision precision) {
        TorchEngine.setThreads(threads);
        final List<Executable> checks = new ArrayList<>();
        // Where a convolution of 32 channels comes first, the image's own hardly matter.
        final boolean deep = kind.compareTo(Kind.NORMALIZED) >= 0;
        final boolean exact = precision == Precision.FLOAT32;
        for (int in : deep ? new int[] {1} : exact ? new int[] {1, 32} : new int[] {1, 3, 32})
            for (int out : deep || !exact ? new int[] {1, 12} : new int[] {1, 3, 12, 16})
                checks.add(() -> check(kind, in, out, precision));
        assertAll(checks);
    }

    /** All sizes for one kind and number of channels, whose program is compiled once. */
    private static void check(Kind kind, int in, int out, Precision precision) throws IOException {
        final NetworkProgram program = program(kind, in, out, precision);
        final String source = TrainingProgram.source(program) + IMAGE_GRADIENT;
        final String exact =
                (TrainingProgram.source(program(kind, in, out, Precision.FLOAT32)) + IMAGE_GRADIENT)
                        .replaceAll("torch\\.to\\((\\w+), 6", "torch.to($1, 7")
                        .replaceAll("(prepared\\(w, \\), \\d, True, \\)), 6", "$1, 7")
                        .replace("dtype=6", "dtype=7");
        try (NDManager manager = TorchEngine.newManager()) {
            final PtSymbolBlock module = module(manager, source);
            final PtSymbolBlock exactModule = module(manager, exact);
            final Random random = new Random(in * 1000L + out);
            final NDList weights = new NDList();
            for (Shape weight : program.parameters().values())
                weights.add(
                        normal(
                                manager,
                                random,
                                Math.sqrt((double) weight.get(0) / weight.size()),
                                weight.getShape()));
            // One size in bfloat16, which is slow without instructions for it.
            for (int[] shape :
                    precision == Precision.BFLOAT16
                            ? new int[][] {{2, 16, 16}}
                            : new int[][] {{2, 16, 16}, {1, 18, 22}, {2, 34, 34}}) {
                final NDArray x = normal(manager, random, 1, shape[0], in, shape[1], shape[2]);
                final List<float[]> expected =
                        gradients(manager, exactModule, x, weights, DataType.FLOAT64);
                GradientCheck.fillWithNaN(manager);
                final List<float[]> actual =
                        gradients(manager, module, x, weights, DataType.FLOAT32);
                for (int i = 0; i < expected.size(); i++) {
                    final double difference =
                            Fixtures.relativeDifference(actual.get(i), expected.get(i));
                    assertTrue(
                            difference < tolerance(precision),
                            kind
                                    + " from "
                                    + in
                                    + " to "
                                    + out
                                    + " channels of "
                                    + shape[1]
                                    + " rows: result "
                                    + i
                                    + " is off by "
                                    + difference);
                }
            }
        }
    }

    private static NetworkProgram program(Kind kind, int in, int out, Precision precision) {
        final NetworkWriter net = new NetworkWriter(precision);
        return net.finish(kind.layer.write(net, net.image(), in, out), out);
    }

    private static PtSymbolBlock module(NDManager manager, String source) throws IOException {
        return JniUtils.loadModule(
                (PtNDManager) manager,
                new ByteArrayInputStream(TorchScriptArchive.of(source)),
                false,
                false);
    }

    /** The result, its gradient for the image, the loss, and its gradients for the weights. */
    private static List<float[]> gradients(
            NDManager owner, PtSymbolBlock module, NDArray x, NDList weights, DataType type) {
        final List<float[]> all = new ArrayList<>();
        try (NDManager manager = owner.newSubManager()) {
            final NDArray image = attached(x.toType(type, true), manager);
            final NDArray t =
                    attached(manager.full(new Shape(x.size(0)), 20f).toType(type, true), manager);
            final NDList stored = new NDList();
            for (NDArray weight : weights) {
                final NDArray w = attached(weight.toType(type, true), manager);
                w.setName("w[]");
                stored.add(w);
            }
            final NDList predicted = run(module, "predict", manager, stored, image, t);
            final NDArray v =
                    attached(
                            normal(
                                            manager,
                                            new Random(7),
                                            1,
                                            predicted.get(0).getShape().getShape())
                                    .toType(type, true),
                            manager);
            for (NDList results :
                    List.of(
                            predicted,
                            run(module, "image_gradient", manager, stored, image, t, v),
                            run(module, "gradient", manager, stored, image, t, v)))
                for (NDArray array : results)
                    all.add(attached(array.toType(DataType.FLOAT32, true), manager).toFloatArray());
        }
        return all;
    }

    private static NDList run(
            PtSymbolBlock module, String method, NDManager manager, NDList w, NDArray... inputs) {
        final NDArray marker = manager.create(0f);
        marker.setName("module_method:" + method);
        final NDList all = new NDList(inputs);
        all.addAll(w);
        all.add(marker);
        final NDList results = IValueUtils.forward(module, all, true);
        results.attach(manager);
        return results;
    }

    private static NDArray attached(NDArray array, NDManager manager) {
        array.attach(manager);
        return array;
    }

    private static NDArray normal(NDManager manager, Random random, double sd, long... shape) {
        final float[] values = new float[(int) new Shape(shape).size()];
        for (int i = 0; i < values.length; i++) values[i] = (float) (sd * random.nextGaussian());
        return manager.create(values, new Shape(shape)).duplicate();
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void thisComputerPassesTheCheckAtFirstUse(Precision precision) {
        for (int count : new int[] {1, 2}) {
            TorchEngine.setThreads(count);
            GradientCheck.require(precision, ComputeDevice.CPU);
        }
    }

    @Test
    void aWrongProductIsRefusedInWords() {
        assertEquals(
                "that of a convolution is not a number",
                GradientCheck.problem(
                        (channels, x, w, v) -> {
                            final float[] product = new float[x.length];
                            product[5] = Float.NaN;
                            return product;
                        },
                        Precision.FLOAT32));
        assertEquals(
                "that of a convolution is wrong by 100 %",
                GradientCheck.problem(
                        (channels, x, w, v) -> new float[x.length], Precision.FLOAT32));
    }
}
