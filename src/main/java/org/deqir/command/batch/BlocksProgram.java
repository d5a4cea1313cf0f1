/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.batch;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import org.deqir.blocks.BlockGrid;
import org.deqir.blocks.BlockOutput;
import org.deqir.blocks.BlockPlan;
import org.deqir.blocks.BlockPlanner;
import org.deqir.blocks.BlockRequest;
import org.deqir.blocks.BlockRun;
import org.deqir.blocks.BlockWorker;
import org.deqir.blocks.LocalEngine;
import org.deqir.command.BlockTasks;
import org.deqir.command.prior.PriorService;
import org.deqir.progress.Progress;
import org.scijava.Context;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code deqir-blocks}. Ends with 0 if all went well, 1 if something could not be done, 2 if it was
 * not called correctly.
 */
@Command(
        name = "deqir-blocks",
        description = "Restores OME-Zarr images block by block, on one computer or a cluster.",
        mixinStandardHelpOptions = true,
        versionProvider = BlocksProgram.Version.class,
        subcommands = {
            BlocksProgram.PlanBlocks.class,
            BlocksProgram.RunBlocks.class,
            BlocksProgram.ShowStatus.class,
            BlocksProgram.Verify.class
        })
public final class BlocksProgram {

    private static final int FAILED = 1;

    /** Only picocli and tests make one. */
    BlocksProgram() {}

    /** Runs the program and ends this Java. */
    public static void main(String[] arguments) {
        System.exit(
                execute(
                        new PrintWriter(System.out, true),
                        new PrintWriter(System.err, true),
                        arguments));
    }

    /** Runs the program; gives its exit code. */
    static int execute(PrintWriter out, PrintWriter err, String... arguments) {
        final CommandLine program = new CommandLine(new BlocksProgram());
        program.setOut(out).setErr(err);
        program.setUsageHelpAutoWidth(true);
        program.setExecutionExceptionHandler(
                (e, commandLine, result) -> {
                    if (!isTold(e)) throw e;
                    err.println(e.getMessage());
                    return FAILED;
                });
        if (arguments.length == 0) {
            program.usage(out);
            return CommandLine.ExitCode.USAGE;
        }
        return program.execute(arguments);
    }

