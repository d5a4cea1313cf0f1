/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model.store;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.model.ConventionalPredictor;
import org.deqir.model.ModelDescriptor;
import org.deqir.model.ModelDescriptor.StoredFile;
import org.deqir.model.ModelDescriptor.TestTensors;
import org.deqir.model.ModelException;
import org.deqir.network.ComputeDevice;
import org.deqir.network.TorchEngine;
import org.deqir.network.UNetNoisePredictor;
import org.deqir.network.checkpoint.Checkpoint;
import org.deqir.network.layout.Precision;
import org.deqir.progress.Progress;

/**
 * A prior in the store: found, described, not loaded.
 *
 * <p>A folder whose descriptor cannot be used is still listed, as broken and with the reason.
 */
public final class InstalledModel {

    private static final int LARGEST_DESCRIPTOR = 1 << 18;
    private static final double LARGEST_DIFFERENCE = 0.05;

    private final String name;
    private final ModelFiles files;
    private final ModelDescriptor descriptor;
    private final String problem;

    private InstalledModel(
            String name, ModelFiles files, ModelDescriptor descriptor, String problem) {
        this.name = name;
        this.files = files;
        this.descriptor = descriptor;
        this.problem = problem;
    }

    /** {@return the model of a folder, broken if it cannot be used} Never fails. */
    public static InstalledModel at(String name, ModelFiles files) {
        try {
            if (!files.has(ModelDescriptor.FILE_NAME))
                return broken(name, files, "it has no " + ModelDescriptor.FILE_NAME);
            final ModelDescriptor descriptor = ModelDescriptor.parse(read(files));
            for (StoredFile file : descriptor.files())
                if (!files.has(file.name()))
                    return broken(name, files, "its file " + file.name() + " is missing");
            return new InstalledModel(name, files, descriptor, null);
        } catch (IllegalArgumentException e) {
            return broken(name, files, e.getMessage());
        } catch (IOException | RuntimeException e) {
            // Whatever one folder holds, the others must be listed.
            return broken(name, files, "its descriptor cannot be read (" + e.getMessage() + ")");
        }
    }

    private static InstalledModel broken(String name, ModelFiles files, String problem) {
        return new InstalledModel(name, files, null, problem);
    }

