/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.deqir.Cost;
import org.deqir.Restoration;
import org.deqir.Restorer;
import org.deqir.Sampling;
import org.deqir.Whole;
import org.deqir.blocks.zarr.OmeImage;
import org.deqir.blocks.zarr.SampleType;
import org.deqir.diffusion.CallLimits;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.IntensityLimits;
import org.deqir.image.Plane;
import org.deqir.network.TorchEngine;
import org.deqir.physics.Degradation;
import org.deqir.physics.degradation.Identity;
import org.deqir.physics.degradation.MissingPixels;
import org.deqir.physics.noise.IsolatedPixels;
import org.deqir.physics.noise.NoiseEstimate;
import org.deqir.physics.noise.NoiseEstimator;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.physics.noise.StatedNoise;
import org.deqir.progress.Progress;

/** Measures what is global on a sample of an image, and lays the blocks. */
public final class BlockPlanner {

    private static final int CHUNK = 256;
    private static final int PROBE = 128;
    private static final double MEGA = 1 << 20;

    /** Filled pixels of a saturated image may be this much brighter. */
    private static final double HEADROOM = 4;

    private final BlockRequest request;
    private final OmeImage image;
    private final DiffusionPrior prior;
    private final List<String> findings = new ArrayList<>();

    private BlockPlanner(BlockRequest request, OmeImage image, DiffusionPrior prior) {
        this.request = request;
        this.image = image;
        this.prior = prior;
    }

    /**
     * A plan and what it will take.
     *
     * @param plan what was decided
     * @param evaluations images that go through the network at most, of a block's size
     * @param bytes memory that a block takes, beside the network and the Java machine
     * @param secondsPerBlock expected time of a block on this computer, by a probe
     */
    public record Planned(BlockPlan plan, long evaluations, long bytes, double secondsPerBlock) {

        /**
         * {@return hours on a number of workers like this computer, each with one block at a time}
         *
         * @param workers at least 1
         */
        public double hours(int workers) {
            return plan.grid().count() * secondsPerBlock / workers / 3600;
        }
    }

    /**
     * Plans, and creates the output with its plan.
     *
     * @param request the image, the output and what to do
     * @param write whether to create anything
     * @param progress asked while the image is measured whether to go on
     * @return the plan
     * @throws IllegalArgumentException if the request does not fit the image
     * @throws IOException if the input cannot be read or the output not be created
     */
    public static Planned plan(BlockRequest request, boolean write, Progress progress)
            throws IOException {
        final OmeImage image = OmeImage.open(request.input());
        if (request.model().descriptor().channels() != 1)
            throw new IllegalArgumentException(
                    "model = '"
                            + request.model().name()
                            + "' is for RGB images; blocks are restored channel by channel.");
        requireSimple(request.task().sampling());
        final DiffusionPrior prior = request.model().load(request.precision());
        try {
            TorchEngine.setThreads(request.cores());
            return new BlockPlanner(request, image, prior).plan(write, progress);
        } finally {
            prior.close();
        }
    }

    private static void requireSimple(Sampling sampling) {
        if (sampling.samples() > 1)
            throw new IllegalArgumentException(
                    "samples = "
                            + sampling.samples()
                            + ": blocks give one image; samples = 1 is accepted.");
    }

    private Planned plan(boolean write, Progress progress) throws IOException {
        final BlockGrid grid = grid();
        final MissingRule missing =
                request.task().missing() == null
                        ? null
                        : new MissingRule(request.task().missing(), saturation());
        final List<BlockPlan.Channel> channels = new ArrayList<>();
        final int c = image.axis('c');
        final long count = c < 0 ? 1 : grid.shape()[c];
        for (long n = 0; n < count; n++) channels.add(channel(grid, missing, c, n, progress));
        if (channels.stream().allMatch(channel -> channel.whole() == null))
            throw new IllegalArgumentException(
                    "There is nothing to restore in " + request.input() + ".");
        final BlockRequest.Task task = request.task();
        final BlockPlan plan =
                new BlockPlan(
                        BlockPlan.FORMAT,
                        request.input().toAbsolutePath().normalize().toString(),
                        task.command(),
                        task.keys(),
                        task.version(),
                        request.model().name(),
                        prior.sha256(),
                        request.precision(),
                        request.cores(),
                        task.degradation(),
                        missing,
                        limits(),
                        task.noise() == null,
                        channels,
                        grid,
                        List.copyOf(findings));
        if (write) create(plan);
        return planned(plan);
    }

