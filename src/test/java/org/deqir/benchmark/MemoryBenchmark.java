/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.benchmark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ij.IJ;
import ij.ImagePlus;
import ij.VirtualStack;
import ij.process.ImageProcessor;
import ij.process.ShortProcessor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.deqir.image.Plane;
import org.deqir.testing.JavaProcess;
import org.deqir.testing.MacroRunner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Resident memory of the whole process, Java included, while a command runs in a headless macro: in
 * a process of its own, as Linux counts it.
 */
class MemoryBenchmark {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final int STACK = 100;

    @TempDir private Path folder;

    /** The peak of denoising one 16-bit image of 2048 × 2048. */
    @Test
    void largeImage() throws Exception {
        final List<Double> megabytes = inOwnProcess("2048", "1", "");
        final double peak = Collections.max(megabytes) * 1e-3;
        BenchmarkResults.put("rss_gb_2048", peak);
        assertTrue(peak <= 2.5, peak + " GB");
    }

    /** A stack of 100 slices that does not fit into the Java heap of 128 MB, written to disk. */
    @Test
    void longStack() throws Exception {
        final Path output = folder.resolve("restored.tif");
        final List<Double> megabytes = inOwnProcess("-Xmx128m", "1024", "" + STACK, output + "");
        // Told whenever a slice is read: at least once each
        final int third = megabytes.size() * 3 / STACK;
        assertTrue(megabytes.size() >= STACK, megabytes.size() + " readings");
        final double early = Collections.max(megabytes.subList(0, third));
        final double late = Collections.max(megabytes.subList(third, megabytes.size()));
        BenchmarkResults.put("rss_growth_after_third_slice_of_100", late / early);
        BenchmarkResults.put("rss_gb_100_slices", late * 1e-3);
        assertTrue(late <= 1.15 * early, early + " MB at first, " + late + " MB later");
        final ImagePlus restored = IJ.openVirtual(output.toString());
        assertEquals(STACK, restored.getStackSize());
        assertTrue(restored.getStack().getProcessor(STACK).getStats().stdDev > 100);
    }

    private static List<Double> inOwnProcess(String... arguments) throws Exception {
        assumeTrue(Files.isReadable(STATUS), "resident memory is read as Linux tells it");
        final List<String> options =
                new ArrayList<>(
                        List.of(
                                "-Djava.awt.headless=true",
                                "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"));
        int first = 0;
        if (arguments[0].startsWith("-X")) options.add(arguments[first++]);
        final Process process =
                JavaProcess.of(
                                options,
                                MemoryBenchmark.class,
                                Arrays.copyOfRange(arguments, first, arguments.length))
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        final String said =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(1, TimeUnit.MINUTES));
        assertEquals(0, process.exitValue(), said);
        final List<Double> megabytes = new ArrayList<>();
        for (final String line : said.split("\n"))
            if (line.startsWith("MB ")) megabytes.add(Double.parseDouble(line.substring(3)));
        return megabytes;
    }

    /** In the process of its own: size, slices and output. */
    public static void main(String[] arguments) throws IOException {
        final int size = Integer.parseInt(arguments[0]);
        final int slices = Integer.parseInt(arguments[1]);
        final boolean stream = !arguments[2].isEmpty();
        final ImagePlus image =
                stream
                        ? new ImagePlus("big", new Slices(size, slices))
                        : new ImagePlus("big", noisy(size, 1));
        // Of a stack the memory is to be measured and not the network: the smallest part of each
        // slice that is restored makes it quick.
        if (stream) image.setRoi(100, 100, 64, 64);
        MacroRunner.run(
                        image,
                        "run('DeqIR Denoise...', 'noise=gaussian sigma=100 output=["
                                + arguments[2]
                                + "]');")
                .succeeded();
        System.out.println("MB " + megabytes(stream ? "VmRSS" : "VmHWM"));
        System.exit(0);
    }

    private static double megabytes(String key) throws IOException {
        for (final String line : Files.readAllLines(STATUS))
            if (line.startsWith(key + ":"))
                return Long.parseLong(line.replaceAll("\\D", "")) * 1.024e-3;
        throw new IOException("Linux does not tell " + key);
    }

    private static ImageProcessor noisy(int size, int seed) {
        final Plane clean = new SyntheticVolume(256, 1, 5).slice(0);
        final Random random = new Random(seed);
        final ShortProcessor noisy = new ShortProcessor(size, size);
        for (int y = 0; y < size; y++)
            for (int x = 0; x < size; x++)
                noisy.set(
                        x,
                        y,
                        (int)
                                Math.max(
                                        0,
                                        clean.channels()[0][y % 256 * 256 + x % 256]
                                                + 100 * random.nextGaussian()));
        return noisy;
    }

    /** Slices that are made when they are read, and tell how much memory there is then. */
    private static final class Slices extends VirtualStack {

        private final int size;
        private final int count;

        Slices(int size, int count) {
            super(size, size, null, null);
            setBitDepth(16);
            this.size = size;
            this.count = count;
        }

        @Override
        public int getSize() {
            return count;
        }

        @Override
        public int size() {
            return count;
        }

        @Override
        public String getSliceLabel(int n) {
            return null;
        }

        @Override
        public ImageProcessor getProcessor(int n) {
            try {
                System.out.println("MB " + megabytes("VmRSS"));
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
            return noisy(size, n);
        }
    }
}