    private static String read(ModelFiles files) throws IOException {
        try (InputStream in = files.open(ModelDescriptor.FILE_NAME)) {
            final byte[] bytes = in.readNBytes(LARGEST_DESCRIPTOR + 1);
            if (bytes.length > LARGEST_DESCRIPTOR)
                throw new IllegalArgumentException("The descriptor is larger than 256 KiB.");
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    /** {@return the name by which the model is chosen: that of its folder} */
    public String name() {
        return name;
    }

    /** {@return where the model is: a folder, or the address of a resource on the class path} */
    public String place() {
        return files.place();
    }

    /** {@return why the model cannot be used; empty if it can} */
    public Optional<String> problem() {
        return Optional.ofNullable(problem);
    }

    /**
     * {@return what is known about the model}
     *
     * @throws IllegalStateException if it is broken
     */
    public ModelDescriptor descriptor() {
        if (descriptor == null) throw new IllegalStateException(brokenMessage());
        return descriptor;
    }

    private String brokenMessage() {
        return "The model " + name + " is broken: " + problem + (problem.endsWith(".") ? "" : ".");
    }

    /** {@return the files of the model} */
    public ModelFiles files() {
        return files;
    }

    /** {@return the folder of the model; empty if it is shipped on the class path} */
    public Optional<Path> folder() {
        return files instanceof ModelFiles.Folder folder
                ? Optional.of(folder.path())
                : Optional.empty();
    }

    /** {@return bytes of all files that the model has; 0 for what cannot be read} */
    public long bytes() {
        return files.bytes();
    }

    /**
     * Reads all files and compares them with their hashes.
     *
     * @param progress shows how far the work is, and is asked whether to go on
     * @return this model, or the same as a broken one if a file is not the one that was described
     * @throws java.util.concurrent.CancellationException if the user cancelled
     */
    public InstalledModel checked(Progress progress) {
        if (descriptor == null) return this;
        try {
            for (StoredFile file : descriptor.files()) {
                progress.checkCanceled();
                requireHash(file);
            }
            return this;
        } catch (ModelException e) {
            return broken(name, files, e.getMessage());
        } catch (IOException e) {
            return broken(name, files, "a file cannot be read (" + e.getMessage() + ")");
        }
    }

    /** As {@link #load(Precision, ComputeDevice)}, onto the processor. */
    public DiffusionPrior load(Precision precision) throws IOException {
        return load(precision, ComputeDevice.CPU);
    }

    /**
     * {@return the network, loaded onto a device that this computer has; the caller closes it}
     *
     * @throws ModelException if the model is broken or a file is not the one that was described
     * @throws IllegalStateException if PyTorch cannot start on this computer
     */
    public DiffusionPrior load(Precision precision, ComputeDevice device) throws IOException {
        if (descriptor == null) throw new ModelException(brokenMessage());
        final ConventionalPredictor predictor =
                new ConventionalPredictor(
                        name,
                        network(precision, device),
                        descriptor.schedule(),
                        descriptor.intensities(),
                        descriptor.prediction());
        return new DiffusionPrior(
                name, descriptor.weights().sha256(), predictor, predictor.schedule());
    }

    /** The network as it is, with its own conventions. */
    private UNetNoisePredictor network(Precision precision, ComputeDevice device)
            throws IOException {
        requireHash(descriptor.weights());
        try (Checkpoint checkpoint = files.checkpoint(descriptor.weights().name())) {
            return UNetNoisePredictor.load(
                    descriptor.architecture(), checkpoint, precision, device);
        } catch (IllegalArgumentException | IOException e) {
            throw new ModelException(
                    "The model " + name + " cannot be loaded: " + e.getMessage(), e);
        }
    }

    /**
     * Opens the weights, under exactly the names of the network's layout.
     *
     * @return the weights; the caller closes them
     * @throws ModelException if the model is broken or the file is not the one that was described
     */
    public Checkpoint weights() throws IOException {
        if (descriptor == null) throw new ModelException(brokenMessage());
        requireHash(descriptor.weights());
        return files.checkpoint(descriptor.weights().name());
    }

    /**
     * Checks the hashes of all files and runs the network on the stored test input.
     *
     * @param precision number format to compute in
     * @return relative difference ‖a − b‖/‖b‖ between its output a and the stored one b; about 1e-6
     *     in float32 on the computer that wrote the model, larger on others
     * @throws ModelException if the model is broken, holds no test or differs by more than 5 %
     */
    public double verify(Precision precision) throws IOException {
        if (descriptor == null) throw new ModelException(brokenMessage());
        final TestTensors test = descriptor.test();
        if (test == null) throw new ModelException("The model " + name + " holds no test.");
        final NumpyFile image = read(test.image());
        final NumpyFile timestep = read(test.timestep());
        final float[] expected = read(test.noise()).values();
        try (UNetNoisePredictor network = network(precision, ComputeDevice.CPU);
                NDManager manager = TorchEngine.newManager()) {
            final double[] t = new double[timestep.values().length];
            for (int i = 0; i < t.length; i++) t[i] = timestep.values()[i];
            final NDArray x = manager.create(image.values(), image.shape());
            final double difference =
                    relativeDifference(network.predict(x, t).toFloatArray(), expected);
            if (!(difference <= LARGEST_DIFFERENCE))
                throw new ModelException(
                        "The model "
                                + name
                                + " does not reproduce its stored test: the relative difference is "
                                + difference
                                + ".");
            return difference;
        } catch (IllegalArgumentException e) {
            throw new ModelException("The test of the model " + name + " does not fit it.", e);
        }
    }

    private NumpyFile read(StoredFile file) throws IOException {
        requireHash(file);
        try (InputStream in = files.open(file.name())) {
            return NumpyFile.read(in);
        } catch (IOException e) {
            throw new ModelException(
                    "The file %s of the model %s is %s."
                            .formatted(file.name(), name, e.getMessage()),
                    e);
        }
    }

    private static double relativeDifference(float[] a, float[] b) {
        if (a.length != b.length)
            throw new IllegalArgumentException(a.length + " values, not " + b.length);
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < a.length; i++) {
            difference += Math.pow((double) a[i] - b[i], 2);
            norm += Math.pow(b[i], 2);
        }
        return Math.sqrt(difference / norm);
    }

    private void requireHash(StoredFile file) throws IOException {
        final String found = Sha256.of(files.open(file.name()));
        if (!found.equals(file.sha256()))
            throw new ModelException(
                    "The file %s of the model %s was changed: its SHA-256 is %s, not %s."
                            .formatted(file.name(), name, found, file.sha256()));
    }
}