    private BlockGrid grid() {
        final BlockRequest.Task task = request.task();
        final int scale = task.degradation() == null ? 1 : task.degradation().scale();
        final long[] shape = image.array(0).shape();
        final int axes = shape.length;
        final long[] offset = new long[axes];
        final BlockRequest.Part part = request.part();
        if (part != null) {
            cut(offset, shape, 'c', part.channels());
            cut(offset, shape, 'z', part.slices());
            cut(offset, shape, 't', part.frames());
            if (part.rectangle() != null)
                for (int i = 0; i < 2; i++) {
                    final long from = part.rectangle()[i];
                    cut(
                            offset,
                            shape,
                            i == 0 ? 'x' : 'y',
                            new long[] {from, from + part.rectangle()[2 + i] - 1});
                }
        }
        final int[] core = new int[axes];
        final int[] halo = new int[axes];
        Arrays.fill(core, 1);
        if (request.block() < 16 || request.block() % scale != 0)
            throw new IllegalArgumentException(
                    "block = "
                            + request.block()
                            + " is not possible; a multiple of "
                            + scale
                            + " from 16 on is.");
        for (int i = axes - 2; i < axes; i++) {
            core[i] = (int) Math.min(request.block(), scale * shape[i]);
            halo[i] = request.halo();
        }
        return new BlockGrid(offset, shape, core, halo, scale);
    }

    private void cut(long[] offset, long[] shape, char axis, long[] range) {
        final int place = image.axis(axis);
        if (range == null || place < 0) return;
        if (range[0] < 0 || range[1] < range[0] || range[1] >= shape[place])
            throw new IllegalArgumentException(
                    "The axis "
                            + axis
                            + " of "
                            + request.input()
                            + " has "
                            + shape[place]
                            + " samples; "
                            + (range[0] + 1)
                            + " to "
                            + (range[1] + 1)
                            + " is not within.");
        offset[place] = range[0];
        shape[place] = range[1] - range[0] + 1;
    }

    private IntensityLimits limits() {
        final SampleType type = image.array(0).type();
        return type == SampleType.FLOAT32
                ? IntensityLimits.NONE
                : new IntensityLimits(0, type.largest());
    }

    /** The level of a saturated pixel: the largest of the format. */
    private double saturation() {
        if (request.task().missing() != MissingRule.Kind.SATURATED) return 0;
        if (image.array(0).type() == SampleType.FLOAT32)
            throw new IllegalArgumentException(
                    "missing = 'saturated' needs an image of 8 or 16 bits; "
                            + request.input()
                            + " has float32.");
        return image.array(0).type().largest();
    }

    private BlockPlan.Channel channel(
            BlockGrid grid, MissingRule missing, int axis, long n, Progress progress)
            throws IOException {
        final long[] from = grid.offset().clone();
        final long[] size = grid.shape().clone();
        if (axis >= 0) {
            from[axis] += n;
            size[axis] = 1;
        }
        final Sampling asked = request.task().sampling();
        final Sampling sampling =
                asked.solver() == Sampling.SolverChoice.AUTO
                        ? asked.withSolver(Sampling.SolverChoice.SEQUENTIAL)
                        : asked;
        final Plane seen = Overview.of(image.array(0), from, size);
        final boolean[] known = seen == null || missing == null ? null : missing.known(seen);
        if (seen == null || known != null && !any(known))
            return new BlockPlan.Channel(new NoiseModel.None(), sampling, null);
        final String name = grid.shape().length > 2 && axis >= 0 ? "channel " + (n + 1) + ": " : "";
        final Plane measured = known == null ? seen : MissingRule.filled(seen, known);
        if (measured.hasNonFinite())
            throw new IllegalArgumentException(
                    "There are NaN or infinite pixels in "
                            + request.input()
                            + ": fill them first with DeqIR Inpaint..., missing=nan.");
        final NoiseModel stated = request.task().noise();
        final Plane usable;
        final NoiseModel noise;
        if (stated == null) {
            final Plane filled =
                    IsolatedPixels.of(measured, not(known), estimate(measured, known).model())
                            .filled();
            final NoiseEstimate estimate = estimate(filled, known);
            findings.add(name + estimate.finding());
            estimate.warnings().forEach(text -> findings.add(name + text));
            noise = estimate.model();
            usable = filled;
        } else {
            StatedNoise.objections(stated, measured).forEach(text -> findings.add(name + text));
            noise = stated;
            usable = measured;
        }
        final Degradation degradation =
                known == null
                        ? request.task().degradation()
                        : new MissingPixels(known, seen.height(), seen.width());
        final Restoration restoration = new Restoration(degradation, noise, sampling, limits());
        final Restorer restorer = new Restorer(prior, CallLimits.standard());
        final Sampling settled =
                sampling.binning() > 0
                        ? sampling
                        : sampling.withBinning(restorer.binning(usable, restoration, progress));
        final Whole whole = restorer.measure(usable, restoration.withSampling(settled), progress);
        return new BlockPlan.Channel(noise, settled, whole);
    }

