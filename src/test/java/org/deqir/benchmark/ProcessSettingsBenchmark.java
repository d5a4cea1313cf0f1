/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.benchmark;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.model.store.ModelStore;
import org.deqir.network.PrecisionProbe;
import org.deqir.network.TorchEngine;
import org.deqir.testing.JavaProcess;
import org.junit.jupiter.api.Test;

/**
 * What threads, the way they wait, and the C library's memory allocator do to a network call, on
 * the machine as it is and beside one process that keeps a core busy.
 *
 * <p>The settings take effect before PyTorch is loaded, so each is measured in processes of its
 * own, all settings in turn, {@value #TURNS} times. {@code settings.<setting>.alone} and {@code
 * settings.<setting>.beside_load}: seconds of a call on 16 tiles of 64 × 64, as a multiple of those
 * with the plugin's defaults ({@code passive}). On Linux only.
 */
class ProcessSettingsBenchmark {

    private static final int TURNS = 3;
    private static final int CALLS = 5;
    private static final int TILES = 16;
    private static final int EDGE = 64;

    private static final Map<String, Map<String, String>> SETTINGS = new LinkedHashMap<>();

    static {
        SETTINGS.put("passive", Map.of("OMP_WAIT_POLICY", "PASSIVE"));
        SETTINGS.put("active", Map.of("OMP_WAIT_POLICY", "ACTIVE"));
        SETTINGS.put("one_thread", Map.of("OMP_WAIT_POLICY", "PASSIVE", "OMP_NUM_THREADS", "1"));
        SETTINGS.put(
                "huge_pages", Map.of("OMP_WAIT_POLICY", "PASSIVE", "THP_MEM_ALLOC_ENABLE", "1"));
        SETTINGS.put(
                "kept_memory",
                Map.of(
                        "OMP_WAIT_POLICY",
                        "PASSIVE",
                        "MALLOC_MMAP_MAX_",
                        "0",
                        "MALLOC_TRIM_THRESHOLD_",
                        "17179869184",
                        "MALLOC_ARENA_MAX",
                        "1"));
    }

    @Test
    void networkCall() throws Exception {
        assumeTrue(System.getProperty("os.name").equals("Linux"));
        measure("alone");
        final Process load = process(Spinner.class, Map.of()).start();
        try {
            measure("beside_load");
        } finally {
            load.destroyForcibly().waitFor();
        }
    }

    private static void measure(String load) throws Exception {
        final Map<String, List<Double>> seconds = new LinkedHashMap<>();
        for (int turn = 0; turn < TURNS; turn++)
            for (final String setting : SETTINGS.keySet())
                seconds.computeIfAbsent(setting, k -> new ArrayList<>())
                        .add(seconds(SETTINGS.get(setting)));
        for (final String setting : SETTINGS.keySet()) {
            final double[] ratios = new double[TURNS];
            Arrays.setAll(
                    ratios,
                    turn -> seconds.get(setting).get(turn) / seconds.get("passive").get(turn));
            BenchmarkResults.put("settings." + setting + "." + load, Timing.median(ratios));
        }
        BenchmarkResults.put(
                "seconds_per_call_16x64." + load,
                Timing.median(seconds.get("passive").stream().mapToDouble(s -> s).toArray()));
    }

    private static double seconds(Map<String, String> environment) throws Exception {
        final Process process =
                process(Calls.class, environment)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        final String said =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
        if (process.waitFor() != 0) throw new IOException("The measuring process failed: " + said);
        return Double.parseDouble(said.substring(said.lastIndexOf('\n') + 1));
    }

    /** A Java process without the settings that this one may have been started with. */
    private static ProcessBuilder process(Class<?> main, Map<String, String> environment) {
        final ProcessBuilder builder =
                JavaProcess.of(
                        List.of("-Xmx1g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"), main);
        SETTINGS.values().forEach(s -> builder.environment().keySet().removeAll(s.keySet()));
        builder.environment().putAll(environment);
        return builder;
    }

    /** Keeps a core busy until it is stopped. */
    static final class Spinner {
        public static void main(String[] args) {
            long count = 0;
            while (System.nanoTime() != 0) count++;
            System.out.println(count);
        }
    }

    /** Prints the median of the seconds of some network calls. */
    static final class Calls {
        public static void main(String[] args) throws IOException {
            try (DiffusionPrior prior =
                            new ModelStore(List.of())
                                    .find("microscopy-gray")
                                    .load(PrecisionProbe.fastest());
                    NDManager manager = TorchEngine.newManager()) {
                final NDArray x =
                        manager.randomNormal(
                                0, 0.5f, new Shape(TILES, 1, EDGE, EDGE), DataType.FLOAT32);
                final double[] timesteps = new double[TILES];
                Arrays.fill(timesteps, 50);
                final Timing timing =
                        Timing.of(CALLS, () -> prior.predictor().predict(x, timesteps).close());
                System.out.println(timing.seconds(0));
            }
        }
    }
}
