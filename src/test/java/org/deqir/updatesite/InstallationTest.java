/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.updatesite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.deqir.progress.Progress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.scijava.util.FileUtils;

/** Releases of a site, installed into an empty ImageJ by a model of Fiji's updater. */
@Tag("slow")
class InstallationTest {

    private static final String SITE =
            """
            authors: [Somebody]
            links: ["https://example.org/?a&b"]
            fiji: [org.example:core]
            files:
              - artifact: org.example:plugin
                path: jars/plugin-{version}.jar
                description: Does <this> & that.
                requires: [jars/example-binding.jar]
              - artifact: org.example:api
                path: jars/example-api-{version}.jar
                description: Interfaces.
              - artifact: org.example:binding
                path: jars/example-binding-{version}.jar
                description: Binding.
              - artifact: org.example:native:linux-x86_64
                path: jars/example/example-library-{version}-linux-x86_64.jar
                platforms: [linux64]
                description: Library for Linux.
              - artifact: org.example:native:win-x86_64
                path: jars/example/example-library-{version}-windows-x86_64.jar
                platforms: [win64]
                description: Library for Windows.
              - artifact: org.example:native:osx-aarch64
                path: jars/example/example-library-{version}-macos-aarch64.jar
                platforms: [macos-arm64]
                description: Library for Macs.
              - folder: macros
                path: macros/Example
                description: Macros.
            """;

    @TempDir private Path temp;
    private SyntheticProject project;

    @BeforeEach
    void firstRelease() throws Exception {
        project = new SyntheticProject(temp);
        project.describe(SITE);
        project.plugin(Jars.entry(Jars.Needing.class), "", "plugin.properties", "#now\nv=1\n");
        project.artifact("org.example", "api", "1.0.0", "", Jars.entry(Progress.class), "");
        project.artifact("org.example", "binding", "3.2.1", "", "binding", "1");
        project.artifact("org.example", "core", "7.0.0", "", Jars.entry(FileUtils.class), "");
        for (String classifier : List.of("linux-x86_64", "win-x86_64", "osx-aarch64"))
            project.artifact("org.example", "native", "2.7.1", classifier, "lib", classifier);
        Files.writeString(project.file("macros/Restore it.ijm"), "run('it');");
        Files.writeString(project.file("macros/.hidden"), "x");
        Files.writeString(project.file("macros/more/Stack.ijm"), "run('all');");
        project.release("0.1.0", "2026-01-10T12:00:00Z");
        project.server().requests();
    }

    @AfterEach
    void stopServer() {
        project.close();
    }

    private Path fiji(String name) throws IOException {
        return Files.createDirectories(temp.resolve(name));
    }

    private static Set<String> files(Path folder) throws IOException {
        final Set<String> files = new TreeSet<>();
        try (Stream<Path> walk = Files.walk(folder)) {
            for (Path file : walk.filter(Files::isRegularFile).toList())
                files.add(folder.relativize(file).toString().replace('\\', '/'));
        }
        return files;
    }

    @Test
    void installsWhatThePlatformNeeds() throws IOException {
        final Path fiji = fiji("Fiji");
        final Set<String> expected =
                Set.of(
                        "jars/plugin-0.1.0.jar",
                        "jars/example-api-1.0.0.jar",
                        "jars/example-binding-3.2.1.jar",
                        "jars/example/example-library-2.7.1-windows-x86_64.jar",
                        "macros/Example/Restore it.ijm",
                        "macros/Example/more/Stack.ijm");
        final FijiUpdater updater = new FijiUpdater(fiji, "win64");
        assertEquals(
                new FijiUpdater.Changes(expected, Set.of(), Set.of()),
                updater.update(project.server().address()));
        assertEquals(expected, files(fiji));
        assertEquals("run('it');", Files.readString(fiji.resolve("macros/Example/Restore it.ijm")));
        assertTrue(project.server().requests().contains("jars/plugin-0.1.0.jar-20260110120000"));

        assertEquals(
                new FijiUpdater.Changes(Set.of(), Set.of(), Set.of()),
                updater.update(project.server().address()));
        assertEquals(List.of("db.xml.gz"), project.server().requests());
    }

    @Test
    void aPlatformWithoutLibraryGetsTheRest() throws IOException {
        final Path fiji = fiji("Fiji");
        new FijiUpdater(fiji, "macos64").update(project.server().address());
        assertFalse(Files.exists(fiji.resolve("jars/example")));
        assertTrue(Files.exists(fiji.resolve("jars/plugin-0.1.0.jar")));
    }

    @Test
    void dependenciesAreFoundInTheClasses() throws IOException {
        final Index index = Index.read(project.published("db.xml.gz"));
        assertEquals(
                List.of("jars/example-api.jar", "jars/example-binding.jar"),
                dependencies(index, "jars/plugin.jar"));
        assertEquals(List.of(), dependencies(index, "jars/example-api.jar"));
        for (Component component : index.components())
            if (!component.platforms().isEmpty())
                assertEquals(List.of(), component.current().get().dependencies());
    }

    @Test
    void fijisOwnJarsAreDependenciesButNotShipped() throws Exception {
        project.plugin(Jars.entry(Component.class), "");
        project.release("0.2.0", "2026-02-10T12:00:00Z");
        final Index index = Index.read(project.published("db.xml.gz"));
        assertEquals(
                List.of("jars/core.jar", "jars/example-binding.jar"),
                dependencies(index, "jars/plugin.jar"));
        assertTrue(index.component("jars/core.jar").isEmpty());
    }