    private static NoiseEstimate estimate(Plane plane, boolean[] known) {
        final float[] levels = plane.channels()[0].clone();
        for (int i = 0; known != null && i < levels.length; i++)
            if (!known[i]) levels[i] = Float.NaN;
        return NoiseEstimator.estimate(levels, plane.width(), plane.height());
    }

    private static boolean any(boolean[] flags) {
        for (final boolean flag : flags) if (flag) return true;
        return false;
    }

    private static boolean[] not(boolean[] known) {
        if (known == null) return null;
        final boolean[] not = new boolean[known.length];
        for (int i = 0; i < not.length; i++) not[i] = !known[i];
        return not;
    }

    private void create(BlockPlan plan) throws IOException {
        final BlockGrid grid = plan.grid();
        final int version = request.zarr() == 0 ? image.version() : request.zarr();
        final int[] chunk = grid.core().clone();
        if (version == 3)
            for (int i = 0; i < chunk.length; i++)
                if (chunk[i] > CHUNK && chunk[i] % CHUNK == 0) chunk[i] = CHUNK;
        try {
            OmeImage.create(
                    request.output(),
                    version,
                    image,
                    grid.offset(),
                    grid.outputShape(),
                    grid.scale(),
                    grid.core(),
                    chunk,
                    type(plan));
            BlockOutput.keepModel(request.output(), request.model(), request.model().files());
            plan.write(request.output());
        } catch (final java.nio.file.FileSystemException e) {
            throw BlockWorker.cannotWrite(request.output(), e);
        }
    }

    /** That of the input, unless filled pixels may be brighter than it can hold. */
    private SampleType type(BlockPlan plan) {
        final SampleType type = image.array(0).type();
        if (plan.missing() == null || plan.missing().kind() != MissingRule.Kind.SATURATED)
            return type;
        if (type.largest() >= HEADROOM * plan.missing().level()) return type;
        return type == SampleType.UINT8 ? SampleType.UINT16 : SampleType.FLOAT32;
    }

    private Planned planned(BlockPlan plan) {
        final BlockGrid grid = plan.grid();
        final int axes = grid.shape().length;
        final int[] edges = new int[2];
        for (int i = 0; i < 2; i++)
            edges[i] =
                    (int)
                            Math.min(
                                    grid.shape()[axes - 2 + i],
                                    grid.core()[axes - 2 + i] / grid.scale() + 2L * request.halo());
        long evaluations = 0;
        double planes = 0;
        long bytes = 0;
        for (final BlockPlan.Channel channel : plan.channels()) {
            if (channel.whole() == null) continue;
            final Cost cost =
                    new Restorer(prior, CallLimits.standard())
                            .cost(
                                    edges[1],
                                    edges[0],
                                    1,
                                    new Restoration(
                                            plan.degradation() == null
                                                    ? new Identity()
                                                    : plan.degradation(),
                                            channel.noise(),
                                            channel.sampling(),
                                            channel.whole().clipped()
                                                    ? plan.limits()
                                                    : IntensityLimits.NONE));
            final long blocks = grid.count() / plan.channels().size();
            evaluations += blocks * cost.most();
            planes += cost.planes() / plan.channels().size();
            bytes = Math.max(bytes, cost.bytes());
        }
        final double pixels = (double) edges[0] * edges[1] * grid.scale() * grid.scale();
        return new Planned(plan, evaluations, bytes, planes * pixels * secondsPerPixel());
    }

    /** One network call on a small image; the first call, which compiles, does not count. */
    private double secondsPerPixel() {
        final float[] levels = new float[PROBE * PROBE];
        for (int i = 0; i < levels.length; i++) levels[i] = i % PROBE;
        final Restoration call =
                new Restoration(
                        new Identity(),
                        new NoiseModel.Gaussian(5),
                        Sampling.DEFAULT.withBinning(1));
        final Restorer restorer = new Restorer(prior, CallLimits.standard());
        final Plane plane = Plane.of(levels, PROBE, PROBE);
        restorer.restore(plane, call, Progress.NONE);
        final long start = System.nanoTime();
        restorer.restore(plane, call, Progress.NONE);
        return (System.nanoTime() - start) * 1e-9 / plane.size();
    }

    /**
     * {@return an amount of memory in words}
     *
     * @param bytes the amount
     */
    public static String megabytes(long bytes) {
        return String.format(java.util.Locale.ROOT, "%.0f MB", bytes / MEGA);
    }
}
