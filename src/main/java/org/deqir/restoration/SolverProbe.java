/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.restoration;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.function.LongSupplier;
import org.deqir.diffusion.NoisePredictor;
import org.deqir.network.TorchEngine;
import org.deqir.progress.Progress;

/**
 * Chooses between solving a chain level after level and all levels at once, by timing network calls
 * on one image and on a batch, once for each network and image size.
 *
 * <p>The sequential chain of T levels takes T·t(1). A parallel solver takes more evaluations in
 * fewer rounds, and gains only where t(n) grows more slowly than n: on a GPU with room to spare. On
 * a processor one image already keeps all cores busy. Small images tell that at little cost: where
 * not even they gain by being put together, larger ones are not tried.
 */
final class SolverProbe {

    /** How a chain is solved: levels in one round; 1 for the sequential chain. */
    record Plan(int window) {
        static final Plan SEQUENTIAL = new Plan(1);

        boolean sequential() {
            return window == 1;
        }
    }

    /** Edge of the small images. */
    private static final int SMALL = 64;

    /** Small images in the first batch. */
    private static final int FEW = 4;

    /** Share of n·t(1) below which t(n) counts as a gain. */
    private static final double GAIN = 0.7;

    /** Levels of a round where not all are in it. */
    private static final int WINDOW = 8;

    /** Levels that settle in a round, on average, with a window and with all levels. */
    private static final double SETTLED_PER_ROUND = 1.5;

    private static final double ANY_TIMESTEP = 50;

    /** Seconds of a call, a + b·n for n images. */
    private record CallTime(double constant, double perImage) {

        static CallTime of(double one, int images, double batch) {
            final double perImage = Math.max(0, Math.min(one, (batch - one) / (images - 1)));
            return new CallTime(one - perImage, perImage);
        }

        double seconds(int images) {
            return constant + perImage * images;
        }
    }

    private record Size(int height, int width) {}

    /** What the time of a call depends on beside the network and its images. */
    private record Call(Size size, int evaluationsPerImage) {}

    private static final SolverProbe SHARED = new SolverProbe(System::nanoTime);

    private final LongSupplier clock;
    private final Map<NoisePredictor, Map<Call, CallTime>> measured = new WeakHashMap<>();

    /**
     * @param clock nanoseconds
     */
    SolverProbe(LongSupplier clock) {
        this.clock = clock;
    }

    /** The probe of this Java process, which remembers what it measured. */
    static SolverProbe shared() {
        return SHARED;
    }

    /**
     * The plan that should take the least time.
     *
     * @param length levels of the chain
     * @param samples chains side by side
     */
    synchronized Plan choose(
            NoisePredictor network,
            int height,
            int width,
            int length,
            int samples,
            int maxBatch,
            Progress progress) {
        if (length < 3 || maxBatch < 2 * samples) return Plan.SEQUENTIAL;
        final Size small = new Size(Math.min(SMALL, height), Math.min(SMALL, width));
        if (!gains(callTime(network, small, FEW, progress), FEW)) return Plan.SEQUENTIAL;
        final int batch = Math.min(maxBatch, length * samples);
        final CallTime time = callTime(network, new Size(height, width), batch, progress);
        Plan best = Plan.SEQUENTIAL;
        double least = length * seconds(time, samples, maxBatch);
        for (final int window : new int[] {Math.min(WINDOW, length), length}) {
            final double seconds =
                    rounds(length, window) * seconds(time, window * samples, maxBatch);
            if (seconds < least) {
                least = seconds;
                best = new Plan(window);
            }
        }
        return best;
    }

    private static boolean gains(CallTime time, int images) {
        return time.seconds(images) < GAIN * images * time.seconds(1);
    }

    /** Rounds until the last level has settled. */
    private static double rounds(int length, int window) {
        final double all = Math.ceil(length / SETTLED_PER_ROUND);
        // A window settles its first levels no faster than all levels do.
        return window == length ? all : all + 1;
    }

    /** Of any number of images, in as many calls as it takes. */
    private static double seconds(CallTime time, int images, int maxBatch) {
        final int full = images / maxBatch;
        final int rest = images % maxBatch;
        return full * time.seconds(maxBatch) + (rest > 0 ? time.seconds(rest) : 0);
    }

    private CallTime callTime(NoisePredictor network, Size size, int batch, Progress progress) {
        final Map<Call, CallTime> known =
                measured.computeIfAbsent(network.origin(), k -> new HashMap<>());
        final Call call = new Call(size, network.evaluationsPerImage());
        final CallTime before = known.get(call);
        if (before != null) return before;
        final CallTime now =
                CallTime.of(
                        seconds(network, size, 1, progress),
                        batch,
                        seconds(network, size, batch, progress));
        known.put(call, now);
        return now;
    }

    /** Of the second of two calls: the first one of a size may have to prepare something. */
    private double seconds(NoisePredictor network, Size size, int images, Progress progress) {
        final double[] timesteps = new double[images];
        Arrays.fill(timesteps, ANY_TIMESTEP);
        long start = 0;
        try (NDManager manager = TorchEngine.newManager();
                NDArray x =
                        manager.zeros(
                                new Shape(
                                        images, network.channels(), size.height(), size.width()))) {
            for (int call = 0; call < 2; call++) {
                progress.checkCanceled();
                start = clock.getAsLong();
                try (NDArray epsilon = network.predict(x, timesteps)) {
                    // A GPU has done its work when the result is here.
                    epsilon.toFloatArray();
                }
            }
            return (clock.getAsLong() - start) * 1e-9;
        }
    }
}
