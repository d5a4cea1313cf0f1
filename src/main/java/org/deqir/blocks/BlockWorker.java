/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.deqir.Restoration;
import org.deqir.Restorer;
import org.deqir.Sampling;
import org.deqir.Whole;
import org.deqir.blocks.zarr.OmeImage;
import org.deqir.blocks.zarr.Pyramid;
import org.deqir.blocks.zarr.Region;
import org.deqir.blocks.zarr.ZarrArray;
import org.deqir.diffusion.CallLimits;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.Plane;
import org.deqir.image.Volume;
import org.deqir.model.store.InstalledModel;
import org.deqir.model.store.Sha256;
import org.deqir.network.TorchEngine;
import org.deqir.physics.Degradation;
import org.deqir.physics.degradation.MissingPixels;
import org.deqir.physics.noise.IsolatedPixels;
import org.deqir.progress.Progress;

/**
 * Makes blocks of one output. Holds one network; several threads may use it, and any number of
 * workers in different processes may work on one output.
 *
 * <p>Memory is that of a block with its halo, whatever the size of the image.
 */
public final class BlockWorker implements AutoCloseable {

    private static final int ATTEMPTS = 3;
    private static final Map<Path, BlockWorker> SHARED = new HashMap<>();

    private final BlockOutput output;
    private final DiffusionPrior prior;
    private final DoneLog log;

    /**
     * @param prior becomes the worker's, who closes it
     */
    BlockWorker(BlockOutput output, DiffusionPrior prior) throws IOException {
        this.output = output;
        this.prior = prior;
        try {
            log = new DoneLog(output.logs());
        } catch (final IOException e) {
            prior.close();
            throw cannotWrite(output.folder(), e);
        }
    }

    /**
     * {@return a worker with the prior that the plan names}
     *
     * @throws IOException if the prior is not the one that was planned with, or the output cannot
     *     be written
     */
    public static BlockWorker of(Path folder) throws IOException {
        final BlockOutput output = BlockOutput.open(folder);
        final BlockPlan plan = output.plan();
        final InstalledModel model = output.model();
        final DiffusionPrior prior = model.load(plan.precision());
        if (!prior.sha256().equals(plan.modelSha256())) {
            prior.close();
            throw new IOException(
                    "The model beside " + folder + " is not the one that was planned with.");
        }
        TorchEngine.setThreads(plan.cores());
        return new BlockWorker(output, prior);
    }

    /**
     * {@return the worker of this process for an output, made at the first call: it stays until the
     * process ends}
     *
     * @throws IOException as {@link #of}
     */
    public static BlockWorker shared(Path folder) throws IOException {
        synchronized (SHARED) {
            BlockWorker worker = SHARED.get(folder);
            if (worker == null) {
                worker = of(folder);
                SHARED.put(folder, worker);
            }
            return worker;
        }
    }

    /**
     * {@return whether a block is complete, whoever made it}
     *
     * @throws IOException if the output cannot be read
     */
    public boolean isDone(Block block) throws IOException {
        return output.done().containsKey(block);
    }

    static IOException cannotWrite(Path folder, IOException cause) {
        return new IOException(
                "The output " + folder + " cannot be written: " + reason(cause) + ".", cause);
    }

    private static String reason(Throwable e) {
        final String text = e instanceof java.nio.file.FileSystemException f ? f.getReason() : null;
        if (text != null) return text;
        return e.getMessage() == null
                ? e.getClass().getSimpleName()
                : e.getMessage().replaceAll("[.\\s]+$", "");
    }

    /** What the output is. */
    BlockOutput output() {
        return output;
    }

