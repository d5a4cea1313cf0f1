/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.updatesite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import com.google.gson.Gson;
import com.sun.jna.Native;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.ArchiveEntry;
import org.deqir.network.NativeLibraries;
import org.deqir.progress.Progress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.Logger;

/** The site that {@code mvn package -Pupdate-site} wrote just before; skipped in other builds. */
@EnabledIfSystemProperty(named = "update-site", matches = ".+")
class PublishedSiteTest {

    private static final Path SITE = Path.of(System.getProperty("update-site", ""));

    @TempDir private Path temp;
    private FileServer server;

    @BeforeEach
    void offerSite() throws IOException {
        server = new FileServer(SITE);
    }

    @AfterEach
    void stopServer() {
        server.close();
    }

    private FijiUpdater.Changes install(String platform) throws IOException {
        return new FijiUpdater(temp, platform).update(server.address());
    }

    @ParameterizedTest
    @CsvSource({
        "linux64,linux-x86_64",
        "linux-arm64,linux-aarch64",
        "macos-arm64,macos-aarch64",
        "win64,windows-x86_64",
        "macos64,",
    })
    void eachPlatformGetsItsOwnPyTorch(String platform, String library) throws IOException {
        final Set<String> libraries =
                install(platform).installed().stream()
                        .filter(path -> path.contains("libtorch"))
                        .map(path -> path.replaceFirst(".*libtorch-[0-9.]+-(.*).jar", "$1"))
                        .collect(Collectors.toSet());
        assertEquals(library == null ? Set.of() : Set.of(library), libraries);
    }

    @Test
    void nothingOfFijiIsReplaced() throws IOException {
        final List<String> core =
                List.of(
                        "ij",
                        "imglib2",
                        "scijava-common",
                        "gson",
                        "jna",
                        "slf4j-api",
                        "snakeyaml",
                        "commons-compress",
                        "commons-codec",
                        "commons-io");
        for (Component component : Index.read(SITE.resolve("db.xml.gz")).components())
            assertFalse(
                    core.contains(component.identity().replaceFirst("jars/(.*).jar", "$1")),
                    component.filename());
    }

    /** Runs in an installation, in a process of its own. */
    static final class Start {
        public static void main(String[] arguments) throws IOException {
            NativeLibraries.unpack(Path.of(arguments[0]), Progress.NONE);
            try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager()) {
                System.out.println(manager.arange(5f).sum().getFloat());
            }
        }
    }

    @Test
    void theInstallationStartsPyTorch() throws Exception {
        assumeTrue(
                System.getProperty("os.name").equals("Linux")
                        && System.getProperty("os.arch").equals("amd64"));
        install("linux64");
        final List<String> classPath = new ArrayList<>();
        // As Fiji's launcher: jars/*.jar and jars/*/*.jar, and Fiji's own jars.
        try (Stream<Path> walk = Files.walk(temp.resolve("jars"), 2)) {
            walk.filter(file -> file.toString().endsWith(".jar"))
                    .forEach(file -> classPath.add(file.toString()));
        }
        for (Class<?> core :
                List.of(Gson.class, Native.class, ArchiveEntry.class, Logger.class, Start.class))
            classPath.add(
                    Path.of(core.getProtectionDomain().getCodeSource().getLocation().toURI())
                            .toString());
        final Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "--module-path=" + temp.resolve("jars/linux64"),
                                "-Dai.djl.offline=true",
                                "-DOPT_OUT_TRACKING=true",
                                "-cp",
                                String.join(File.pathSeparator, classPath),
                                Start.class.getName(),
                                temp.toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        assertEquals("10.0", new String(process.getInputStream().readAllBytes()).strip());
        assertTrue(process.waitFor(1, TimeUnit.MINUTES));
    }
}
