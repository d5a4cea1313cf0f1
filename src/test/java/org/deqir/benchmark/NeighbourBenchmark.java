/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.benchmark;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.deqir.AveragedRestorer;
import org.deqir.Restoration;
import org.deqir.Restorer;
import org.deqir.Simulation;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.Plane;
import org.deqir.metrics.PeakSignalToNoiseRatio;
import org.deqir.model.store.ModelStore;
import org.deqir.neighbours.Fusion;
import org.deqir.network.layout.Precision;
import org.deqir.physics.Degradation;
import org.deqir.physics.degradation.GaussianBlur;
import org.deqir.physics.degradation.MissingPixels;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;
import org.deqir.testing.Bench;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What neighbouring frames add to deblurring and inpainting: mean PSNR over crops of real images,
 * with simulated noise. Keys: {@code neighbours.TASK.WHAT}, {@code
 * neighbours.half-pixel.NOISE.WHAT}.
 */
class NeighbourBenchmark {

    private static final int SIDE = 96;
    private static final int HALVED = 64;
    private static final int CORNER = 48;
    private static final int SHIFT = 5;
    private static final double NOISE = 0.03;
    private static final List<String> IMAGES =
            List.of(
                    "nuclei_u2os",
                    "xy_8bit__em_mitochondria_er",
                    "xyc_16bit__hela-cells_r",
                    "xyc_8bit__dapi_tublin_c1");

    @ParameterizedTest
    @ValueSource(strings = {"deblur", "inpaint"})
    void gain(String task) throws IOException {
        assumeTrue(Bench.isPresent(), "the bench images are not beside this checkout");
        final boolean[] known = known();
        final Degradation degradation =
                task.equals("deblur")
                        ? new GaussianBlur(1.5)
                        : new MissingPixels(known, SIDE, SIDE);
        final NoiseModel noise = new NoiseModel.Gaussian(NOISE);
        final Restoration restoration = new Restoration(degradation, noise);
        final Map<String, Double> means = new LinkedHashMap<>();
        try (DiffusionPrior prior = prior()) {
            for (int n = 0; n < IMAGES.size(); n++) {
                final Plane truth = crop(Bench.truth(IMAGES.get(n)), CORNER, SIDE, 1);
                final List<Plane> frames = new ArrayList<>();
                for (int seed = 1; seed <= 3; seed++)
                    frames.add(Simulation.measure(truth, degradation, noise, seed));
                final Plane shifted =
                        Simulation.measure(
                                crop(Bench.truth(IMAGES.get(n)), CORNER + SHIFT, SIDE, 1),
                                degradation,
                                noise,
                                4);
                final Plane other =
                        Simulation.measure(
                                crop(
                                        Bench.truth(IMAGES.get((n + 1) % IMAGES.size())),
                                        CORNER,
                                        SIDE,
                                        1),
                                degradation,
                                noise,
                                5);
                final Plane mean = frames.get(0).copy();
                for (int i = 0; i < mean.size(); i++)
                    mean.channels()[0][i] =
                            (frames.get(0).channels()[0][i]
                                            + frames.get(1).channels()[0][i]
                                            + frames.get(2).channels()[0][i])
                                    / 3;
                final Restorer restorer = new Restorer(prior);
                final Trial trial =
                        new Trial(
                                restorer,
                                truth,
                                restoration,
                                task.equals("deblur") ? null : known,
                                frames.get(0));
                add(means, "alone", trial.with());
                add(
                        means,
                        "mean_of_three",
                        psnr(
                                truth,
                                restorer.restore(
                                                mean,
                                                new Restoration(
                                                        degradation, noise.amplified(1 / 3.0)),
                                                Progress.NONE)
                                        .restored()));
                add(means, "static", trial.with(frames.get(1), frames.get(2)));
                add(means, "shifted", trial.with(shifted));
                add(means, "other_field", trial.with(other));
            }
        }
        means.forEach((what, db) -> BenchmarkResults.put("neighbours." + task + "." + what, db));
    }

    /** A neighbour that is shifted by half a pixel, which no shift by whole pixels undoes. */
    @Test
    void halfAPixelOfMotion() throws IOException {
        assumeTrue(Bench.isPresent(), "the bench images are not beside this checkout");
        final Degradation degradation = new GaussianBlur(1.5);
        try (DiffusionPrior prior = prior()) {
            for (final double sigma : new double[] {NOISE, 0.1}) {
                final NoiseModel noise = new NoiseModel.Gaussian(sigma);
                double worst = Double.POSITIVE_INFINITY;
                double best = Double.NEGATIVE_INFINITY;
                for (final String image : IMAGES) {
                    final Plane truth = crop(Bench.truth(image), 40, HALVED, 2);
                    final Trial trial =
                            new Trial(
                                    new Restorer(prior),
                                    truth,
                                    new Restoration(degradation, noise),
                                    null,
                                    Simulation.measure(truth, degradation, noise, 1));
                    final double gain =
                            trial.with(
                                            Simulation.measure(
                                                    crop(Bench.truth(image), 41, HALVED, 2),
                                                    degradation,
                                                    noise,
                                                    2))
                                    - trial.with();
                    worst = Math.min(worst, gain);
                    best = Math.max(best, gain);
                }
                BenchmarkResults.put("neighbours.half-pixel." + sigma + ".least_gain", worst);
                BenchmarkResults.put("neighbours.half-pixel." + sigma + ".largest_gain", best);
            }
        }
    }

    private record Trial(
            Restorer restorer, Plane truth, Restoration restoration, boolean[] known, Plane own) {

        double with(Plane... others) {
            final List<Fusion.Neighbour> neighbours = new ArrayList<>();
            for (final Plane other : others)
                neighbours.add(new Fusion.Neighbour(unknown(other), 1));
            return psnr(
                    truth,
                    new AveragedRestorer(restorer)
                            .restore(
                                    own,
                                    Fusion.of(unknown(own), neighbours, restoration.noise()),
                                    restoration,
                                    () -> restoration,
                                    Progress.NONE)
                            .restored());
        }

        private Plane unknown(Plane plane) {
            final Plane copy = plane.copy();
            if (known != null)
                for (int i = 0; i < known.length; i++)
                    if (!known[i]) copy.channels()[0][i] = Float.NaN;
            return copy;
        }
    }

    private static DiffusionPrior prior() throws IOException {
        return new ModelStore(List.of()).find("microscopy-gray").load(Precision.FLOAT32);
    }

    private static boolean[] known() {
        final Random random = new Random(4);
        final boolean[] known = new boolean[SIDE * SIDE];
        for (int i = 0; i < known.length; i++) known[i] = random.nextDouble() < 0.5;
        return known;
    }

    private static double psnr(Plane truth, Plane restored) {
        return PeakSignalToNoiseRatio.ofClipped(truth.channels()[0], restored.channels()[0], 1);
    }

    private static void add(Map<String, Double> means, String what, double decibel) {
        means.merge(what, decibel / IMAGES.size(), Double::sum);
    }

    private static int top(int block) {
        return block == 1 ? CORNER : 40;
    }

    /** A part of a plane, of means over blocks of pixels. */
    private static Plane crop(Plane plane, int left, int side, int block) {
        final float[] part = new float[side * side];
        for (int y = 0; y < side * block; y++)
            for (int x = 0; x < side * block; x++)
                part[y / block * side + x / block] +=
                        plane.channels()[0][(top(block) + y) * plane.width() + left + x]
                                / (block * block);
        return Plane.of(part, side, side);
    }
}
