/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.updatesite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What would confuse Fiji or its updater is refused when the site is written. */
@Tag("slow")
class ReleaseTest {

    private static final String FIRST = "2026-01-10T12:00:00Z";
    private static final String SECOND = "2026-02-10T12:00:00Z";

    @TempDir private Path temp;
    private SyntheticProject project;

    @BeforeEach
    void makeProject() throws IOException {
        project = new SyntheticProject(temp);
        project.plugin("text", "1");
        project.artifact("org.example", "other", "2.7.1", "", "text", "other");
        project.artifact("org.example", "native", "2.7.1", "win-x86_64", "text", "windows");
        Files.writeString(project.file("macros/A.ijm"), "a");
        Files.writeString(project.file("empty/B.ijm"), "");
        Files.writeString(project.file("foreign/Ü.ijm"), "b");
    }

    @AfterEach
    void stopServer() {
        project.close();
    }

    private static String file(String source, String path, String more) {
        return "  - {" + source + ", path: '" + path + "', description: d" + more + "}\n";
    }

    private static String plugin() {
        return file("artifact: 'org.example:plugin'", "jars/plugin-{version}.jar", "");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // The name of DJL's own jar: the updater does not see the version before "-win".
                "org.example:native:win-x86_64 | jars/x/native-{version}-win-x86_64.jar | would take the name without version",
                // "2" alone is no version number.
                "org.example:other | jars/other2.jar-{version} | would take the name without version",
                "org.example:other | jars/linux64/other-{version}.jar | Java modules",
                "org.example:other | jars/plugin-{version}.jar | two versions of the same file",
                "org.example:other | /jars/other-{version}.jar | must be relative",
                "org.example:other | jars/../other-{version}.jar | must be relative",
                "org.example:missing | jars/missing-{version}.jar | one version of org.example:missing",
                "example | jars/example-{version}.jar | group:artifact",
            })
    void refusesJars(String artifact, String path, String message) throws IOException {
        project.describe("files:\n" + plugin() + file("artifact: '" + artifact + "'", path, ""));
        final IOException e = assertThrows(IOException.class, () -> project.write("0.1.0", FIRST));
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "empty | empty, which Fiji's updater takes as a request to delete",
                "foreign | ASCII letters",
                "nowhere | There is no folder",
            })
    void refusesFolders(String folder, String message) throws IOException {
        project.describe("files:\n" + plugin() + file("folder: " + folder, "macros/X", ""));
        final IOException e = assertThrows(IOException.class, () -> project.write("0.1.0", FIRST));
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }

    @ParameterizedTest
    @CsvSource({"jars/unknown.jar", "jars/x/native-windows-x86_64.jar"})
    void refusesToRequireWhatNotEverybodyHas(String required) throws IOException {
        project.describe(
                "files:\n"
                        + file(
                                "artifact: 'org.example:plugin'",
                                "jars/plugin-{version}.jar",
                                ", requires: ['" + required + "']")
                        + file(
                                "artifact: 'org.example:native:win-x86_64'",
                                "jars/x/native-{version}-windows-x86_64.jar",
                                ", platforms: [win64]"));
        final IOException e = assertThrows(IOException.class, () -> project.write("0.1.0", FIRST));
        assertTrue(e.getMessage().contains("requires " + required), e.getMessage());
    }

    @Test
    void aFileMustNotVanishByAccident() throws Exception {
        final String shipsMacros = "files:\n" + plugin() + file("folder: macros", "macros/X", "");
        project.describe(shipsMacros);
        project.release("0.1.0", FIRST);

        project.describe("files:\n" + plugin());
        final IOException vanished =
                assertThrows(IOException.class, () -> project.write("0.2.0", SECOND));
        assertTrue(
                vanished.getMessage().startsWith("macros/X/A.ijm was part of the release before"),
                vanished.getMessage());

        project.describe("obsolete: [macros/X/A.ijm]\n" + shipsMacros);
        final IOException shipped =
                assertThrows(IOException.class, () -> project.write("0.2.0", SECOND));
        assertEquals("macros/X/A.ijm is listed as obsolete but is shipped.", shipped.getMessage());

        project.describe("obsolete: [macros/X/B.ijm]\n" + shipsMacros);
        final IOException unknown =
                assertThrows(IOException.class, () -> project.write("0.2.0", SECOND));
        assertTrue(unknown.getMessage().contains("not part of"), unknown.getMessage());
    }

    @Test
    void anObsoleteFileStaysObsoleteAndMayComeBack() throws Exception {
        final String shipsMacros = "files:\n" + plugin() + file("folder: macros", "macros/X", "");
        project.describe(shipsMacros);
        project.release("0.1.0", FIRST);
        project.describe("obsolete: [macros/X/A.ijm]\nfiles:\n" + plugin());
        project.release("0.2.0", SECOND);
        final Component obsolete = published();
        assertTrue(obsolete.current().isEmpty());
        assertEquals(20260210120000L, obsolete.previous().get(0).obsoleteSince());

        project.release("0.3.0", "2026-03-10T12:00:00Z");
        assertEquals(obsolete, published());

        project.describe(shipsMacros);
        project.release("0.4.0", "2026-04-10T12:00:00Z");
        assertEquals(20260410120000L, published().current().get().timestamp());
        assertEquals(obsolete.previous(), published().previous());
    }

    private Component published() throws IOException {
        return Index.read(project.published("db.xml.gz")).component("macros/X/A.ijm").get();
    }

    @Test
    void aReleaseIsLaterThanTheOneBefore() throws Exception {
        project.describe("files:\n" + plugin());
        project.release("0.1.0", FIRST);
        final IOException e = assertThrows(IOException.class, () -> project.write("0.2.0", FIRST));
        assertTrue(e.getMessage().contains("must be later than"), e.getMessage());
    }

    @Test
    void timesAreWrittenInUtc() throws Exception {
        assertEquals(20251231233001L, WriteUpdateSite.timestamp("2026-01-01T01:30:01+02:00", temp));
        final IllegalArgumentException e =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> WriteUpdateSite.timestamp("yesterday", temp));
        assertTrue(e.getMessage().contains("'yesterday'"), e.getMessage());
    }
}
