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
import org.deqir.image.Volume;
import org.deqir.network.TorchEngine;
import org.deqir.physics.Degradation;
import org.deqir.physics.VolumeDegradation;
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
         * {@return hours on at least one worker like this computer, each with one block at a time}
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
        if (channels.stream().allMatch(BlockPlan.Channel::isEmpty))
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
                        task.volume(),
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
        final boolean deep = task.volume() != null;
        final long[] shape = image.array(0).shape();
        final int axes = shape.length;
        if (deep && image.axis('z') != axes - 3)
            throw new IllegalArgumentException(
                    request.input() + " has no axis z before y and x: volumes cannot be restored.");
        final int[] scale = new int[axes];
        Arrays.fill(scale, 1);
        if (task.degradation() != null)
            Arrays.fill(scale, axes - 2, axes, task.degradation().scale());
        if (deep) scale[axes - 3] = task.volume().scale();
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
        final int usual = deep ? BlockGrid.BLOCK_OF_VOLUME : BlockGrid.BLOCK;
        final int edge = request.block() > 0 ? request.block() : usual;
        for (int i = axes - (deep ? 3 : 2); i < axes; i++) {
            // The usual block is cut to what fits the scale, which the user need not know.
            final int block = request.block() > 0 ? edge : edge / scale[i] * scale[i];
            if (block < 16 || block % scale[i] != 0)
                throw new IllegalArgumentException(
                        "block = %s is not possible; a multiple of %s from 16 on is."
                                .formatted(block, scale[i]));
            core[i] = (int) Math.min(block, scale[i] * shape[i]);
            halo[i] = halo(axes - i, scale[i]);
        }
        return new BlockGrid(offset, shape, core, halo, scale);
    }

    /**
     * Samples of the input around a block.
     *
     * @param fromLast 1 for x, 2 for y, 3 for z
     */
    private int halo(int fromLast, int scale) {
        final VolumeDegradation volume = request.task().volume();
        if (volume == null) return request.halo() < 0 ? BlockGrid.HALO : request.halo();
        if (request.halo() < 0)
            return (BlockGrid.HALO_OF_VOLUME + scale - 1) / scale + volume.reach()[3 - fromLast];
        return (request.halo() + scale - 1) / scale;
    }

    private void cut(long[] offset, long[] shape, char axis, long[] range) {
        final int place = image.axis(axis);
        if (range == null || place < 0) return;
        if (range[0] < 0 || range[1] < range[0] || range[1] >= shape[place])
            throw new IllegalArgumentException(
                    String.format(
                            "The axis %s of %s has %s samples; %s to %s is not within.",
                            axis, request.input(), shape[place], range[0] + 1, range[1] + 1));
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
        final String name = grid.shape().length > 2 && axis >= 0 ? "channel " + (n + 1) + ": " : "";
        if (request.task().volume() != null) return volumes(from, size, sampling, name, progress);
        final Plane seen = Overview.of(image.array(0), from, size);
        final boolean[] known = seen == null || missing == null ? null : missing.known(seen);
        if (seen == null || known != null && !any(known))
            return new BlockPlan.Channel(new NoiseModel.None(), sampling, null, null);
        final Plane measured = known == null ? seen : MissingRule.filled(seen, known);
        requireFinite(measured);
        final Degradation degradation =
                known == null
                        ? request.task().degradation()
                        : new MissingPixels(known, seen.height(), seen.width());
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
            noise = estimate.model(degradation);
            usable = filled;
        } else {
            StatedNoise.objections(stated, measured).forEach(text -> findings.add(name + text));
            noise = stated;
            usable = measured;
        }
        final Restoration restoration = new Restoration(degradation, noise, sampling, limits());
        final Restorer restorer = new Restorer(prior, CallLimits.standard());
        final Sampling settled =
                sampling.binning() > 0
                        ? sampling
                        : sampling.withBinning(restorer.binning(usable, restoration, progress));
        final Whole whole = restorer.measure(usable, restoration.withSampling(settled), progress);
        return new BlockPlan.Channel(noise, settled, whole, null);
    }

    private BlockPlan.Channel volumes(
            long[] from, long[] size, Sampling sampling, String name, Progress progress)
            throws IOException {
        final List<Volume> samples = Overview.volumes(image.array(0), from, size);
        for (final Volume sample : samples)
            requireFinite(
                    Plane.of(sample.samples(), sample.width(), sample.height() * sample.depth()));
        return BlockVolumes.measure(
                prior, samples, request.task(), sampling, name, findings, progress);
    }

    private void requireFinite(Plane measured) {
        if (measured.hasNonFinite())
            throw new IllegalArgumentException(
                    "There are NaN or infinite pixels in "
                            + request.input()
                            + ": fill them first with DeqIR Inpaint..., missing=nan.");
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
        final int[] edges = new int[plan.dimensions()];
        double pixels = 1;
        for (int i = 0; i < edges.length; i++) {
            final int axis = grid.shape().length - edges.length + i;
            edges[i] =
                    (int)
                            Math.min(
                                    grid.shape()[axis],
                                    grid.core()[axis] / grid.scale()[axis]
                                            + 2L * grid.halo()[axis]);
            if (i >= edges.length - 2) pixels *= (double) edges[i] * grid.scale()[axis];
        }
        long evaluations = 0;
        double planes = 0;
        long bytes = 0;
        for (final BlockPlan.Channel channel : plan.channels()) {
            if (channel.isEmpty()) continue;
            final Cost cost = cost(plan, channel, edges);
            final long blocks = grid.count() / plan.channels().size();
            evaluations += blocks * cost.most();
            planes += cost.planes() / plan.channels().size();
            bytes = Math.max(bytes, cost.bytes());
        }
        return new Planned(plan, evaluations, bytes, planes * pixels * secondsPerPixel());
    }

    private Cost cost(BlockPlan plan, BlockPlan.Channel channel, int[] edges) {
        if (plan.volume() != null)
            return BlockVolumes.cost(prior, plan.volume(), channel.sampling(), edges);
        return new Restorer(prior, CallLimits.standard())
                .cost(
                        edges[1],
                        edges[0],
                        1,
                        new Restoration(
                                plan.degradation() == null ? new Identity() : plan.degradation(),
                                channel.noise(),
                                channel.sampling(),
                                channel.whole().clipped() ? plan.limits() : IntensityLimits.NONE));
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

    /** {@return an amount of memory in words} */
    public static String megabytes(long bytes) {
        return String.format(java.util.Locale.ROOT, "%.0f MB", bytes / MEGA);
    }
}
