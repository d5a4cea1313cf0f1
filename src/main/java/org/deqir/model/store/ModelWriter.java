/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model.store;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.deqir.model.Intensities;
import org.deqir.model.ModelCard;
import org.deqir.model.ModelDescriptor;
import org.deqir.model.ModelDescriptor.StoredFile;
import org.deqir.model.ModelDescriptor.TestTensors;
import org.deqir.model.Prediction;
import org.deqir.model.ScheduleDescription;
import org.deqir.network.TorchEngine;
import org.deqir.network.UNetNoisePredictor;
import org.deqir.network.checkpoint.Checkpoint;
import org.deqir.network.checkpoint.ElementType;
import org.deqir.network.checkpoint.Safetensors;
import org.deqir.network.checkpoint.SafetensorsWriter;
import org.deqir.network.layout.NetworkArchitecture;
import org.deqir.network.layout.Precision;
import org.deqir.progress.Progress;

/** Writes the folder of a model. */
public final class ModelWriter {

    private static final String WEIGHTS = "weights.safetensors";
    private static final String IMAGE = "test-image.npy";
    private static final String TIMESTEP = "test-timestep.npy";
    private static final String NOISE = "test-noise.npy";

    /** Names of all files that it writes. */
    static final List<String> FILES =
            List.of(
                    ModelDescriptor.FILE_NAME,
                    ModelDescriptor.DOCUMENTATION_NAME,
                    WEIGHTS,
                    IMAGE,
                    TIMESTEP,
                    NOISE);

    private static final int TEST_SIZE = 64;
    private static final double TEST_TIMESTEP = 250;

    private ModelWriter() {}

    /**
     * Writes descriptor, weights and a test input with the network's output for it. Weights are
     * converted one tensor at a time.
     *
     * @param folder folder to fill; created if missing, files in it are replaced
     * @param card what people should know about the model
     * @param architecture the network, which predicts the noise in images from −1 to 1
     * @param schedule the noise schedule it was trained with
     * @param checkpoint the weights, under exactly the names of the architecture
     * @param type format of the weights in the file: float32, float16 or bfloat16
     * @param progress told how far it is, and asked whether the user cancelled
     * @return what was written
     * @throws java.util.concurrent.CancellationException if the user cancelled; some files are
     *     there then
     * @throws IllegalArgumentException if the checkpoint does not fit the architecture or the
     *     network's answer to the test input is not finite
     * @throws IOException if a file cannot be written
     */
    public static ModelDescriptor write(
            Path folder,
            ModelCard card,
            NetworkArchitecture architecture,
            ScheduleDescription schedule,
            Checkpoint checkpoint,
            ElementType type,
            Progress progress)
            throws IOException {
        Files.createDirectories(folder);
        writeWeights(folder, checkpoint, type, progress.part(0, 0.8));
        progress.update("Storing the test", 0.8);
        progress.checkCanceled();
        try (UNetNoisePredictor network = load(folder, architecture)) {
            return writeDescriptor(
                    folder, card, schedule, Intensities.SIGNED, Prediction.EPSILON, network);
        }
    }

    /**
     * Writes the weights, one tensor at a time.
     *
     * @param checkpoint the weights, under exactly the names of the architecture
     * @throws IOException if the weights cannot be read or written
     */
    public static void writeWeights(
            Path folder, Checkpoint checkpoint, ElementType type, Progress progress)
            throws IOException {
        SafetensorsWriter.write(
                folder.resolve(WEIGHTS), checkpoint, type, Map.of("format", "pt"), progress);
    }

    /**
     * {@return the network with the weights that were written}
     *
     * @throws IOException if the weights cannot be read
     */
    public static UNetNoisePredictor load(Path folder, NetworkArchitecture architecture)
            throws IOException {
        try (Checkpoint written = Safetensors.open(folder.resolve(WEIGHTS))) {
            return UNetNoisePredictor.load(architecture, written, Precision.FLOAT32);
        }
    }

    /**
     * Writes all but the weights, which must be there.
     *
     * @param network the network with the written weights; it answers the test input
     * @return what was written
     * @throws IOException if a file cannot be written
     */
    public static ModelDescriptor writeDescriptor(
            Path folder,
            ModelCard card,
            ScheduleDescription schedule,
            Intensities intensities,
            Prediction prediction,
            UNetNoisePredictor network)
            throws IOException {
        final TestTensors test = test(folder, network);
        final ModelDescriptor descriptor =
                new ModelDescriptor(
                        card,
                        network.architecture(),
                        schedule,
                        intensities,
                        prediction,
                        stored(folder.resolve(WEIGHTS)),
                        test);
        Files.writeString(folder.resolve(ModelDescriptor.DOCUMENTATION_NAME), card.toMarkdown());
        Files.writeString(folder.resolve(ModelDescriptor.FILE_NAME), descriptor.toYaml());
        return descriptor;
    }

    private static TestTensors test(Path folder, UNetNoisePredictor network) throws IOException {
        final int size = Math.max(TEST_SIZE, network.architecture().stride());
        final Shape shape = new Shape(1, network.channels(), size, size);
        final float[] image = new float[(int) shape.size()];
        final Random random = new Random(1);
        for (int i = 0; i < image.length; i++) image[i] = (float) random.nextGaussian();
        final float[] noise;
        try (NDManager manager = TorchEngine.newManager()) {
            final NDArray x = manager.create(image, shape);
            noise = network.predict(x, new double[] {TEST_TIMESTEP}).toFloatArray();
        }
        for (float value : noise)
            if (!Float.isFinite(value))
                throw new IllegalArgumentException(
                        "The network answers its test image with "
                                + value
                                + ", so its weights cannot be those of a trained network.");
        final float[] timestep = {(float) TEST_TIMESTEP};
        return new TestTensors(
                store(folder.resolve(IMAGE), new NumpyFile(shape, image)),
                store(folder.resolve(TIMESTEP), new NumpyFile(new Shape(1), timestep)),
                store(folder.resolve(NOISE), new NumpyFile(shape, noise)));
    }

    private static StoredFile store(Path file, NumpyFile array) throws IOException {
        array.write(file);
        return stored(file);
    }

    private static StoredFile stored(Path file) throws IOException {
        return new StoredFile(file.getFileName().toString(), Sha256.of(Files.newInputStream(file)));
    }
}