    private static List<String> dependencies(Index index, String path) {
        return index.component(path).get().current().get().dependencies().stream()
                .map(Component.Dependency::filename)
                .toList();
    }

    @Test
    void aSecondReleaseUpdatesRenamesAddsAndRemoves() throws Exception {
        final Path fiji = fiji("Fiji");
        final FijiUpdater updater = new FijiUpdater(fiji, "linux64");
        updater.update(project.server().address());
        project.server().requests();

        project.plugin(Jars.entry(Jars.Needing.class), "", "plugin.properties", "#now\nv=2\n");
        project.artifact("org.example", "api", "1.1.0", "", "new", "content");
        Files.writeString(project.file("macros/New.ijm"), "run('new');");
        Files.delete(project.file("macros/more/Stack.ijm"));
        project.describe("obsolete: [macros/Example/more/Stack.ijm]\n" + SITE);
        project.release("0.2.0", "2026-02-10T12:00:00Z");

        assertEquals(
                new FijiUpdater.Changes(
                        Set.of("macros/Example/New.ijm"),
                        Set.of("jars/plugin-0.2.0.jar", "jars/example-api-1.1.0.jar"),
                        Set.of("macros/Example/more/Stack.ijm")),
                updater.update(project.server().address()));
        assertEquals(
                Set.of(
                        "jars/plugin-0.2.0.jar",
                        "jars/example-api-1.1.0.jar",
                        "jars/example-binding-3.2.1.jar",
                        "jars/example/example-library-2.7.1-linux-x86_64.jar",
                        "macros/Example/New.ijm",
                        "macros/Example/Restore it.ijm"),
                files(fiji));
        // What did not change is not downloaded again.
        assertEquals(
                List.of(
                        "db.xml.gz",
                        "jars/example-api-1.1.0.jar-20260210120000",
                        "jars/plugin-0.2.0.jar-20260210120000",
                        "macros/Example/New.ijm-20260210120000"),
                project.server().requests());

        final Path fresh = fiji("another Fiji");
        new FijiUpdater(fresh, "linux64").update(project.server().address());
        assertEquals(files(fiji), files(fresh));
    }

    @Test
    void anUpdateMaySkipReleases() throws Exception {
        final FijiUpdater updater = new FijiUpdater(fiji("Fiji"), "linux64");
        updater.update(project.server().address());
        for (int i = 2; i <= 4; i++) {
            project.plugin("text", "version " + i);
            project.release("0." + i + ".0", "2026-0" + i + "-10T12:00:00Z");
        }
        assertEquals(
                Set.of("jars/plugin-0.4.0.jar"),
                updater.update(project.server().address()).updated());
        assertEquals(
                List.of(20260110120000L, 20260210120000L, 20260310120000L),
                Index.read(project.published("db.xml.gz"))
                        .component("jars/plugin.jar")
                        .get()
                        .previous()
                        .stream()
                        .map(Component.Previous::timestamp)
                        .toList());
    }

    @Test
    void whatTheUserChangedStays() throws Exception {
        final Path fiji = fiji("Fiji");
        final FijiUpdater updater = new FijiUpdater(fiji, "linux64");
        updater.update(project.server().address());
        final Path macro = fiji.resolve("macros/Example/Restore it.ijm");
        Files.writeString(macro, "my own");
        Files.delete(project.file("macros/Restore it.ijm"));
        project.describe("obsolete: [macros/Example/Restore it.ijm]\n" + SITE);
        project.release("0.2.0", "2026-02-10T12:00:00Z");
        assertEquals(Set.of(), updater.update(project.server().address()).removed());
        assertEquals("my own", Files.readString(macro));
    }

    @Test
    void aDamagedFileIsNotInstalled() throws IOException {
        final Path damaged = project.published("jars/example-api-1.0.0.jar-20260110120000");
        final byte[] bytes = Files.readAllBytes(damaged);
        final byte[] shorter = Arrays.copyOf(bytes, bytes.length - 1);
        Files.write(damaged, shorter);
        final Path fiji = fiji("Fiji");
        final IOException size =
                assertThrows(
                        IOException.class,
                        () -> new FijiUpdater(fiji, "linux64").update(project.server().address()));
        assertEquals("Incorrect file size for jars/example-api-1.0.0.jar", size.getMessage());

        final Path macro = project.published("macros/Example/Restore it.ijm-20260110120000");
        Files.write(damaged, bytes);
        Files.writeString(macro, "run('IT');");
        final Path other = fiji("another Fiji");
        final IOException checksum =
                assertThrows(
                        IOException.class,
                        () -> new FijiUpdater(other, "linux64").update(project.server().address()));
        assertEquals("Incorrect checksum for macros/Example/Restore it.ijm", checksum.getMessage());
        assertFalse(Files.exists(other.resolve("jars")));
    }

    @Test
    void theSameInputGivesTheSameBytes() throws Exception {
        final Path output = project.write("0.2.0", "2026-02-10T12:00:00Z");
        final byte[] first = Files.readAllBytes(output.resolve("db.xml.gz"));
        final Set<String> names = files(output);
        Files.writeString(output.resolve("stray"), "left from before");
        project.write("0.2.0", "2026-02-10T13:00:00+01:00");
        assertArrayEquals(first, Files.readAllBytes(output.resolve("db.xml.gz")));
        assertEquals(names, files(output));
    }
}
