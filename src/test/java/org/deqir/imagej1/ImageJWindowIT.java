/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.imagej1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.deqir.testing.JavaProcess;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code target/ImageJ.app} with windows, on a virtual display of its own. Skipped where there is
 * no Xvfb or where Java has no windows.
 */
@EnabledOnOs(OS.LINUX)
class ImageJWindowIT {

    private static final Path APP = Path.of("target/ImageJ.app").toAbsolutePath();
    private static final Path GUIDE = Path.of("src/site/markdown/user-guide.md");
    private static final Path JAVA_HOME = Path.of(System.getProperty("java.home"));
    private static final int MINUTES = 3;

    @TempDir Path folder;
    private Process server;
    private String display;

    @BeforeEach
    void startDisplay() throws IOException {
        assumeTrue(isOnPath("Xvfb"), "there is no Xvfb: the test of the windows is skipped");
        assumeTrue(
                Files.exists(JAVA_HOME.resolve("lib/libawt_xawt.so")),
                "this Java is without windows: the test of the windows is skipped");
        server =
                new ProcessBuilder(
                                "Xvfb",
                                "-displayfd",
                                "1",
                                "-screen",
                                "0",
                                "1280x1024x24",
                                "-nolisten",
                                "tcp")
                        .redirectError(folder.resolve("xvfb.txt").toFile())
                        .start();
        // Writes the number of a free display once it is ready, or ends.
        final BufferedReader output = server.inputReader(StandardCharsets.US_ASCII);
        final String number = output.readLine();
        assumeTrue(number != null, () -> "Xvfb does not start: " + read("xvfb.txt"));
        display = ":" + number.strip();
    }

    @AfterEach
    void stopDisplay() throws InterruptedException {
        if (server == null) return;
        server.destroy();
        if (!server.waitFor(10, TimeUnit.SECONDS)) server.destroyForcibly();
    }

    private static boolean isOnPath(String program) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(entry -> Files.isExecutable(Path.of(entry, program)));
    }

    private String read(String file) {
        try {
            return Files.readString(folder.resolve(file));
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** The driver alone, without the commands and services that the tests add. */
    private Path driver() throws Exception {
        final String name = WindowDriver.class.getName().replace('.', '/') + ".class";
        final Path copy = folder.resolve("driver").resolve(name);
        Files.createDirectories(copy.getParent());
        try (var bytes = WindowDriver.class.getResourceAsStream("/" + name)) {
            Files.copy(bytes, copy);
        }
        return folder.resolve("driver");
    }

    @Test
    void theMenuOpensTheDialogAndTheRecorderWritesTheDocumentedLine() throws Exception {
        final ProcessBuilder builder =
                JavaProcess.of(
                        List.of(
                                "-Dplugins.dir=" + APP,
                                "-Duser.home=" + folder,
                                "-Dai.djl.offline=true",
                                "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                                "-cp",
                                APP.resolve("ij.jar")
                                        + File.pathSeparator
                                        + APP.resolve("jars")
                                        + "/*"
                                        + File.pathSeparator
                                        + driver(),
                                WindowDriver.class.getName(),
                                "DeqIR Denoise..."));
        builder.environment().put("DISPLAY", display);
        final Process imagej =
                builder.redirectOutput(folder.resolve("output.txt").toFile())
                        .redirectError(folder.resolve("errors.txt").toFile())
                        .start();
        final boolean ended = imagej.waitFor(MINUTES, TimeUnit.MINUTES);
        if (!ended) imagej.destroyForcibly().waitFor();
        final String seen = read("output.txt");
        assertTrue(ended && imagej.exitValue() == 0, () -> seen + read("errors.txt"));
        assertEquals(
                List.of(
                        "dialog: DeqIR Denoise",
                        "result: cell-denoised",
                        "recorded: " + documentedLine(),
                        "slider: 3 slice: 3"),
                seen.lines().toList());
    }

    /** The only indented line of the guide. */
    private static String documentedLine() throws IOException {
        final List<String> indented =
                Files.readAllLines(GUIDE).stream().filter(line -> line.startsWith("    ")).toList();
        assertEquals(1, indented.size(), () -> "indented lines of " + GUIDE + ": " + indented);
        return indented.get(0).strip();
    }
}
