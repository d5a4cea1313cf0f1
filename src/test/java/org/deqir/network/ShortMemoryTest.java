/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.deqir.diffusion.CallLimits;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.diffusion.OutOfMemory;
import org.deqir.diffusion.TiledNoisePredictor;
import org.deqir.model.store.ModelStore;
import org.deqir.network.layout.Precision;
import org.deqir.progress.Progress;
import org.deqir.testing.JavaProcess;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What PyTorch says when the operating system gives it no more memory is understood, and smaller
 * tiles are tried. In a process of its own, whose address space is limited once it has started.
 */
@Tag("slow")
class ShortMemoryTest {

    private static final int EDGE = CallLimits.TILE;
    private static final long MEGABYTE = 1L << 20;
    private static final int WARMING_CALLS = 4;

    /** Predicts within {@code arguments[0]} megabytes beyond what the process has by then. */
    static final class Limited {

        private Limited() {}

        public static void main(String[] arguments) throws Exception {
            try (DiffusionPrior prior =
                            new ModelStore(List.of())
                                    .find("microscopy-gray")
                                    .load(Precision.FLOAT32);
                    NDManager manager = TorchEngine.newManager();
                    NDArray x =
                            manager.randomNormal(
                                    0, 0.5f, new Shape(1, 1, EDGE, EDGE), DataType.FLOAT32);
                    NDArray small = x.get(":, :, :96, :96")) {
                final CallLimits limits = CallLimits.standard();
                final double[] timestep = {100};
                // PyTorch optimizes the network during its first calls, which takes memory once.
                for (int i = 0; i < WARMING_CALLS; i++)
                    prior.predictor().predict(small, timestep).close();
                limitAddressSpace(addressSpace() + Long.parseLong(arguments[0]) * MEGABYTE);
                final TiledNoisePredictor tiled =
                        new TiledNoisePredictor(prior.predictor(), limits, Progress.NONE);
                try (NDArray noise = tiled.predict(x, timestep);
                        NDArray finite = noise.isNaN().logicalNot().all()) {
                    System.out.println("finite " + finite.getBoolean());
                }
                System.out.println("tile " + limits.tile());
            } catch (OutOfMemory e) {
                System.out.println("refused " + e.getMessage());
            }
        }

        private static long addressSpace() throws IOException {
            for (final String line : Files.readAllLines(Path.of("/proc/self/status")))
                if (line.startsWith("VmSize:"))
                    return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
            throw new IOException("/proc/self/status has no VmSize.");
        }

        private static void limitAddressSpace(long bytes) throws Exception {
            final Process prlimit =
                    new ProcessBuilder(
                                    "prlimit",
                                    "--pid=" + ProcessHandle.current().pid(),
                                    "--as=" + bytes)
                            .inheritIO()
                            .start();
            if (prlimit.waitFor() != 0) throw new IOException("prlimit failed.");
        }
    }

    @Test
    void smallerTilesAreTried(@TempDir Path folder) throws Exception {
        final List<String> said = run(folder, 120);
        assertTrue(said.contains("finite true"), said::toString);
        final String tile = line(said, "tile ");
        assertTrue(
                Integer.parseInt(tile.substring("tile ".length())) < CallLimits.TILE,
                said::toString);
    }

    @Test
    void whatIsNeededIsStatedWhereNothingHelps(@TempDir Path folder) throws Exception {
        line(run(folder, 10), "refused There is not enough memory for the network: a part of 96");
    }

    /** What was said that starts so; Java itself may complain of the little memory as well. */
    private static String line(List<String> said, String start) {
        return said.stream()
                .filter(l -> l.startsWith(start))
                .findFirst()
                .orElseGet(() -> fail(said.toString()));
    }

    private static List<String> run(Path folder, int megabytes) throws Exception {
        assumeTrue(
                Files.isReadable(Path.of("/proc/self/status"))
                        && Files.isExecutable(Path.of("/usr/bin/prlimit")),
                "needs Linux and prlimit");
        final Path log = folder.resolve("log");
        final ProcessBuilder builder =
                JavaProcess.of(List.of("-Xmx256m"), Limited.class, String.valueOf(megabytes))
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile());
        // Address space that the C library holds in reserve would come on top of what is allowed.
        builder.environment().put("MALLOC_ARENA_MAX", "1");
        builder.environment().put("MALLOC_MMAP_THRESHOLD_", "65536");
        final Process limited = builder.start();
        assertTrue(limited.waitFor(180, TimeUnit.SECONDS), "it ends");
        final List<String> said = Files.readAllLines(log);
        assertEquals(0, limited.exitValue(), said::toString);
        return said;
    }
}
