/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.deqir.Sampling;
import org.deqir.VolumeRestorer;
import org.deqir.blocks.zarr.OmeImage;
import org.deqir.blocks.zarr.Region;
import org.deqir.blocks.zarr.SampleType;
import org.deqir.blocks.zarr.ZarrArray;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.Volume;
import org.deqir.model.store.InstalledModel;
import org.deqir.network.TorchEngine;
import org.deqir.network.layout.Precision;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.VolumeDegradation;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.physics.optics.PsfStack;
import org.deqir.progress.Progress;
import org.deqir.volume.MadeUpVolume;

/**
 * A made-up volume that is measured, and restored in blocks and as a whole.
 *
 * @param truth what was measured
 * @param whole restored at once
 * @param blocks restored in blocks
 * @param core edges of a block along z, y and x
 */
public record VolumeTrial(Volume truth, Volume whole, Volume blocks, int[] core) {

    /** Grey levels between the dark and the bright ends. */
    private static final double RANGE = 1000;

    private static final double BLACK = 100;
    private static final long SEED = 3;

    /**
     * Runs both.
     *
     * @param folder for input and output
     * @param size slices, rows and columns of the measured volume
     * @param block edge of a block
     * @param halo around it; negative for the usual one
     * @param steps levels of the chain; 0 for the usual number
     */
    public static VolumeTrial of(
            Path folder,
            InstalledModel model,
            VolumeDegradation degradation,
            NoiseModel noise,
            int[] size,
            int block,
            int halo,
            int steps)
            throws IOException {
        final int[] fine = {size[0] * degradation.scale(), size[1], size[2]};
        final Volume truth;
        final Volume measured;
        try (NDManager manager = TorchEngine.newManager();
                LinearOperator operator =
                        degradation.operator(manager, fine[0], fine[1], fine[2])) {
            final long[] of = operator.imageShape().getShape();
            final Volume made = MadeUpVolume.of((int) of[0], (int) of[1], (int) of[2], SEED);
            for (int i = 0; i < made.size(); i++)
                made.samples()[i] = (float) (BLACK + RANGE * made.samples()[i]);
            final float[] blurred =
                    operator.apply(
                                    manager.create(
                                            made.samples(), new Shape(1).addAll(new Shape(of))))
                            .toFloatArray();
            measured = new Volume(noise.simulate(blurred, SEED), size[2], size[1], size[0]);
            truth = middle(made, degradation.reach());
        }
        final Path input = write(folder.resolve("in.ome.zarr"), measured);
        final Sampling sampling =
                Sampling.DEFAULT
                        .withSeed(1)
                        .withSteps(steps)
                        .withSolver(Sampling.SolverChoice.SEQUENTIAL);
        BlockPlanner.plan(
                new BlockRequest(
                        input,
                        folder.resolve("out.ome.zarr"),
                        new BlockRequest.Task("", "", "", null, degradation, null, noise, sampling),
                        model,
                        Precision.FLOAT32,
                        null,
                        block,
                        halo,
                        0,
                        1),
                true,
                Progress.NONE);
        final BlockOutput output = BlockOutput.open(folder.resolve("out.ome.zarr"));
        try (BlockWorker worker = BlockWorker.of(output.folder())) {
            final BlockRun.Summary summary =
                    new BlockRun(output).run(new LocalEngine(worker, 1), Progress.NONE);
            if (!summary.isComplete()) throw new IOException(summary.lines().toString());
        }
        final DiffusionPrior prior = model.load(Precision.FLOAT32);
        try {
            return new VolumeTrial(
                    truth,
                    new VolumeRestorer(prior)
                            .restore(measured, degradation, noise, sampling, Progress.NONE)
                            .restored(),
                    read(output.folder()),
                    output.plan().grid().core());
        } finally {
            prior.close();
        }
    }

    /** A blur like that of a confocal microscope, whose slices lie twice as far apart as pixels. */
    public static PsfStack psf(double sigma) {
        final int reach = (int) Math.ceil(3 * sigma);
        final int edge = 2 * reach + 1;
        final float[] weights = new float[edge * edge * edge];
        for (int i = 0; i < weights.length; i++) {
            final int x = i % edge - reach;
            final int y = i / edge % edge - reach;
            final int z = i / edge / edge - reach;
            weights[i] = (float) Math.exp(-0.5 * (x * x + y * y + z * z) / sigma / sigma);
        }
        return PsfStack.of(weights, edge, edge, edge);
    }

    private static Volume middle(Volume volume, int... reach) {
        final int width = volume.width() - 2 * reach[2];
        final int height = volume.height() - 2 * reach[1];
        final int depth = volume.depth() - 2 * reach[0];
        final float[] samples = new float[width * height * depth];
        for (int i = 0; i < samples.length; i++) {
            final int z = i / width / height + reach[0];
            final int y = i / width % height + reach[1];
            samples[i] =
                    volume.samples()[
                            (z * volume.height() + y) * volume.width() + i % width + reach[2]];
        }
        return new Volume(samples, width, height, depth);
    }

    private static Path write(Path folder, Volume volume) throws IOException {
        final int[] file = {volume.depth(), volume.height(), volume.width()};
        final OmeImage image =
                OmeImage.create(
                        folder,
                        2,
                        OmeImage.described(
                                "cells",
                                List.of(
                                        new OmeImage.Axis("z", "micrometer"),
                                        new OmeImage.Axis("y", "micrometer"),
                                        new OmeImage.Axis("x", "micrometer")),
                                new double[] {0.2, 0.1, 0.1},
                                null),
                        new long[3],
                        new long[] {file[0], file[1], file[2]},
                        new int[] {1, 1, 1},
                        file,
                        file,
                        SampleType.FLOAT32);
        image.array(0).write(new long[3], volume.samples());
        return folder;
    }

    private static Volume read(Path folder) throws IOException {
        final ZarrArray array = OmeImage.open(folder).array(0);
        final int[] size = new int[3];
        for (int i = 0; i < 3; i++) size[i] = (int) array.shape()[i];
        return new Volume(array.read(new Region(new long[3], size)), size[2], size[1], size[0]);
    }

    /** Root mean square of the difference, as a share of the range. */
    public double rms() {
        return distance(whole, blocks) / RANGE;
    }

    /** PSNR of the blocks less that of the whole. */
    public double decibels() {
        return 20 * Math.log10(distance(truth, whole) / distance(truth, blocks));
    }

    private static double distance(Volume a, Volume b) {
        double sum = 0;
        for (int i = 0; i < a.size(); i++) sum += Math.pow(a.samples()[i] - b.samples()[i], 2);
        return Math.sqrt(sum / a.size());
    }

    /** Mean absolute difference across the blocks' borders, times that of the whole there. */
    public double gradient() {
        return gradient(blocks) / gradient(whole);
    }

    private double gradient(Volume volume) {
        final int[] size = {volume.depth(), volume.height(), volume.width()};
        final int[] step = {volume.height() * volume.width(), volume.width(), 1};
        double sum = 0;
        long count = 0;
        for (int i = 0; i < volume.size(); i++)
            for (int axis = 0; axis < 3; axis++) {
                final int place = i / step[axis] % size[axis];
                if (place == 0 || place % core[axis] != 0) continue;
                sum += Math.abs(volume.samples()[i] - volume.samples()[i - step[axis]]);
                count++;
            }
        return count == 0 ? 1 : sum / count;
    }
}