    /** Whether a message is a sentence for the user. */
    private static boolean isTold(Exception e) {
        return e instanceof IOException
                || e instanceof IllegalArgumentException
                || e instanceof IllegalStateException
                || e instanceof CancellationException;
    }

    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            final String version = BlockTasks.class.getPackage().getImplementationVersion();
            return new String[] {"deqir-blocks " + (version == null ? "development" : version)};
        }
    }

    /** The option that all share. */
    abstract static class OnOutput implements Callable<Integer> {

        @Option(
                names = {"-o", "--output"},
                required = true,
                paramLabel = "OUT.ome.zarr",
                description = "The restored image, with its plan.")
        Path output;

        @Spec CommandSpec spec;

        final void print(String format, Object... values) {
            spec.commandLine().getOut().println(String.format(Locale.ROOT, format, values));
        }

        final Progress progress(String stage) {
            return new Lines(spec.commandLine().getErr());
        }
    }

    @Command(
            name = "plan",
            description = "Measures what is global, lays the blocks, creates the output.",
            mixinStandardHelpOptions = true)
    static final class PlanBlocks extends OnOutput {

        @Option(
                names = {"-i", "--input"},
                required = true,
                paramLabel = "IN.ome.zarr",
                description = "The image to restore.")
        private Path input;

        @Parameters(
                index = "0",
                paramLabel = "COMMAND",
                description = "The command as in the menu, such as \"DeqIR Denoise...\".")
        private String command;

        @Parameters(
                index = "1",
                arity = "0..1",
                defaultValue = "",
                paramLabel = "KEYS",
                description = "Its keys as in a macro, such as \"noise=gaussian sigma=12\".")
        private String keys;

        @Option(
                names = "--block",
                defaultValue = "0",
                description =
                        "Edge of a block in pixels of the output ("
                                + BlockGrid.BLOCK
                                + "; of volumes "
                                + BlockGrid.BLOCK_OF_VOLUME
                                + ").")
        private int block;

        @Option(
                names = "--halo",
                defaultValue = "-1",
                description =
                        "Pixels around a block that are read ("
                                + BlockGrid.HALO
                                + "; of volumes "
                                + BlockGrid.HALO_OF_VOLUME
                                + " and the reach of the blur).")
        private int halo;

        @Option(names = "--channels", description = "As 2 or 1-3; all without.")
        private String channels;

        @Option(names = "--slices", description = "As 2 or 1-3; all without.")
        private String slices;

        @Option(names = "--frames", description = "As 2 or 1-3; all without.")
        private String frames;

        @Option(names = "--roi", description = "x,y,width,height in pixels; all without.")
        private String roi;

        @Option(names = "--zarr", defaultValue = "0", description = "2 or 3; as the input without.")
        private int zarr;

        @Option(
                names = "--cores",
                defaultValue = "1",
                description = "Processor cores for each block (${DEFAULT-VALUE}).")
        private int cores;

        @Option(names = "--workers", defaultValue = "1", description = "For the estimate of time.")
        private int workers;

        @Option(names = "--dry-run", description = "Prints the plan's figures only.")
        private boolean dryRun;

        @Override
        public Integer call() throws IOException {
            if (zarr != 0 && zarr != 2 && zarr != 3)
                throw new IllegalArgumentException("--zarr = " + zarr + ": 2 and 3 are accepted.");
            if (cores < 1 || workers < 1)
                throw new IllegalArgumentException("--cores and --workers are at least 1.");
            final BlockRequest.Part part =
                    new BlockRequest.Part(
                            range("--channels", channels),
                            range("--slices", slices),
                            range("--frames", frames),
                            rectangle());
            try (Context context = new Context()) {
                final BlockPlanner.Planned planned =
                        BlockTasks.plan(
                                context,
                                input,
                                command,
                                keys,
                                new BlockTasks.Layout(output, part, block, halo, zarr, cores),
                                !dryRun,
                                Progress.NONE);
                tell(planned);
            }
            return 0;
        }

        private void tell(BlockPlanner.Planned planned) {
            final BlockPlan plan = planned.plan();
            plan.findings().forEach(finding -> print("%s", finding));
            for (int n = 0; n < plan.channels().size(); n++) {
                final BlockPlan.Channel channel = plan.channels().get(n);
                if (channel.isEmpty()) print("channel %d: nothing to restore, it is copied", n + 1);
                else
                    print(
                            "channel %d: range %.5g to %.5g, %s, binning %d",
                            n + 1,
                            channel.range().low(),
                            channel.range().high(),
                            channel.noise().describe(),
                            channel.sampling().binning());
            }
            print("model: %s (sha256 %s), %s", plan.model(), plan.modelSha256(), plan.precision());
            print("%s", plan.grid());
            print("network evaluations: at most %d", planned.evaluations());
            print(
                    "memory of a worker: %s and the network",
                    BlockPlanner.megabytes(planned.bytes()));
            print(
                    "expected: %.3g s a block, %.3g h on %d worker%s",
                    planned.secondsPerBlock(),
                    planned.hours(workers),
                    workers,
                    workers == 1 ? "" : "s");
            if (dryRun) print("nothing was written");
        }

        /** From 0 on. */
        private static long[] range(String option, String text) {
            if (text == null) return null;
            if (!text.matches("\\d{1,9}(-\\d{1,9})?"))
                throw new IllegalArgumentException(
                        option + " = '" + text + "' is not understood: 2 or 1-3 are accepted.");
            final String[] ends = text.split("-");
            return new long[] {
                Long.parseLong(ends[0]) - 1, Long.parseLong(ends[ends.length - 1]) - 1
            };
        }

        private long[] rectangle() {
            if (roi == null) return null;
            if (!roi.matches("\\d{1,9}(,\\d{1,9}){3}"))
                throw new IllegalArgumentException(
                        "--roi = '" + roi + "' is not understood: x,y,width,height is accepted.");
            return List.of(roi.split(",")).stream().mapToLong(Long::parseLong).toArray();
        }
    }

    @Command(
            name = "run",
            description = "Restores the blocks that are not complete.",
            mixinStandardHelpOptions = true)
    static final class RunBlocks extends OnOutput {

        @Option(
                names = "--threads",
                defaultValue = "1",
                description = "Blocks at a time in this process (${DEFAULT-VALUE}).")
        private int threads;

        @Option(
                names = "--spark",
                paramLabel = "MASTER",
                description = "local[2], spark://host:7077 …: runs on Spark instead.")
        private String spark;

        @Override
        public Integer call() throws IOException {
            final BlockOutput opened = BlockOutput.open(output);
            if (spark != null) return SparkLaunch.run(output, spark, opened.plan().cores());
            if (threads < 1)
                throw new IllegalArgumentException(
                        "--threads = " + threads + " is not at least 1.");
            try (Context context = new Context(PriorService.class)) {
                context.service(PriorService.class).prepare(Progress.NONE);
            }
            final BlockRun.Summary summary;
            try (BlockWorker worker = BlockWorker.of(output)) {
                summary =
                        new BlockRun(opened)
                                .run(new LocalEngine(worker, threads), progress("Restoring"));
            }
            summary.lines().forEach(line -> print("%s", line));
            return summary.isComplete() ? 0 : FAILED;
        }
    }

    @Command(
            name = "status",
            description = "Says how far an output is.",
            mixinStandardHelpOptions = true)
    static final class ShowStatus extends OnOutput {
        @Override
        public Integer call() throws IOException {
            final BlockOutput opened = BlockOutput.open(output);
            final BlockPlan plan = opened.plan();
            print("%s, %s", plan.command(), plan.keys());
            final BlockRun.Status status = new BlockRun(opened).status();
            for (int level = 0; level < status.all().size(); level++)
                print(
                        "%s: %d of %d blocks",
                        level == 0 ? "restored" : "pyramid level " + level,
                        status.done().get(level),
                        status.all().get(level));
            if (!Double.isNaN(status.seconds())) print("mean: %.3g s a block", status.seconds());
            return status.isComplete() ? 0 : FAILED;
        }
    }

    @Command(
            name = "verify",
            description = "Reads every block again and compares it with its checksum.",
            mixinStandardHelpOptions = true)
    static final class Verify extends OnOutput {
        @Override
        public Integer call() throws IOException {
            final List<String> problems =
                    new BlockRun(BlockOutput.open(output)).verify(progress("Verifying"));
            problems.forEach(problem -> print("%s", problem));
            if (problems.isEmpty()) print("complete and as it was written");
            return problems.isEmpty() ? 0 : FAILED;
        }
    }
}
