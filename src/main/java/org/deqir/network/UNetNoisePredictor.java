/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.deqir.diffusion.DifferentiableNoisePredictor;
import org.deqir.network.checkpoint.Checkpoint;
import org.deqir.network.checkpoint.CheckpointException;
import org.deqir.network.layout.ArchitectureInference;
import org.deqir.network.layout.NetworkArchitecture;
import org.deqir.network.layout.NetworkProgram;
import org.deqir.network.layout.Precision;
import org.deqir.network.layout.TorchScriptArchive;

/**
 * Runs a {@link NetworkArchitecture} with the weights of a checkpoint.
 *
 * <p>Images whose height or width is not a multiple of the network's stride are extended at their
 * lower and right border by reflection (however small they are), and the result is cropped.
 *
 * <p>Several threads may use one predictor at the same time, whatever PyTorch's gradient mode in
 * each of them is; {@link #close} must not run meanwhile. Results are ordinary tensors: they carry
 * no history of operations and may be changed in place.
 */
public final class UNetNoisePredictor implements DifferentiableNoisePredictor {

    /** DJL gathers inputs of one name that ends so into one list. */
    private static final String WEIGHTS = "p[]";

    /**
     * Pixels times channels of the first level in one call on a processor, for two threads. Larger
     * tensors leave the processor's caches, and above 32 MB each is mapped anew by the system, page
     * by page: 25 images of 64 × 64 pixels took 3000 page faults each in one call, 8 none.
     */
    private static final long FEATURES_PER_CALL = 1 << 20;

    private final NetworkArchitecture architecture;
    private final Precision precision;
    private final ComputeDevice device;
    private final NDManager manager;
    private final PtSymbolBlock module;
    private final NDList weights = new NDList();
    private final NDArray pullbackMethod;
    private final List<Map.Entry<String, Shape>> parameters;
    private final long bytesPerPixel;

    private UNetNoisePredictor(
            NetworkArchitecture architecture,
            NetworkProgram program,
            Precision precision,
            ComputeDevice device,
            NDManager manager)
            throws IOException {
        this.architecture = architecture;
        this.precision = precision;
        this.device = device;
        this.bytesPerPixel = (long) precision.bytesPerFeature() * architecture.width();
        this.manager = manager;
        this.parameters = List.copyOf(program.parameters().entrySet());
        this.module =
                JniUtils.loadModule(
                        (PtNDManager) manager,
                        new ByteArrayInputStream(
                                TorchScriptArchive.of(
                                        device == ComputeDevice.CPU && TorchEngine.isX86()
                                                ? program.sourceForProcessor()
                                                : program.source())),
                        false,
                        false);
        this.pullbackMethod = method("pullback", manager);
    }

    /**
     * Loads a network. The checkpoint is read once, tensor by tensor, and not needed afterwards.
     *
     * @param architecture the layout of the network
     * @param checkpoint its weights, under exactly the names that the layout gives them
     * @param precision number format to compute in
     * @return the network on the processor, which the caller closes
     * @throws IllegalArgumentException if tensors are missing, unexpected or of another shape; the
     *     message lists them
     * @throws CheckpointException if the file is incomplete or holds weights that are not finite
     * @throws IllegalStateException if PyTorch cannot start on this computer
     */
    public static UNetNoisePredictor load(
            NetworkArchitecture architecture, Checkpoint checkpoint, Precision precision)
            throws IOException {
        return load(architecture, checkpoint, precision, ComputeDevice.CPU);
    }

