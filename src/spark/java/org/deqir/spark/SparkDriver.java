/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.spark;

import java.io.IOException;
import java.nio.file.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.deqir.blocks.BlockOutput;
import org.deqir.blocks.BlockRun;
import org.deqir.progress.Progress;

/** The driver: runs the blocks of an output that are not complete as tasks of Spark. */
public final class SparkDriver {

    private static final int FAILED = 1;
    private static final int WRONG_USE = 2;
    private static final long PROGRESS_NANOS = 5_000_000_000L;

    private SparkDriver() {}

    /**
     * Runs and ends this Java: with 0 if the output is complete, 1 if not, 2 if it was not called
     * correctly. Ends with the process that started it.
     *
     * @param arguments the output, Spark's master, the cores of a block, and the class path that
     *     executors need beside Spark's own jars, which is empty where Spark distributes it itself
     */
    public static void main(String[] arguments) {
        if (arguments.length != 4) {
            System.err.println("Usage: SparkDriver OUTPUT MASTER CORES CLASSPATH");
            System.exit(WRONG_USE);
        }
        ProcessHandle.current()
                .parent()
                .ifPresent(
                        parent -> parent.onExit().thenRun(() -> Runtime.getRuntime().halt(FAILED)));
        System.exit(run(Path.of(arguments[0]), arguments[1], arguments[2], arguments[3]));
    }

    private static int run(Path output, String master, String cores, String classPath) {
        try (JavaSparkContext spark =
                new JavaSparkContext(configuration(master, cores, classPath))) {
            spark.setLogLevel(System.getProperty("deqir.spark.log", "WARN"));
            final BlockOutput opened = BlockOutput.open(output);
            final BlockRun.Summary summary =
                    new BlockRun(opened).run(new SparkEngine(spark, output.toString()), lines());
            summary.lines().forEach(System.out::println);
            return summary.isComplete() ? 0 : FAILED;
        } catch (final IOException | IllegalArgumentException e) {
            System.err.println(e.getMessage());
            return FAILED;
        }
    }

    /** Whatever is not set here comes from system properties that begin with {@code spark.}. */
    private static SparkConf configuration(String master, String cores, String classPath) {
        final SparkConf conf =
                new SparkConf()
                        .setAppName("DeqIR blocks")
                        .setMaster(master)
                        .set("spark.task.cpus", cores)
                        .set("spark.executorEnv.OMP_NUM_THREADS", cores)
                        .set("spark.executorEnv.OMP_WAIT_POLICY", "PASSIVE")
                        .setIfMissing("spark.ui.enabled", "false")
                        // An executor that dies takes all its tasks with it.
                        .setIfMissing("spark.task.maxFailures", "16")
                        .setIfMissing(
                                "spark.executor.extraJavaOptions",
                                "-Dai.djl.offline=true -DOPT_OUT_TRACKING=true");
        if (!classPath.isEmpty()) conf.setIfMissing("spark.executor.extraClassPath", classPath);
        return conf;
    }

    private static Progress lines() {
        return new Progress() {
            private long last = System.nanoTime();

            @Override
            public void update(String stage, double fraction) {
                final long now = System.nanoTime();
                if (now - last < PROGRESS_NANOS && fraction < 1) return;
                last = now;
                System.err.println(stage);
            }

            @Override
            public boolean isCanceled() {
                return false;
            }
        };
    }
}
