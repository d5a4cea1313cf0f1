/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.deqir.command.prior.DefaultPriorService;
import org.deqir.command.prior.PriorUse;
import org.deqir.diffusion.DifferentiableNoisePredictor;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.diffusion.NoiseSchedule;
import org.scijava.Priority;
import org.scijava.plugin.Plugin;
import org.scijava.service.Service;

/**
 * The installed priors and two more that cost nothing: {@code smoother} for grey and {@code
 * smoother-rgb} for RGB images, which take the mean over four neighbours for the clean image.
 */
@Plugin(type = Service.class, priority = Priority.HIGH)
public class SmootherService extends DefaultPriorService {

    static final String GREY = "smoother";
    static final String RGB = "smoother-rgb";

    private static final NoiseSchedule SCHEDULE = NoiseSchedule.linear(1e-4, 0.02, 1000);

    /** Where models are installed, or null for the ImageJ folder. */
    private static volatile Path models;

    /** Calls of all smoothers so far. */
    private static volatile int calls;

    /** Images of all calls so far. */
    private static volatile long images;

    static long images() {
        return images;
    }

    /** What happens at every call, before it. */
    private static volatile Runnable onCall = () -> {};

    static int calls() {
        return calls;
    }

    /** Has something done at every call of a smoother; {@code () -> {}} ends it. */
    static void onCall(Runnable action) {
        onCall = action;
    }

    /** Has models installed in a folder; null ends it. */
    public static void modelsIn(Path folder) {
        models = folder;
    }

    @Override
    public Path modelFolder() {
        return models == null ? super.modelFolder() : models;
    }

    @Override
    public List<String> choices() {
        final List<String> names = new ArrayList<>(super.choices());
        names.add(GREY);
        names.add(RGB);
        return names;
    }

    @Override
    public PriorUse use(String name, List<Integer> channels, String precision, String device) {
        if (!name.startsWith(GREY)) return super.use(name, channels, precision, device);
        final int known = name.equals(RGB) ? 3 : 1;
        if (!channels.contains(known))
            throw new IllegalArgumentException("model = '" + name + "' does not fit.");
        return new PriorUse(
                new DiffusionPrior(name, "none", new Smoother(known), SCHEDULE), () -> {});
    }

    private record Smoother(int channels) implements DifferentiableNoisePredictor {

        @Override
        public NDArray predict(NDArray x, double[] timesteps) {
            calls++;
            images += timesteps.length;
            onCall.run();
            return linear(x, timesteps);
        }

        /** The mean over neighbours is symmetric, so the network is its own adjoint. */
        @Override
        public Pullback pullback(NDArray x, double[] timesteps, NDArray v) {
            return new Pullback(predict(x, timesteps), linear(v, timesteps));
        }

        private static NDArray linear(NDArray x, double[] timesteps) {
            final NDManager owner = x.getManager();
            try (NDManager manager = owner.newSubManager()) {
                final NDArray input = x.duplicate();
                input.attach(manager);
                final NDArray mean =
                        input.add(shifted(input, 2, 1))
                                .add(shifted(input, 2, -1))
                                .add(shifted(input, 3, 1))
                                .add(shifted(input, 3, -1))
                                .div(5);
                final float[] scale = new float[timesteps.length];
                for (int n = 0; n < scale.length; n++)
                    scale[n] = (float) (1 / Math.sqrt(1 - SCHEDULE.alphaBar(timesteps[n])));
                final NDArray noise =
                        input.sub(mean)
                                .mul(manager.create(scale).reshape(timesteps.length, 1, 1, 1));
                noise.attach(owner);
                return noise;
            }
        }

        /** The neighbour's value; at the border the pixel's own. */
        private static NDArray shifted(NDArray x, int axis, int by) {
            final long length = x.getShape().get(axis);
            final String before = axis == 2 ? ":, :, " : ":, :, :, ";
            final NDArray first = x.get(new NDIndex(before + "0:1"));
            final NDArray last = x.get(new NDIndex(before + (length - 1) + ":"));
            return by > 0
                    ? NDArrays.concat(
                            new NDList(first, x.get(new NDIndex(before + ":" + (length - 1)))),
                            axis)
                    : NDArrays.concat(new NDList(x.get(new NDIndex(before + "1:")), last), axis);
        }

        @Override
        public void close() {
            // holds no memory
        }
    }
}