    /**
     * Loads a network onto a device that this computer has, otherwise as onto the processor. Images
     * may be anywhere; results are where their images are.
     */
    public static UNetNoisePredictor load(
            NetworkArchitecture architecture,
            Checkpoint checkpoint,
            Precision precision,
            ComputeDevice device)
            throws IOException {
        final NetworkProgram program = architecture.program(precision);
        ArchitectureInference.requireFit(architecture, checkpoint.tensors());
        final NDManager manager = TorchEngine.newManager(device);
        try {
            final UNetNoisePredictor predictor =
                    new UNetNoisePredictor(architecture, program, precision, device, manager);
            for (Map.Entry<String, Shape> parameter : program.parameters().entrySet())
                predictor.add(
                        checkpoint.read(parameter.getKey()),
                        parameter.getValue(),
                        parameter.getKey(),
                        program.kind(parameter.getKey()));
            return predictor;
        } catch (IOException | RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    /**
     * Another way of computing with the same weights, such as with another number of attention
     * heads.
     *
     * @param other its layout, with parameters of the same names and shapes
     * @param precision number format to compute in
     * @return a predictor that works until this one is closed, and is closed by itself
     * @throws IllegalArgumentException if the other architecture has other parameters
     * @throws IOException if PyTorch cannot load the program
     */
    public UNetNoisePredictor as(NetworkArchitecture other, Precision precision)
            throws IOException {
        final NetworkProgram program = other.program(precision);
        if (!List.copyOf(program.parameters().entrySet()).equals(parameters))
            throw new IllegalArgumentException(
                    "A network with %s has other weights than one with %s."
                            .formatted(other.configuration(), architecture.configuration()));
        final UNetNoisePredictor result =
                new UNetNoisePredictor(
                        other, program, precision, device, TorchEngine.newManager(device));
        result.weights.addAll(weights);
        return result;
    }

    private void add(float[] values, Shape shape, String name, NetworkProgram.Kind kind)
            throws CheckpointException {
        for (float value : values)
            if (!Float.isFinite(value))
                throw new CheckpointException(
                        "The weights " + name + " hold " + value + ", which no network can use.");
        try (NDManager temporary = manager.newSubManager()) {
            // A tensor made from a Java array shares its memory with a buffer that Java frees; what
            // is kept must be a copy.
            final NDArray buffer = temporary.create(values, shape);
            final NDArray weight =
                    kind == NetworkProgram.Kind.IMAGE
                            ? run(new NDList(method("prepare", temporary), buffer)).get(0)
                            : buffer.duplicate();
            weight.attach(manager);
            weight.setName(WEIGHTS);
            weights.add(weight);
        }
    }

    /** An input that tells DJL which method of the module to call. */
    private static NDArray method(String name, NDManager owner) {
        final NDArray marker = owner.create(0f);
        marker.setName("module_method:" + name);
        return marker;
    }

    private NDList run(NDList inputs) {
        // "Training" keeps DJL from running the call in PyTorch's inference mode, whose results
        // can never be changed in place or differentiated afterwards.
        return RunningCalls.during(() -> IValueUtils.forward(module, inputs, true));
    }

    @Override
    public int channels() {
        return architecture.channels();
    }

    @Override
    public String device() {
        return device.label();
    }

    @Override
    public long bytesPerPixel() {
        return bytesPerPixel;
    }

    /** {@return the layout of the network} */
    public NetworkArchitecture architecture() {
        return architecture;
    }

    @Override
    public NDArray predict(NDArray x, double[] timesteps) {
        requireImages(x, timesteps);
        try (NDManager temporary = x.getManager().newSubManager()) {
            final int rows = timesteps.length;
            final int calls = calls(x);
            if (calls == 1) return handedOver(call(temporary, x, timesteps, null).get(0), x);
            final NDList parts = new NDList();
            for (int i = 0; i < calls; i++) {
                final int from = rows * i / calls;
                final int to = rows * (i + 1) / calls;
                try (NDManager ofCall = temporary.newSubManager()) {
                    final NDArray part = x.get(new NDIndex(from + ":" + to));
                    part.attach(ofCall);
                    final NDArray epsilon =
                            call(ofCall, part, Arrays.copyOfRange(timesteps, from, to), null)
                                    .get(0);
                    epsilon.attach(temporary);
                    parts.add(epsilon);
                }
            }
            return handedOver(NDArrays.concat(parts), x);
        }
    }

    /** Calls that images are split into, so that none on this device loses time. */
    private int calls(NDArray x) {
        final long images = x.getShape().get(0);
        if (device != ComputeDevice.CPU) return 1;
        final long each = x.getShape().get(2) * x.getShape().get(3) * architecture.width();
        final long most =
                Math.max(1, FEATURES_PER_CALL * Math.max(1, TorchEngine.threads() / 2) / each);
        return Math.toIntExact((images + most - 1) / most);
    }

    @Override
    public Pullback pullback(NDArray x, double[] timesteps, NDArray v) {
        requireImages(x, timesteps);
        if (!v.getShape().equals(x.getShape()) || v.getDataType() != DataType.FLOAT32)
            throw new IllegalArgumentException(
                    "The gradient to pull back is %s %s, not float32 %s like the images."
                            .formatted(v.getDataType(), v.getShape(), x.getShape()));
        GradientCheck.require(precision, device);
        try (NDManager temporary = x.getManager().newSubManager()) {
            // The mode is one of the thread's.
            final boolean mode = JniUtils.isGradMode();
            JniUtils.setGradMode(true);
            try {
                final NDList results = call(temporary, x, timesteps, v);
                return new Pullback(handedOver(results.get(0), x), handedOver(results.get(1), x));
            } finally {
                JniUtils.setGradMode(mode);
            }
        }
    }

    /** A result where its image is and with the image's owner. */
    private static NDArray handedOver(NDArray result, NDArray x) {
        final NDArray there = result.toDevice(x.getDevice(), false);
        there.attach(x.getManager());
        return there;
    }

    private NDList call(NDManager caller, NDArray x, double[] timesteps, NDArray v) {
        // Its arrays are on the network's device, and live as long as the caller's.
        final NDManager temporary = caller.newSubManager(device.djl());
        final NDList inputs = new NDList();
        inputs.add(unnamed(x, temporary));
        final float[] t = new float[timesteps.length];
        for (int i = 0; i < t.length; i++) t[i] = (float) timesteps[i];
        inputs.add(temporary.create(t));
        inputs.add(temporary.create(reflected(x.getShape().get(2), architecture.stride())));
        inputs.add(temporary.create(reflected(x.getShape().get(3), architecture.stride())));
        if (v != null) {
            inputs.add(unnamed(v, temporary));
            inputs.add(pullbackMethod);
        }
        inputs.addAll(weights);
        return run(inputs);
    }

    /**
     * The same tensor on the network's device, without its name, which DJL would take for an
     * instruction, and history.
     */
    private NDArray unnamed(NDArray array, NDManager owner) {
        final NDArray alias = array.stopGradient();
        alias.attach(owner);
        final NDArray there = alias.toDevice(device.djl(), false);
        there.attach(owner);
        return there;
    }

    /**
     * Indices 0 … size−1, continued to a multiple of the stride by reflection at the borders
     * without repeating the border: … 2 1 0 1 2 … size−2 size−1 size−2 …
     */
    static long[] reflected(long size, int stride) {
        final long[] indices = new long[Math.toIntExact((size + stride - 1) / stride * stride)];
        final long period = Math.max(1, 2 * (size - 1));
        for (int i = 0; i < indices.length; i++)
            indices[i] = size == 1 ? 0 : Math.min(i % period, period - i % period);
        return indices;
    }

    private void requireImages(NDArray x, double[] timesteps) {
        final Shape shape = x.getShape();
        if (shape.dimension() != 4
                || shape.get(1) != channels()
                || shape.size() == 0
                || x.getDataType() != DataType.FLOAT32)
            throw new IllegalArgumentException(
                    "The network takes float32 images (N, %s, H, W), not %s %s."
                            .formatted(channels(), x.getDataType(), shape));
        if (timesteps.length != shape.get(0))
            throw new IllegalArgumentException(
                    "There are %s timesteps for %s images."
                            .formatted(timesteps.length, shape.get(0)));
        for (double t : timesteps)
            if (!(t >= 0 && Double.isFinite(t)))
                throw new IllegalArgumentException("Timestep " + t + " is not a number from 0 on.");
    }

    @Override
    public void close() {
        manager.close();
    }
}
