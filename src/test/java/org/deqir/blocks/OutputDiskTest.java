/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.deqir.Sampling;
import org.deqir.blocks.zarr.SampleType;
import org.deqir.network.layout.Precision;
import org.deqir.physics.degradation.Identity;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;
import org.deqir.testing.TinyModel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that fills up and one that is read-only, where a file system may be mounted. */
class OutputDiskTest {

    private static final int EDGE = 64;
    private static final int COLUMNS = 5;
    private static final double SIGMA = 12;
    private static final long ROOMY = 64L << 20;

    @TempDir Path folder;
    private Path disk;
    private BlockOutput output;
    private boolean isMounted;

    @BeforeEach
    void planOnADiskOfItsOwn() throws Exception {
        disk = Files.createDirectory(folder.resolve("disk"));
        isMounted = mount("size=" + ROOMY);
        assumeTrue(isMounted, "no file system can be mounted here");
        final Path input =
                ZarrImages.write(
                        folder.resolve("in.ome.zarr"),
                        SampleType.FLOAT32,
                        ZarrImages.noisy(ZarrImages.cells(COLUMNS * EDGE, EDGE, 0), SIGMA, 7));
        BlockPlanner.plan(
                new BlockRequest(
                        input,
                        disk.resolve("out.ome.zarr"),
                        new BlockRequest.Task(
                                "",
                                "",
                                "",
                                new Identity(),
                                null,
                                null,
                                new NoiseModel.Gaussian(SIGMA),
                                Sampling.DEFAULT.withSeed(1).withBinning(1)),
                        TinyModel.in(folder.resolve("models")),
                        Precision.FLOAT32,
                        null,
                        EDGE,
                        8,
                        0,
                        1),
                true,
                Progress.NONE);
        output = BlockOutput.open(disk.resolve("out.ome.zarr"));
    }

    @AfterEach
    void unmount() throws Exception {
        if (isMounted) call("umount", disk.toString());
    }

    private boolean mount(String options) throws Exception {
        return call("mount", "-t", "tmpfs", "-o", options, "tmpfs", disk.toString());
    }

    private static boolean call(String... command) throws InterruptedException {
        try {
            final Process process =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start();
            return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (final IOException e) {
            return false;
        }
    }

    private BlockRun.Summary run() throws IOException {
        try (BlockWorker worker = BlockWorker.of(output.folder())) {
            return new BlockRun(output).run(new LocalEngine(worker, 1), Progress.NONE);
        }
    }

    /** What is counted as done is there, and nothing that was half written. */
    private void requireWhole(long done) throws IOException {
        assertEquals(done, output.done().size());
        try (Stream<Path> files = Files.walk(output.folder())) {
            assertEquals(List.of(), files.filter(f -> f.toString().endsWith(".part")).toList());
        }
        final List<String> problems = new BlockRun(output).verify(Progress.NONE);
        assertEquals(1, problems.size(), problems.toString());
        assertTrue(problems.get(0).contains("were not made yet"), problems.get(0));
    }

    @Test
    void aDiskThatFillsUpEndsTheRunAndRoomLetsItGoOn() throws Exception {
        final long used =
                Files.getFileStore(disk).getTotalSpace()
                        - Files.getFileStore(disk).getUsableSpace();
        // Room for the log and two blocks of 16 kB and something, in pages of 4 kB.
        assumeTrue(call("mount", "-o", "remount,size=" + (used + (56 << 10)), disk.toString()));
        final BlockRun.Summary full = run();
        assertFalse(full.isComplete());
        assertEquals(1, full.failed().size(), full.lines().toString());
        final String sentence = full.failed().get(0).failure();
        assertTrue(
                sentence.contains(output.folder() + " cannot be written: No space left"), sentence);
        assertTrue(full.done() >= 1 && full.done() < COLUMNS, full.done() + " done");
        requireWhole(full.done());
        assumeTrue(call("mount", "-o", "remount,size=" + ROOMY, disk.toString()));
        final BlockRun.Summary rest = run();
        assertTrue(rest.isComplete(), rest.lines().toString());
        assertEquals(full.done(), rest.skipped());
        assertEquals(List.of(), new BlockRun(output).verify(Progress.NONE));
    }

    @Test
    void aDiskThatIsReadOnlyIsToldInASentence() throws Exception {
        assumeTrue(call("mount", "-o", "remount,ro", disk.toString()));
        final IOException refusal = assertThrows(IOException.class, this::run);
        assertTrue(
                refusal.getMessage().contains(output.folder() + " cannot be written: Read-only"),
                refusal.getMessage());
        assumeTrue(call("mount", "-o", "remount,rw", disk.toString()));
        requireWhole(0);
        assertTrue(run().isComplete());
    }
}
