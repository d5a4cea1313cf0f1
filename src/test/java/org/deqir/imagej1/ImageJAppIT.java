/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.imagej1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarFile;
import org.deqir.testing.JavaProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The assembled {@code target/ImageJ.app}, started as a user starts it. */
@DisabledOnOs(OS.WINDOWS)
class ImageJAppIT {

    private static final Path APP = Path.of("target/ImageJ.app").toAbsolutePath();

    @TempDir Path folder;

    private record Ended(int status, String output, String errors) {}

    private Ended headless(Path launcher, String... arguments) throws Exception {
        final Path output = folder.resolve("output.txt");
        final Path errors = folder.resolve("errors.txt");
        final List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(List.of(arguments));
        final ProcessBuilder builder =
                JavaProcess.withoutOptions(new ProcessBuilder(command))
                        .directory(folder.toFile())
                        .redirectOutput(output.toFile())
                        .redirectError(errors.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().remove("DISPLAY");
        final int status = builder.start().waitFor();
        return new Ended(status, Files.readString(output), Files.readString(errors));
    }

    private String macro(String text) throws IOException {
        Files.writeString(folder.resolve("a macro.ijm"), text);
        return "a macro.ijm";
    }

    @Test
    void aMacroRunsThroughALinkFromAnyFolder() throws Exception {
        final Path link =
                Files.createSymbolicLink(folder.resolve("a link"), APP.resolve("headless"));
        final String macro =
                macro(
                        """
                        newImage("µ", "8-bit ramp", 16, 16, 1);
                        run("Gaussian Blur...", "sigma=1");
                        saveAs("tiff", getArgument());
                        print(getTitle(), getDirectory("imagej"));
                        """);
        final Path saved = folder.resolve("out put.tif");
        final Ended ended = headless(link, macro, saved.toString());
        Files.delete(link);
        assertEquals("", ended.errors());
        assertEquals("out put.tif " + APP.toRealPath() + "/\n", ended.output());
        assertEquals(0, ended.status());
        assertTrue(Files.size(saved) > 256);
    }

    @Test
    void aFailureEndsWithAStatusAndAMessage() throws Exception {
        final Ended ended =
                headless(APP.resolve("headless"), macro("print(1); exit('no more'); print(2);"));
        assertEquals(new Ended(1, "1\n", "Macro: no more\n"), ended);
    }

    @Test
    void aMissingMacroIsTold() throws Exception {
        final Ended ended = headless(APP.resolve("headless"), "missing.ijm");
        assertEquals(2, ended.status());
        assertTrue(ended.errors().contains("missing.ijm"), ended.errors());
    }

    @Test
    void everyCommandIsInTheMenu() throws Exception {
        final StringBuilder macro = new StringBuilder("List.setCommands;\n");
        final StringBuilder expected = new StringBuilder();
        for (CommandMenu.Entry entry : shippedCommands()) {
            macro.append("print(List.get('").append(entry.label()).append("'));\n");
            expected.append(entry.action()).append('\n');
        }
        final Ended ended = headless(APP.resolve("headless"), macro(macro.toString()));
        assertEquals(new Ended(0, expected.toString(), ""), ended);
    }

    private static List<CommandMenu.Entry> shippedCommands() {
        return CommandMenu.entries().stream()
                .filter(entry -> !entry.className().startsWith("org.deqir.testing."))
                .toList();
    }

    @Test
    void onlyTheBridgeHasTheClassesForImageJ1() throws IOException {
        final List<Path> ours;
        try (var jars = Files.list(APP.resolve("jars"))) {
            ours = jars.filter(jar -> jar.getFileName().toString().startsWith("deqir-")).toList();
        }
        assertEquals(1, ours.size());
        assertFalse(has(ours.get(0), "org/deqir/imagej1/DeqIRPlugIn.class"));
        assertFalse(has(ours.get(0), "plugins.config"));
        final Path bridge = APP.resolve("plugins/DeqIR_Bridge.jar");
        assertTrue(has(bridge, "org/deqir/imagej1/DeqIRPlugIn.class"));
        assertTrue(has(bridge, "plugins.config"));
    }

    private static boolean has(Path jar, String entry) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            return file.getEntry(entry) != null;
        }
    }
}
