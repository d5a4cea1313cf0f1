/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.LongSupplier;
import org.deqir.network.layout.Precision;
import org.deqir.network.layout.TorchScriptArchive;

/**
 * Finds out in which number format networks run faster on this processor, by timing what they spend
 * most of their time with: convolutions.
 *
 * <p>That a processor has instructions for bfloat16 does not say that PyTorch uses them well, and
 * without them bfloat16 is several times slower; so the time is measured, once in the life of a
 * Java process. It takes a tenth of a second on processors with such instructions and up to a
 * second on others.
 */
public final class PrecisionProbe {

    /**
     * Share of float32's time below which bfloat16 is taken: a difference that is worth its error.
     */
    private static final double WORTHWHILE = 0.8;

    private static final int ROUNDS = 5;
    private static final int CHANNELS = 64;
    private static final int EDGE = 64;
    private static final int BATCH = 2;

    /** Three convolutions, so that the conversion of their input and output counts little. */
    private static final String PROGRAM =
            """
            class Net(Module):
              __parameters__ = []
              __buffers__ = []
              training : bool
              _is_full_backward_hook : Optional[bool]
              def convolve(self: __torch__.Net, x: Tensor, w: Tensor) -> Tensor:
                a = torch.conv2d(x, w, None, [1, 1], [1, 1], [1, 1], 1)
                b = torch.conv2d(a, w, None, [1, 1], [1, 1], [1, 1], 1)
                return torch.to(torch.conv2d(b, w, None, [1, 1], [1, 1], [1, 1], 1), 6)
              def forward(self: __torch__.Net, x: Tensor, w: Tensor) -> Tensor:
                return (self).convolve(torch.contiguous(torch.to(x, {EXACT}), memory_format={EXACT_FORMAT}), torch.contiguous(torch.to(w, {EXACT}), memory_format={EXACT_FORMAT}), )
              def rounded(self: __torch__.Net, x: Tensor, w: Tensor) -> Tensor:
                return (self).convolve(torch.contiguous(torch.to(x, {ROUNDED}), memory_format={ROUNDED_FORMAT}), torch.contiguous(torch.to(w, {ROUNDED}), memory_format={ROUNDED_FORMAT}), )
            """
                    .replace("{EXACT}", "" + Precision.FLOAT32.scalarType())
                    .replace("{EXACT_FORMAT}", "" + Precision.FLOAT32.memoryFormat())
                    .replace("{ROUNDED}", "" + Precision.BFLOAT16.scalarType())
                    .replace("{ROUNDED_FORMAT}", "" + Precision.BFLOAT16.memoryFormat());

    private PrecisionProbe() {}

    /**
     * {@return the precision in which networks are fastest here, bfloat16 only if it is clearly
     * faster and its gradients are right}
     *
     * @throws IllegalStateException if PyTorch cannot start on this computer
     */
    public static Precision fastest() {
        return Measured.FASTEST;
    }

    /** Measured once, when it is first asked for. */
    private static final class Measured {
        static final Precision FASTEST = trusted(measure());
    }

    /**
     * A library that computes wrong gradients in bfloat16 is not asked for results in it either.
     */
    private static Precision trusted(Precision fastest) {
        return GradientCheck.problem(fastest, ComputeDevice.CPU).isEmpty()
                ? fastest
                : Precision.FLOAT32;
    }

    private static Precision measure() {
        try (NDManager manager = TorchEngine.newManager()) {
            final PtSymbolBlock module =
                    JniUtils.loadModule(
                            (PtNDManager) manager,
                            new ByteArrayInputStream(TorchScriptArchive.of(PROGRAM)),
                            false,
                            false);
            final NDArray x = manager.full(new Shape(BATCH, CHANNELS, EDGE, EDGE), 0.01f);
            final NDArray w = manager.full(new Shape(CHANNELS, CHANNELS, 3, 3), 0.01f);
            final NDArray rounded = manager.create(0f);
            rounded.setName("module_method:rounded");
            return faster(
                    () -> call(module, x, w),
                    () -> call(module, rounded, x, w),
                    ROUNDS,
                    System::nanoTime);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // the module is read from memory
        }
    }

    private static void call(PtSymbolBlock module, NDArray... inputs) {
        try (NDArray y = IValueUtils.forward(module, new NDList(inputs), true).get(0)) {
            y.toFloatArray();
        }
    }

    /**
     * Runs both in turn, once without being timed, and compares their shortest times: whatever else
     * the computer does only makes them longer.
     */
    static Precision faster(Runnable float32, Runnable bfloat16, int rounds, LongSupplier clock) {
        float32.run();
        bfloat16.run();
        long exact = Long.MAX_VALUE;
        long rounded = Long.MAX_VALUE;
        for (int round = 0; round < rounds; round++) {
            exact = Math.min(exact, time(float32, clock));
            rounded = Math.min(rounded, time(bfloat16, clock));
        }
        return rounded < WORTHWHILE * exact ? Precision.BFLOAT16 : Precision.FLOAT32;
    }

    private static long time(Runnable action, LongSupplier clock) {
        final long start = clock.getAsLong();
        action.run();
        return clock.getAsLong() - start;
    }
}
