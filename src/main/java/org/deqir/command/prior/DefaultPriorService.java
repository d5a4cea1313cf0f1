/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.prior;

import ij.IJ;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import org.deqir.Restoration;
import org.deqir.Restorer;
import org.deqir.Sampling;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.Plane;
import org.deqir.model.ModelDescriptor;
import org.deqir.model.store.InstalledModel;
import org.deqir.model.store.ModelStore;
import org.deqir.network.ComputeDevice;
import org.deqir.network.PrecisionProbe;
import org.deqir.network.layout.Precision;
import org.deqir.network.natives.NativeLibraries;
import org.deqir.physics.degradation.Identity;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;
import org.scijava.plugin.Plugin;
import org.scijava.service.AbstractService;
import org.scijava.service.Service;

/** Priors shipped with the plugin and those in {@code models/deqir/} of the ImageJ folder. */
@Plugin(type = Service.class)
public class DefaultPriorService extends AbstractService implements PriorService {

    private static final String SHIPPED = "microscopy-";
    private static final int PROBE_SIZE = 64;

    /** With the descriptor: another model may get the name of one that was removed. */
    private record Key(
            String name, ModelDescriptor descriptor, Precision precision, ComputeDevice device) {}

    private final LoadedPriors<Key> loaded = new LoadedPriors<>();

    /** Weak: a prior that is no longer loaded is not asked for again. */
    private final Map<DiffusionPrior, Double> secondsPerPixel = new WeakHashMap<>();

    private ModelStore store() {
        return new ModelStore(List.of(modelFolder()));
    }

    /** {@code models/deqir} of the ImageJ folder; of the current one where ImageJ has none. */
    @Override
    public Path modelFolder() {
        final String imagej = IJ.getDir("imagej");
        return Path.of(imagej == null ? "" : imagej, "models", "deqir");
    }

    @Override
    public void prepare(Progress progress) {
        final String imagej = IJ.getDir("imagej");
        if (imagej == null) return; // not installed anywhere: DJL keeps its own cache
        try {
            NativeLibraries.unpack(Path.of(imagej), progress);
        } catch (IOException | IllegalStateException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    @Override
    public List<String> choices() {
        final List<String> names = new ArrayList<>();
        names.add(AUTO);
        for (final InstalledModel model : store().list())
            if (model.problem().isEmpty()) names.add(model.name());
        return names;
    }

    @Override
    public PriorUse use(String name, List<Integer> channels, String precision, String device) {
        prepare(Progress.NONE);
        releaseRemoved();
        final InstalledModel model = model(name, channels);
        final ComputeDevice on = device(device);
        final Key key = new Key(model.name(), model.descriptor(), chosen(precision, on), on);
        return loaded.use(key, k -> load(model, k.precision(), k.device()));
    }

    /** Also of models whose folders somebody else removed. */
    @Override
    public void releaseRemoved() {
        final Map<String, ModelDescriptor> installed = new HashMap<>();
        for (final InstalledModel model : store().list())
            if (model.problem().isEmpty()) installed.put(model.name(), model.descriptor());
        loaded.release(key -> !key.descriptor().equals(installed.get(key.name())));
    }

    /** What is faster is measured on the processor; other devices keep to float32 unless asked. */
    private static Precision chosen(String precision, ComputeDevice device) {
        return switch (precision) {
            case "float32" -> Precision.FLOAT32;
            case "bfloat16" -> Precision.BFLOAT16;
            default -> device == ComputeDevice.CPU ? PrecisionProbe.fastest() : Precision.FLOAT32;
        };
    }

    @Override
    public String precision(String choice, String device) {
        return chosen(choice, device(device)).toString();
    }

    @Override
    public InstalledModel model(String name, List<Integer> channels) {
        return name.equals(AUTO) ? first(channels) : named(name, channels);
    }

    private InstalledModel named(String name, List<Integer> channels) {
        final InstalledModel model;
        try {
            model = store().find(name);
        } catch (IOException e) {
            throw new IllegalArgumentException("model = '" + name + "': " + e.getMessage(), e);
        }
        if (model.problem().isPresent())
            throw new IllegalArgumentException(
                    "model = '" + name + "' cannot be used: " + model.problem().get());
        if (!channels.contains(model.descriptor().channels()))
            throw new IllegalArgumentException(
                    String.format(
                            "model = '%s' is for %s images, but this task needs one for %s images.",
                            name, kind(model.descriptor().channels()), kind(channels.get(0))));
        return model;
    }

    private InstalledModel first(List<Integer> channels) {
        for (final int wanted : channels) {
            final List<InstalledModel> fitting =
                    store().list().stream()
                            .filter(model -> model.problem().isEmpty())
                            .filter(model -> model.descriptor().channels() == wanted)
                            .toList();
            for (final InstalledModel model : fitting)
                if (model.name().startsWith(SHIPPED)) return model;
            if (!fitting.isEmpty()) return fitting.get(0);
        }
        throw new IllegalArgumentException(
                "No prior for " + kind(channels.get(0)) + " images is installed.");
    }

    private static String kind(int channels) {
        return channels == 1 ? "grey" : "RGB";
    }

    private static ComputeDevice device(String wanted) {
        try {
            return ComputeDevice.of(wanted);
        } catch (IllegalStateException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private static DiffusionPrior load(
            InstalledModel model, Precision precision, ComputeDevice device) {
        try {
            return model.load(precision, device);
        } catch (IOException | IllegalStateException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    @Override
    public synchronized double secondsPerEvaluation(DiffusionPrior prior, int width, int height) {
        return (double) width
                * height
                * secondsPerPixel.computeIfAbsent(prior, DefaultPriorService::secondsPerPixel);
    }

    /** One network call on a small image; the first call, which compiles, does not count. */
    private static double secondsPerPixel(DiffusionPrior prior) {
        final Plane plane =
                new Plane(
                        new float[prior.channels()][PROBE_SIZE * PROBE_SIZE],
                        PROBE_SIZE,
                        PROBE_SIZE);
        for (int i = 0; i < plane.size(); i++) plane.channels()[0][i] = i % PROBE_SIZE;
        final Restoration call =
                new Restoration(
                        new Identity(),
                        new NoiseModel.Gaussian(5),
                        Sampling.DEFAULT.withBinning(1));
        final Restorer restorer = new Restorer(prior);
        restorer.restore(plane, call, Progress.NONE);
        final long start = System.nanoTime();
        restorer.restore(plane, call, Progress.NONE);
        return (System.nanoTime() - start) * 1e-9 / plane.size();
    }

    @Override
    public synchronized void dispose() {
        loaded.close();
        secondsPerPixel.clear();
    }
}
