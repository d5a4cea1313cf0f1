/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import org.deqir.blocks.zarr.OmeImage;
import org.deqir.blocks.zarr.ZarrArray;
import org.deqir.model.ModelDescriptor;
import org.deqir.model.store.InstalledModel;
import org.deqir.model.store.ModelFiles;

/** An output with its plan, the input and what is complete. */
public final class BlockOutput {

    private static final String DONE = "done";
    private static final String MODEL = "model";

    private final Path folder;
    private final BlockPlan plan;
    private final OmeImage input;
    private final OmeImage image;

    private BlockOutput(Path folder, BlockPlan plan, OmeImage input, OmeImage image) {
        this.folder = folder;
        this.plan = plan;
        this.input = input;
        this.image = image;
    }

    /**
     * {@return an output that was planned, as it is by now}
     *
     * @throws IOException if the plan, the input or the output cannot be read, or if the input is
     *     not the one that was planned for
     */
    public static BlockOutput open(Path folder) throws IOException {
        final BlockPlan plan = BlockPlan.read(folder);
        final Path origin = Path.of(plan.input());
        if (!Files.isDirectory(origin))
            throw new IOException("The input " + origin + " is not there any more.");
        final OmeImage input = OmeImage.open(origin);
        final OmeImage image = OmeImage.open(folder);
        final long[] held = input.array(0).shape();
        final BlockGrid grid = plan.grid();
        boolean fits =
                held.length == grid.shape().length
                        && Arrays.equals(image.array(0).shape(), grid.outputShape())
                        && Arrays.equals(image.array(0).fileShape(), grid.core());
        for (int i = 0; fits && i < held.length; i++)
            fits = grid.offset()[i] + grid.shape()[i] <= held[i];
        if (!fits)
            throw new IOException(
                    "The plan of " + folder + " is not one for the input " + origin + ".");
        return new BlockOutput(folder, plan, input, image);
    }

    /** {@return the plan of the output} */
    public BlockPlan plan() {
        return plan;
    }

    /** The image that is restored. */
    OmeImage input() {
        return input;
    }

    /** {@return the restored image} */
    public OmeImage image() {
        return image;
    }

    /** {@return the number of levels of the pyramid} */
    public int levels() {
        return image.levels().size();
    }

    /** {@return the number of blocks of a level, from 0 for full size} */
    public long count(int level) {
        long count = 1;
        for (int i = 0; i < plan.grid().shape().length; i++) count *= image.array(level).files(i);
        return count;
    }

    /** The place of a block's file along each axis. */
    long[] place(Block block) {
        final ZarrArray array = image.array(block.level());
        final long[] place = new long[plan.grid().shape().length];
        long rest = block.index();
        for (int i = place.length - 1; i >= 0; i--) {
            place[i] = rest % array.files(i);
            rest /= array.files(i);
        }
        return place;
    }

    /** The file of a block. */
    Path file(Block block) {
        return image.array(block.level()).path(place(block));
    }

    /** The folder of the logs. */
    Path logs() {
        return BlockPlan.folder(folder).resolve(DONE);
    }

    /** {@return the folder of the output} */
    public Path folder() {
        return folder;
    }

    /** The prior's files, which are kept with the output. */
    InstalledModel model() {
        return InstalledModel.at(
                plan.model(), new ModelFiles.Folder(BlockPlan.folder(folder).resolve(MODEL)));
    }

    /** Keeps the files of a prior with an output. */
    static void keepModel(Path output, InstalledModel model, ModelFiles files) throws IOException {
        final Path to = BlockPlan.folder(output).resolve(MODEL);
        Files.createDirectories(to);
        try (var in = files.open(ModelDescriptor.FILE_NAME)) {
            Files.copy(in, to.resolve(ModelDescriptor.FILE_NAME));
        }
        for (final ModelDescriptor.StoredFile file : model.descriptor().files())
            if (!Files.exists(to.resolve(file.name())))
                try (var in = files.open(file.name())) {
                    Files.copy(in, to.resolve(file.name()));
                }
    }

    /**
     * The complete blocks: those in the log whose file is there with the length that was logged.
     */
    Map<Block, DoneLog.Entry> done() throws IOException {
        final Map<Block, DoneLog.Entry> done = new HashMap<>(DoneLog.read(logs()));
        final Iterator<DoneLog.Entry> entries = done.values().iterator();
        while (entries.hasNext()) {
            final DoneLog.Entry entry = entries.next();
            if (entry.block().level() >= levels()
                    || entry.block().index() >= count(entry.block().level())
                    || file(entry.block()).toFile().length() != entry.length()) entries.remove();
        }
        return done;
    }

    /** The blocks of a level that are not complete, in order. */
    static Iterable<Block> missing(int level, long count, Map<Block, ?> done) {
        return () ->
                new Iterator<>() {
                    private long next = following(0);

                    private long following(long from) {
                        long index = from;
                        while (index < count && done.containsKey(new Block(level, index))) index++;
                        return index;
                    }

                    @Override
                    public boolean hasNext() {
                        return next < count;
                    }

                    @Override
                    public Block next() {
                        if (next >= count) throw new NoSuchElementException();
                        final Block block = new Block(level, next);
                        next = following(next + 1);
                        return block;
                    }
                };
    }
}
