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
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.deqir.network.checkpoint.Checkpoint;
import org.deqir.network.checkpoint.ElementType;
import org.deqir.network.checkpoint.TensorInfo;
import org.deqir.network.layout.ArchitectureInference;
import org.deqir.network.layout.NetworkArchitecture;
import org.deqir.network.layout.NetworkProgram;
import org.deqir.network.layout.Precision;
import org.deqir.network.layout.TorchScriptArchive;
import org.deqir.network.layout.TrainingProgram;

/**
 * A network whose weights are being learned: float32 weights, Adam's moments and the moving average
 * of the weights, all as long as this object lives.
 *
 * <p>Images are arrays of float32 in N, C, H, W order, H and W multiples of the network's stride.
 * For use by one thread at a time.
 */
public final class TrainableNetwork implements AutoCloseable {

    private static final String WEIGHTS = "weights.";
    private static final String AVERAGE = "average.";
    private static final String FIRST_MOMENT = "first_moment.";
    private static final String SECOND_MOMENT = "second_moment.";

    private final NetworkArchitecture architecture;
    private final Precision precision;
    private final ComputeDevice device;
    private final NDManager manager;
    private final PtSymbolBlock module;
    private final Map<String, Shape> parameters;
    private final NDList weights;
    private final NDList average;
    private final NDList firstMoment;
    private final NDList secondMoment;
    private double lastGradientNorm = Double.NaN;

    /** Reads the values of a parameter. */
    private interface Values {
        float[] of(String parameter) throws IOException;
    }

