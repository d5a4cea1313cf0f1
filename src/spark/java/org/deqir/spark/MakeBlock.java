/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.spark;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import org.apache.spark.TaskContext;
import org.deqir.blocks.Block;
import org.deqir.blocks.BlockWorker;
import org.deqir.blocks.Outcome;
import scala.collection.Iterator;
import scala.runtime.AbstractFunction2;

/** A task: makes the one block of its partition with the worker of its process. */
final class MakeBlock extends AbstractFunction2<TaskContext, Iterator<Block>, Outcome>
        implements Serializable {

    private static final long serialVersionUID = 1L;

    private final String output;

    MakeBlock(String output) {
        this.output = output;
    }

    @Override
    public Outcome apply(TaskContext task, Iterator<Block> blocks) {
        final Block block = blocks.next();
        try {
            final BlockWorker worker = BlockWorker.shared(Path.of(output));
            // The process that had the task before may have died after the block was complete.
            return task.attemptNumber() > 0 && worker.isDone(block)
                    ? Outcome.complete(block)
                    : worker.process(block);
        } catch (final IOException | IllegalStateException e) {
            return Outcome.failed(block, e.getMessage(), true);
        }
    }
}
