/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Classes and packages stay small enough to be read, and a name stands for one thing. */
class SourceRulesTest {

    private static final Path SOURCES = Path.of("src/main/java");
    private static final int MOST_LINES = 450;
    private static final int MOST_CLASSES = 20;

    /** Knows nothing of the rest, and has the words of its format. */
    private static final Path FORMAT = SOURCES.resolve("org/deqir/blocks/zarr");

    private static List<Path> classes() throws IOException {
        try (Stream<Path> files = Files.walk(SOURCES)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> !file.endsWith("package-info.java"))
                    .filter(file -> !file.endsWith("module-info.java"))
                    .toList();
        }
    }

    @Test
    void noClassIsLong() throws IOException {
        final Map<Path, Integer> tooLong = new TreeMap<>();
        final List<Path> classes = classes();
        assertTrue(classes.size() > 100, classes.size() + " classes");
        for (final Path file : classes) {
            final int lines = Files.readAllLines(file).size();
            if (lines > MOST_LINES) tooLong.put(file, lines);
        }
        assertEquals(Map.of(), tooLong);
    }

    @Test
    void noPackageIsLarge() throws IOException {
        final Map<Path, Long> sizes =
                classes().stream()
                        .collect(Collectors.groupingBy(Path::getParent, Collectors.counting()));
        sizes.values().removeIf(size -> size <= MOST_CLASSES);
        assertEquals(Map.of(), sizes);
    }

    /** What a cluster gives to every Java would change what a test's own Java does and says. */
    @Test
    void testsStartJavaWithoutTheOptionsOfTheEnvironment() throws IOException {
        final Pattern java = Pattern.compile("bin/java\"|\"bin\", \"java\"");
        try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
            assertEquals(
                    List.of("JavaProcess.java"),
                    files.filter(file -> file.toString().endsWith(".java"))
                            .filter(file -> java.matcher(read(file)).find())
                            .map(file -> file.getFileName().toString())
                            .toList());
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void noTwoClassesHaveOneName() throws IOException {
        final Map<Path, Long> names =
                classes().stream()
                        .filter(file -> !file.startsWith(FORMAT))
                        .collect(Collectors.groupingBy(Path::getFileName, Collectors.counting()));
        names.values().removeIf(count -> count == 1);
        assertEquals(Map.of(), names);
    }
}
