/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.spark;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.rdd.RDD;
import org.deqir.blocks.Block;
import org.deqir.blocks.BlockEngine;
import org.deqir.blocks.Outcome;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction2;
import scala.runtime.BoxedUnit;

/**
 * Makes blocks as tasks of Spark, one a block.
 *
 * @param spark stays the caller's
 * @param output folder of the output, the same on all computers
 */
record SparkEngine(JavaSparkContext spark, String output) implements BlockEngine {

    /** Tasks of one job: the driver's memory does not grow with the image. */
    private static final int TASKS = 20_000;

    @Override
    public void make(List<Block> blocks, Predicate<Outcome> told) throws IOException {
        final AtomicBoolean on = new AtomicBoolean(true);
        for (int from = 0; from < blocks.size() && on.get(); from += TASKS)
            job(blocks.subList(from, Math.min(blocks.size(), from + TASKS)), told, on);
    }

    private void job(List<Block> blocks, Predicate<Outcome> told, AtomicBoolean on)
            throws IOException {
        final RDD<Block> tasks = spark.parallelize(List.copyOf(blocks), blocks.size()).rdd();
        final List<Object> all =
                IntStream.range(0, blocks.size()).boxed().map(Object.class::cast).toList();
        try {
            spark.sc()
                    .runJob(
                            tasks,
                            new MakeBlock(output),
                            CollectionConverters.asScala(all).toSeq(),
                            new AbstractFunction2<Object, Outcome, BoxedUnit>() {
                                @Override
                                public BoxedUnit apply(Object index, Outcome outcome) {
                                    if (!told.test(outcome) && on.getAndSet(false))
                                        spark.sc().cancelAllJobs();
                                    return BoxedUnit.UNIT;
                                }
                            },
                            ClassTag$.MODULE$.<Outcome>apply(Outcome.class));
        } catch (final Exception e) {
            if (!on.get()) return; // stopped by us
            if (e instanceof SparkException || e instanceof RuntimeException)
                throw new IOException("Spark stopped: " + e.getMessage(), e);
            throw new IOException(e);
        }
    }
}