    /**
     * Makes a block and says what became of it; it is tried again where it fails. Never throws
     * because of one block.
     */
    public Outcome process(Block block) {
        final long start = System.nanoTime();
        String failure = "";
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            final Made made;
            try {
                made = block.level() == 0 ? restored(block) : null;
            } catch (final IOException | RuntimeException e) {
                failure = reason(e);
                continue;
            }
            try {
                final long[] place = output.place(block);
                final ZarrArray array = output.image().array(block.level());
                array.clean(place);
                final byte[] bytes =
                        made == null
                                ? Pyramid.write(output.image(), block.level(), place)
                                : array.write(place, made.samples);
                final double seconds = (System.nanoTime() - start) * 1e-9;
                log.add(
                        new DoneLog.Entry(
                                block,
                                bytes.length,
                                Sha256.of(new ByteArrayInputStream(bytes)),
                                seconds,
                                System.currentTimeMillis()));
                return new Outcome(
                        block,
                        seconds,
                        made != null && made.copied,
                        made == null ? 0 : made.missingFiles,
                        null,
                        false);
            } catch (final org.deqir.blocks.zarr.ZarrException e) {
                failure = reason(e); // of a level of the pyramid that is read
            } catch (final IOException e) {
                return Outcome.failed(block, cannotWrite(output.folder(), e).getMessage(), true);
            }
        }
        return Outcome.failed(block, failure, false);
    }

    private record Made(float[] samples, boolean copied, long missingFiles) {}

    private Made restored(Block block) throws IOException {
        final BlockGrid grid = output.plan().grid();
        final long[] place = output.place(block);
        final Region core = grid.core(place);
        final Region context = grid.context(place);
        final ZarrArray array = output.input().array(0);
        final float[] around = array.read(context);
        final Region made = output.image().array(0).region(place);
        final float[] samples = new float[made.samples()];
        final int axes = core.size().length;
        final int outer = axes - output.plan().dimensions();
        final int[] planes = Arrays.copyOf(core.size(), outer);
        final int inPart = samples(context, outer);
        final int outPart = samples(made, outer);
        boolean copied = true;
        for (int n = 0; n * outPart < samples.length; n++) {
            final long[] position = position(core, planes, n);
            final int from = index(position, context) * inPart;
            final Volume part =
                    new Volume(
                            Arrays.copyOfRange(around, from, from + inPart),
                            context.size()[axes - 1],
                            context.size()[axes - 2],
                            outer < axes - 2 ? context.size()[axes - 3] : 1);
            final Volume restored = restored(part, position, context, core);
            copied &= restored == null;
            crop(
                    restored == null ? enlarged(part, grid.scale()) : restored,
                    core,
                    context,
                    samples,
                    n * outPart);
        }
        return new Made(samples, copied, array.missingFiles(context));
    }

    /** Samples of one plane or volume of a box. */
    private static int samples(Region box, int outer) {
        int samples = 1;
        for (int i = outer; i < box.size().length; i++) samples *= box.size()[i];
        return samples;
    }

    /** Place of the n-th plane or volume of a block along the axes before its own. */
    private static long[] position(Region core, int[] planes, int n) {
        final long[] position = new long[planes.length];
        int rest = n;
        for (int i = planes.length - 1; i >= 0; i--) {
            position[i] = core.offset()[i] + rest % planes[i];
            rest /= planes[i];
        }
        return position;
    }

    private static int index(long[] position, Region box) {
        int index = 0;
        for (int i = 0; i < position.length; i++)
            index = index * box.size()[i] + (int) (position[i] - box.offset()[i]);
        return index;
    }

    /** A part of a block with its surroundings, restored; null if there is nothing to restore. */
    private Volume restored(Volume measured, long[] position, Region context, Region core) {
        final BlockPlan plan = output.plan();
        final OmeImage input = output.input();
        final int c = input.axis('c');
        final BlockPlan.Channel channel =
                plan.channels().get(c < 0 ? 0 : (int) (position[c] - plan.grid().offset()[c]));
        if (channel.isEmpty() || measured.isConstant()) return null;
        final Sampling sampling =
                channel.sampling()
                        .ofPlane(
                                at(input, 'c', position),
                                at(input, 'z', position),
                                at(input, 't', position));
        final int axes = core.size().length;
        if (plan.volume() != null)
            return BlockVolumes.restored(
                    prior,
                    measured,
                    plan,
                    channel,
                    sampling,
                    context.offset()[axes - 3],
                    context.offset()[axes - 2],
                    context.offset()[axes - 1]);
        final Plane restored =
                restored(
                        Plane.of(measured.samples(), measured.width(), measured.height()),
                        channel,
                        sampling,
                        channel.whole().at(context.offset()[axes - 1], context.offset()[axes - 2]));
        return restored == null
                ? null
                : new Volume(restored.channels()[0], restored.width(), restored.height(), 1);
    }

    private Plane restored(
            Plane measured, BlockPlan.Channel channel, Sampling sampling, Whole whole) {
        final BlockPlan plan = output.plan();
        final boolean exact = channel.noise().isExact();
        final boolean[] known = plan.missing() == null ? null : plan.missing().known(measured);
        Plane given = measured;
        Degradation degradation = plan.degradation();
        if (known != null) {
            final boolean all = allAre(known, true);
            if (all && exact) return null;
            if (allAre(known, false))
                throw new IllegalArgumentException(
                        "all pixels around the block are missing; a larger halo may help");
            given = MissingRule.filled(measured, known);
            degradation = new MissingPixels(known, measured.height(), measured.width());
        }
        if (plan.fillIsolated() && !exact)
            given = IsolatedPixels.of(given, missing(known), channel.noise()).filled();
        final Restoration restoration =
                new Restoration(degradation, channel.noise(), sampling, plan.limits())
                        .withWhole(whole);
        // A new one each time: what one block lowered for want of memory must not change others.
        final CallLimits limits = CallLimits.standard();
        final Plane restored =
                new Restorer(prior, limits).restore(given, restoration, Progress.NONE).restored();
        requireStandard(limits);
        if (known != null) correct(restored, measured, known, exact);
        return restored;
    }

    /** What one block lowered for want of memory would change its result. */
    static void requireStandard(CallLimits limits) {
        if (!limits.isStandard() || limits.pixels() != CallLimits.PIXELS)
            throw new IllegalArgumentException(
                    "there is not enough memory for a call of the network; give it more, or run"
                            + " fewer blocks at once");
    }

    private void correct(Plane restored, Plane measured, boolean[] known, boolean exact) {
        final MissingRule missing = output.plan().missing();
        final float[] levels = restored.channels()[0];
        for (int i = 0; i < levels.length; i++)
            if (!known[i]) levels[i] = missing.raised(levels[i]);
            else if (exact) levels[i] = measured.channels()[0][i];
    }

    private static boolean[] missing(boolean[] known) {
        if (known == null) return null;
        final boolean[] missing = new boolean[known.length];
        for (int i = 0; i < known.length; i++) missing[i] = !known[i];
        return missing;
    }

    private static boolean allAre(boolean[] flags, boolean wanted) {
        for (final boolean flag : flags) if (flag != wanted) return false;
        return true;
    }

    private static long at(OmeImage image, char axis, long[] position) {
        final int place = image.axis(axis);
        return place < 0 || place >= position.length ? 0 : position[place];
    }

    private static Volume enlarged(Volume part, int[] scale) {
        final int[] factor = last(scale);
        final int width = part.width() * factor[2];
        final int height = part.height() * factor[1];
        final float[] large = new float[width * height * part.depth() * factor[0]];
        for (int i = 0; i < large.length; i++) {
            final int z = i / width / height / factor[0];
            final int y = i / width % height / factor[1];
            large[i] =
                    part.samples()[(z * part.height() + y) * part.width() + i % width / factor[2]];
        }
        return new Volume(large, width, height, large.length / width / height);
    }

    /** The numbers of z, y and x; 1 for a z that planes do not scale or have. */
    private static int[] last(int[] numbers) {
        final int axes = numbers.length;
        return new int[] {axes > 2 ? numbers[axes - 3] : 1, numbers[axes - 2], numbers[axes - 1]};
    }

    private void crop(Volume part, Region core, Region context, float[] target, int offset) {
        final int[] scale = last(output.plan().grid().scale());
        final int[] size = last(core.size());
        final boolean deep = output.plan().volume() != null;
        final int[] first = new int[scale.length];
        final int axes = core.size().length;
        for (int i = deep ? 0 : 1; i < first.length; i++) {
            final int axis = axes - first.length + i;
            first[i] = scale[i] * (int) (core.offset()[axis] - context.offset()[axis]);
        }
        final int width = scale[2] * size[2];
        final int height = scale[1] * size[1];
        final int depth = deep ? scale[0] * size[0] : 1;
        for (int z = 0; z < depth; z++)
            for (int y = 0; y < height; y++)
                System.arraycopy(
                        part.samples(),
                        ((first[0] + z) * part.height() + first[1] + y) * part.width() + first[2],
                        target,
                        offset + (z * height + y) * width,
                        width);
    }

    @Override
    public void close() throws IOException {
        prior.close();
        log.close();
    }
}
