/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.model.ModelDescriptor.StoredFile;
import org.deqir.network.Precision;
import org.deqir.network.UNetNoisePredictor;
import org.deqir.network.checkpoint.Checkpoint;

/**
 * A prior in the store: found, described, not loaded.
 *
 * <p>A folder whose descriptor cannot be used is still listed, as broken and with the reason.
 */
public final class InstalledModel {

    private static final int LARGEST_DESCRIPTOR = 1 << 20;

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

    /** Looks at a folder; never fails. */
    static InstalledModel at(String name, ModelFiles files) {
        try {
            if (!files.has(ModelDescriptor.FILE_NAME))
                return broken(name, files, "it has no " + ModelDescriptor.FILE_NAME);
            final ModelDescriptor descriptor = ModelDescriptor.parse(read(files));
            final String weights = descriptor.weights().name();
            return files.has(weights)
                    ? new InstalledModel(name, files, descriptor, null)
                    : broken(name, files, "its file " + weights + " is missing");
        } catch (IllegalArgumentException e) {
            return broken(name, files, e.getMessage());
        } catch (IOException e) {
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
                throw new IllegalArgumentException("The descriptor is larger than 1 MiB.");
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    /** The name by which the model is chosen: that of its folder. */
    public String name() {
        return name;
    }

    /** Where the model is: a folder, or the address of a resource on the class path. */
    public String place() {
        return files.place();
    }

    /** Why the model cannot be used, or nothing if it can. */
    public Optional<String> problem() {
        return Optional.ofNullable(problem);
    }

    /**
     * What is known about the model.
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

    /**
     * Loads the network.
     *
     * @param precision number format to compute in
     * @return the prior; the caller closes it
     * @throws ModelException if the model is broken or a file is not the one that was described
     * @throws IllegalStateException if PyTorch cannot start on this computer
     */
    public DiffusionPrior load(Precision precision) throws IOException {
        if (descriptor == null) throw new ModelException(brokenMessage());
        requireHash(descriptor.weights());
        try (Checkpoint checkpoint = files.checkpoint(descriptor.weights().name())) {
            return new DiffusionPrior(
                    name,
                    descriptor.weights().sha256(),
                    UNetNoisePredictor.load(descriptor.architecture(), checkpoint, precision),
                    descriptor.schedule().schedule());
        } catch (IllegalArgumentException | IOException e) {
            throw new ModelException(
                    "The model " + name + " cannot be loaded: " + e.getMessage(), e);
        }
    }

    private void requireHash(StoredFile file) throws IOException {
        final String found = Sha256.of(files.open(file.name()));
        if (!found.equals(file.sha256()))
            throw new ModelException(
                    "The file "
                            + file.name()
                            + " of the model "
                            + name
                            + " was changed: its SHA-256 is "
                            + found
                            + ", not "
                            + file.sha256()
                            + ".");
    }
}
