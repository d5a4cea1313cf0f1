/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.deqir.testing.JavaProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TorchEngineTest {

    @TempDir Path cache;

    /**
     * What a user's Java does who set nothing; prints the switches and the sum 1 + 1, and convolves
     * one small image, for which PyTorch asks NNPACK.
     */
    static final class Program {
        public static void main(String[] arguments) {
            try (NDManager manager = TorchEngine.newManager()) {
                System.out.println("sum " + manager.create(1f).add(1f).getFloat());
                Conv2d.conv2d(
                        manager.ones(new Shape(1, 1, 8, 8)), manager.ones(new Shape(1, 1, 3, 3)));
            } catch (IllegalStateException e) {
                System.out.println("error " + e.getMessage());
            }
            System.out.println("tracking " + System.getProperty("OPT_OUT_TRACKING"));
            System.out.println("offline " + System.getProperty("ai.djl.offline"));
        }
    }

    @Test
    void startsWithoutTelemetryAndDownloads() throws Exception {
        final String output = run(System.getProperty("java.class.path"));
        assertTrue(output.contains("sum 2.0"), output);
        assertTrue(output.contains("tracking true"), output);
        assertTrue(output.contains("offline true"), output);
    }

    /** Remarks in the console look like faults there; on Java 24 or later one is Java's own. */
    @Test
    void saysNothingByItself() throws Exception {
        final String output =
                run(System.getProperty("java.class.path"), "--enable-native-access=ALL-UNNAMED");
        assertEquals(List.of("sum 2.0", "tracking true", "offline true"), output.lines().toList());
    }

    @Test
    void saysWhatAUserAskedFor() throws Exception {
        final String output =
                run(
                        System.getProperty("java.class.path"),
                        "-Dorg.slf4j.simpleLogger.log.ai.djl=info");
        assertTrue(output.contains("INFO ai.djl.pytorch.engine"), output);
    }

    @Test
    void respectsWhatTheUserChose() throws Exception {
        final String output = run(System.getProperty("java.class.path"), "-DOPT_OUT_TRACKING=1");
        assertTrue(output.contains("tracking 1"), output);
    }

    @Test
    void saysInOneSentenceThatNoNativeLibraryFits() throws Exception {
        final String withoutLibrary =
                Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                        .filter(jar -> !jar.contains("pytorch-native"))
                        .collect(Collectors.joining(File.pathSeparator));
        final String output = run(withoutLibrary, "-DDJL_CACHE_DIR=" + cache);
        final String error =
                output.lines().filter(line -> line.startsWith("error ")).findFirst().orElse(output);
        assertTrue(error.startsWith("error PyTorch cannot start on "), output);
        assertTrue(error.contains(System.getProperty("os.arch")), output);
        assertTrue(
                error.endsWith(": its native library for this platform is not installed."), output);
        assertTrue(output.contains("offline true"), output);
    }

    private static String run(String classPath, String... options) throws Exception {
        final List<String> arguments = new ArrayList<>(List.of("-cp", classPath));
        arguments.addAll(List.of(options));
        arguments.add(Program.class.getName());
        final ProcessBuilder builder = JavaProcess.of(arguments);
        builder.environment().keySet().removeAll(Set.of("OPT_OUT_TRACKING", "DJL_OFFLINE"));
        final Process process = builder.redirectErrorStream(true).start();
        final String output =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }

    @Test
    void setsTheNumberOfThreads() {
        final int before = TorchEngine.threads();
        try {
            TorchEngine.setThreads(1);
            assertEquals(1, TorchEngine.threads());
        } finally {
            TorchEngine.setThreads(before);
        }
        assertThrows(IllegalArgumentException.class, () -> TorchEngine.setThreads(0));
    }
}
