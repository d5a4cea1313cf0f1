/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.benchmark;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.deqir.Restoration;
import org.deqir.Restorer;
import org.deqir.Sampling;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.diffusion.NoisePredictor;
import org.deqir.image.Plane;
import org.deqir.model.store.ModelStore;
import org.deqir.network.PrecisionProbe;
import org.deqir.network.TorchEngine;
import org.deqir.physics.Border;
import org.deqir.physics.degradation.GaussianBlur;
import org.deqir.physics.degradation.Identity;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;
import org.deqir.testing.Bench;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a restoration of 512 × 512 pixels takes beside its network calls, with the precision that is
 * fastest here and {@value #LEVELS} noise levels (denoising has one): with the tasks' own 12 levels
 * what is done once, such as the first guess, counts less.
 *
 * <p>{@code run_over_calls.<task>}: the whole run, divided by its evaluations times a bare call on
 * one such image; evaluations of smaller images count by their pixels ({@code
 * calls_in_run.<task>}). {@code seconds_beside_calls.<task>}: the same run with a network that
 * costs nothing.
 */
class OverheadBenchmark {

    private static final int EDGE = 512;
    private static final int LEVELS = 4;

    @ParameterizedTest
    @EnumSource(
            value = BenchmarkTask.class,
            names = {"DENOISE", "DEBLUR", "SR2", "INPAINT"})
    void wholeRun(BenchmarkTask task) throws IOException {
        assumeTrue(Bench.isPresent(), "the bench images are not beside this checkout");
        final Plane truth = BenchmarkTask.tiled(Bench.truth("xyc_8bit__dapi_tublin_c1"), EDGE);
        final Plane measured = task.measure(truth);
        final Restoration restoration = task.restoration(truth, Sampling.DEFAULT.withSteps(LEVELS));
        try (DiffusionPrior prior =
                        new ModelStore(List.of())
                                .find("microscopy-gray")
                                .load(PrecisionProbe.fastest());
                NDManager manager = TorchEngine.newManager()) {
            final DiffusionPrior free =
                    new DiffusionPrior("free", "", new Free(), prior.schedule());
            final NDArray x =
                    manager.randomNormal(0, 0.5f, new Shape(1, 1, EDGE, EDGE), DataType.FLOAT32);
            final Counting counting = new Counting(prior.predictor());
            final Restorer restorer =
                    new Restorer(
                            new DiffusionPrior(
                                    prior.name(), prior.sha256(), counting, prior.schedule()));
            final Timing timing =
                    Timing.of(
                            2,
                            () -> prior.predictor().predict(x, new double[] {50}).close(),
                            () -> {
                                counting.pixels = 0;
                                restorer.restore(measured, restoration, Progress.NONE);
                            },
                            () -> new Restorer(free).restore(measured, restoration, Progress.NONE),
                            () -> prior.predictor().predict(x, new double[] {50}).close());
            final double call = (timing.seconds(0) + timing.seconds(3)) / 2;
            final double calls = counting.pixels / (double) (EDGE * EDGE);
            BenchmarkResults.put(
                    "run_over_calls." + task.key(), timing.seconds(1) / (calls * call));
            BenchmarkResults.put("calls_in_run." + task.key(), calls);
            BenchmarkResults.put("seconds_beside_calls." + task.key(), timing.seconds(2));
            BenchmarkResults.put("seconds_per_call_512", call);
        }
    }

    /**
     * The longest time for which a run does not ask whether it was cancelled: what a user who
     * presses ESC at the worst moment waits. Keys: {@code cancel.<task>.seconds}, and {@code
     * .calls}, the same over the time of a bare call on the whole image.
     */
    @ParameterizedTest
    @ValueSource(strings = {"denoise", "deblur", "deblur-unknown-border", "sr2", "inpaint"})
    void untilCancelled(String key) throws IOException {
        assumeTrue(Bench.isPresent(), "the bench images are not beside this checkout");
        final BenchmarkTask task =
                BenchmarkTask.valueOf(key.split("-")[0].toUpperCase(Locale.ROOT));
        final Plane truth = BenchmarkTask.tiled(Bench.truth("xyc_8bit__dapi_tublin_c1"), EDGE);
        final Sampling sampling = Sampling.DEFAULT.withSteps(LEVELS);
        final Restoration known = task.restoration(truth, sampling);
        final Restoration restoration =
                key.endsWith("unknown-border")
                        ? new Restoration(
                                new GaussianBlur(2, 2, Border.UNKNOWN), known.noise(), sampling)
                        : known;
        try (DiffusionPrior prior =
                        new ModelStore(List.of())
                                .find("microscopy-gray")
                                .load(PrecisionProbe.fastest());
                NDManager manager = TorchEngine.newManager()) {
            final NDArray x =
                    manager.randomNormal(0, 0.5f, new Shape(1, 1, EDGE, EDGE), DataType.FLOAT32);
            final Restorer restorer = new Restorer(prior);
            restorer.restore(BenchmarkTask.crop(truth, 64), smooth(), Progress.NONE);
            final Looks looks = new Looks();
            final Timing timing =
                    Timing.of(
                            1,
                            () -> prior.predictor().predict(x, new double[] {50}).close(),
                            () -> {
                                looks.last = System.nanoTime();
                                looks.longest = 0;
                                restorer.restore(task.measure(truth), restoration, looks);
                            });
            BenchmarkResults.put("cancel." + key + ".seconds", looks.longest * 1e-9);
            BenchmarkResults.put(
                    "cancel." + key + ".calls", looks.longest * 1e-9 / timing.seconds(0));
        }
    }

    private static Restoration smooth() {
        return new Restoration(
                new Identity(), new NoiseModel.Gaussian(0.1), Sampling.DEFAULT.withSteps(1));
    }

    /** Measures how long nobody asks. */
    private static final class Looks implements Progress {
        private long last;
        private long longest;

        @Override
        public void update(String stage, double fraction) {}

        @Override
        public synchronized boolean isCanceled() {
            final long now = System.nanoTime();
            longest = Math.max(longest, now - last);
            last = now;
            return false;
        }
    }

    /** Adds up the pixels that go through a network: not all images need be of one size. */
    private static final class Counting implements NoisePredictor {
        private final NoisePredictor network;
        private long pixels;

        Counting(NoisePredictor network) {
            this.network = network;
        }

        @Override
        public int channels() {
            return network.channels();
        }

        @Override
        public NDArray predict(NDArray x, double[] timesteps) {
            pixels += x.size(0) * x.size(2) * x.size(3);
            return network.predict(x, timesteps);
        }

        @Override
        public void close() {}
    }

    /** Finds a tenth of everything to be noise. */
    private static final class Free implements NoisePredictor {
        @Override
        public int channels() {
            return 1;
        }

        @Override
        public NDArray predict(NDArray x, double[] timesteps) {
            return x.mul(0.1);
        }

        @Override
        public void close() {}
    }
}