    private TrainableNetwork(
            NetworkArchitecture architecture,
            Precision precision,
            ComputeDevice device,
            Values weights,
            Values average,
            Values firstMoment,
            Values secondMoment)
            throws IOException {
        this.architecture = architecture;
        final NetworkProgram program = architecture.program(precision);
        parameters = program.parameters();
        this.precision = precision;
        this.device = device;
        manager = TorchEngine.newManager(device);
        try {
            module =
                    JniUtils.loadModule(
                            (PtNDManager) manager,
                            new ByteArrayInputStream(
                                    TorchScriptArchive.of(TrainingProgram.source(program))),
                            false,
                            false);
            this.weights = list("w[]", weights);
            this.average = list("a[]", average);
            this.firstMoment = list("m[]", firstMoment);
            this.secondMoment = list("v[]", secondMoment);
        } catch (IOException | RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    /**
     * {@return a network before its first step}
     *
     * @param architecture the layout
     * @param weights the weights to start from, under exactly the names of the layout
     * @param precision what the network computes in; weights, gradients and moments are float32
     * @param device what to compute on, one that this computer has
     * @throws IllegalArgumentException if weights are missing, unexpected or of another shape
     * @throws IllegalStateException if PyTorch cannot start on this computer
     * @throws IOException if the weights cannot be read
     */
    public static TrainableNetwork start(
            NetworkArchitecture architecture,
            Checkpoint weights,
            Precision precision,
            ComputeDevice device)
            throws IOException {
        ArchitectureInference.requireFit(architecture, weights.tensors());
        final Values zero = name -> new float[(int) weights.tensors().get(name).elements()];
        return new TrainableNetwork(
                architecture, precision, device, weights::read, weights::read, zero, zero);
    }

    /**
     * {@return a network as {@link #state} described it}
     *
     * @param architecture the layout it had
     * @param state what {@link #state} gave, perhaps written and read since
     * @param precision what the network computes in; need not be that of before
     * @param device what to compute on, one that this computer has
     * @throws IllegalArgumentException if the state is not that of such a network
     * @throws IOException if the state cannot be read
     */
    public static TrainableNetwork resume(
            NetworkArchitecture architecture,
            Checkpoint state,
            Precision precision,
            ComputeDevice device)
            throws IOException {
        for (String part : List.of(WEIGHTS, AVERAGE, FIRST_MOMENT, SECOND_MOMENT))
            ArchitectureInference.requireFit(architecture, state.below(part).tensors());
        return new TrainableNetwork(
                architecture,
                precision,
                device,
                name -> state.read(WEIGHTS + name),
                name -> state.read(AVERAGE + name),
                name -> state.read(FIRST_MOMENT + name),
                name -> state.read(SECOND_MOMENT + name));
    }

    private NDList list(String name, Values values) throws IOException {
        final NDList list = new NDList();
        for (Map.Entry<String, Shape> parameter : parameters.entrySet())
            try (NDArray buffer =
                    manager.create(values.of(parameter.getKey()), parameter.getValue())) {
                // A tensor made from a Java array shares its memory with a buffer that Java frees.
                final NDArray copy = buffer.duplicate();
                copy.setName(name);
                list.add(copy);
            }
        return list;
    }

    /** {@return the layout of the network} */
    public NetworkArchitecture architecture() {
        return architecture;
    }

    /** {@return what the network is trained on, in words for the user} */
    public String device() {
        return device.label();
    }

    /**
     * One step down the gradient of the loss, the mean squared error of the predicted noise.
     *
     * @param noisy noisy images, (N, C, H, W)
     * @param timesteps timestep of each image
     * @param noise the noise in them, as large
     * @param height H
     * @param width W
     * @param step settings of the step
     * @param k number of the step, from 1
     * @return the loss before the step
     * @throws ArithmeticException if the loss is not finite; the weights are unchanged then
     * @throws IllegalStateException if this computer's PyTorch computes wrong gradients
     */
    public double step(
            float[] noisy,
            float[] timesteps,
            float[] noise,
            int height,
            int width,
            AdamStep step,
            long k) {
        GradientCheck.require(precision, device);
        try (NDManager temporary = manager.newSubManager()) {
            final NDList inputs = images(temporary, noisy, timesteps, noise, height, width);
            inputs.addAll(weights);
            final NDList results = withGradients(() -> run("gradient", temporary, inputs));
            final float loss = results.get(0).toFloatArray()[0];
            if (!Float.isFinite(loss)) throw new ArithmeticException("the loss is " + loss);
            final NDList state = new NDList(weights);
            for (int i = 1; i < results.size(); i++) {
                final NDArray gradient = results.get(i);
                gradient.setName("g[]");
                state.add(gradient);
            }
            state.addAll(firstMoment);
            state.addAll(secondMoment);
            state.addAll(average);
            state.add(temporary.create(step.numbers(k)));
            final float norm = run("update", temporary, state).get(0).toFloatArray()[0];
            if (!Float.isFinite(norm))
                throw new ArithmeticException("the norm of the gradient is " + norm);
            lastGradientNorm = norm;
            return loss;
        }
    }

    /** Norm of the gradient of the last {@link #step}, before it was scaled down. */
    double lastGradientNorm() {
        return lastGradientNorm;
    }

    /** {@return the loss of the averaged weights, as {@link #step} has it for the current ones} */
    public double loss(float[] noisy, float[] timesteps, float[] noise, int height, int width) {
        try (NDManager temporary = manager.newSubManager()) {
            final NDList inputs = images(temporary, noisy, timesteps, noise, height, width);
            inputs.addAll(averageAsWeights(temporary));
            return run("loss", temporary, inputs).get(0).toFloatArray()[0];
        }
    }

    /**
     * {@return the noise that the averaged weights predict for {@code noisy}, both (N, C, H, W) row
     * by row}
     */
    public float[] predict(float[] noisy, float[] timesteps, int height, int width) {
        try (NDManager temporary = manager.newSubManager()) {
            final NDList inputs = images(temporary, noisy, timesteps, null, height, width);
            inputs.addAll(averageAsWeights(temporary));
            return run("predict", temporary, inputs).get(0).toFloatArray();
        }
    }

    private NDList images(
            NDManager owner,
            float[] noisy,
            float[] timesteps,
            float[] noise,
            int height,
            int width) {
        final int stride = architecture.stride();
        final int channels = architecture.channels();
        if (height % stride != 0
                || width % stride != 0
                || noisy.length != timesteps.length * channels * height * width)
            throw new IllegalArgumentException(
                    String.format(
                            "The network takes images of %s channels whose sides are multiples of"
                                    + " %s, not %s values as %s images of %s × %s pixels.",
                            channels, stride, noisy.length, timesteps.length, height, width));
        final Shape shape = new Shape(timesteps.length, channels, height, width);
        final NDList images = new NDList(owner.create(noisy, shape), owner.create(timesteps));
        if (noise != null) images.add(owner.create(noise, shape));
        return images;
    }

    /** The average under the name of the weights, for this call; the tensors are the same. */
    private NDList averageAsWeights(NDManager owner) {
        final NDList list = new NDList();
        for (NDArray array : average) {
            final NDArray alias = array.stopGradient();
            alias.attach(owner);
            alias.setName("w[]");
            list.add(alias);
        }
        return list;
    }

    private NDList run(String method, NDManager owner, NDList inputs) {
        final NDArray marker = owner.create(0f);
        marker.setName("module_method:" + method);
        final NDList all = new NDList(inputs);
        all.add(marker);
        // PyTorch would rewrite a method after its first calls, which changes the last bits: a
        // resumed network, whose first calls come later, would differ. The switch is one of the
        // thread's, and on by default.
        JniUtils.setGraphExecutorOptimize(false);
        try {
            final NDList results =
                    RunningCalls.during(() -> IValueUtils.forward(module, all, true));
            results.attach(owner);
            return results;
        } finally {
            JniUtils.setGraphExecutorOptimize(true);
        }
    }

    /** The mode is one of the thread's. */
    private static NDList withGradients(Supplier<NDList> call) {
        final boolean mode = JniUtils.isGradMode();
        JniUtils.setGradMode(true);
        try {
            return call.get();
        } finally {
            JniUtils.setGradMode(mode);
        }
    }

    /** {@return the averaged weights, which are those for use, under the names of the layout} */
    public Checkpoint averaged() {
        return new Copies(tensors("", average));
    }

    /** {@return all that {@link #resume} needs} */
    public Checkpoint state() {
        final Map<String, NDArray> all = new LinkedHashMap<>();
        all.putAll(tensors(WEIGHTS, weights));
        all.putAll(tensors(AVERAGE, average));
        all.putAll(tensors(FIRST_MOMENT, firstMoment));
        all.putAll(tensors(SECOND_MOMENT, secondMoment));
        return new Copies(all);
    }

    private Map<String, NDArray> tensors(String prefix, NDList list) {
        final Map<String, NDArray> tensors = new LinkedHashMap<>();
        final List<String> names = new ArrayList<>(parameters.keySet());
        for (int i = 0; i < names.size(); i++) tensors.put(prefix + names.get(i), list.get(i));
        return tensors;
    }

    /** Tensors read when they are asked for; closing it closes nothing. */
    private record Copies(Map<String, NDArray> arrays) implements Checkpoint {

        @Override
        public Map<String, TensorInfo> tensors() {
            final Map<String, TensorInfo> infos = new LinkedHashMap<>();
            arrays.forEach(
                    (name, array) ->
                            infos.put(name, new TensorInfo(ElementType.FLOAT32, array.getShape())));
            return Collections.unmodifiableMap(infos);
        }

        @Override
        public float[] read(String name) {
            final NDArray array = arrays.get(name);
            if (array == null)
                throw new IllegalArgumentException("There is no tensor " + name + ".");
            return array.toFloatArray();
        }

        @Override
        public void close() {
            // The tensors belong to the network.
        }
    }

    @Override
    public void close() {
        manager.close();
    }
}
