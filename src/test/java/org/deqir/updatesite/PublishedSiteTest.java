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
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.imglib2.RandomAccessibleInterval;
import org.apache.commons.compress.archivers.ArchiveEntry;
import org.deqir.network.natives.NativeLibraries;
import org.deqir.progress.Progress;
import org.deqir.testing.JavaProcess;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.scijava.Context;
import org.scijava.parsington.Tokens;
import org.slf4j.Logger;
import org.yaml.snakeyaml.Yaml;

/** The site that {@code mvn package -Pupdate-site} wrote just before; skipped in other builds. */
@Tag("slow")
@EnabledIfSystemProperty(named = "update-site", matches = ".+")
class PublishedSiteTest {

    private static final Path SITE = Path.of(System.getProperty("update-site", ""));

    @TempDir private Path temp;
    private FileServer server;
    private boolean onLinux;

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

    @BeforeEach
    void noteWhichMachineThisIs() {
        onLinux =
                System.getProperty("os.name").equals("Linux")
                        && System.getProperty("os.arch").equals("amd64");
    }

    @Test
    void theInstallationStartsPyTorch() throws Exception {
        assumeTrue(onLinux);
        install("linux64");
        assertEquals("10.0", java(List.of(), Start.class.getName(), temp.toString()));
    }

    /**
     * The commands in the installation, by a macro. In place of Fiji's own way to start them there
     * is the bridge of plain ImageJ, which the site does not ship.
     */
    @Test
    void aMacroRunsInTheInstallation() throws Exception {
        assumeTrue(onLinux);
        install("linux64");
        final Path macro = temp.resolve("macro.ijm");
        Files.writeString(
                macro,
                """
                newImage("cell", "32-bit black", 32, 32, 1);
                makeOval(8, 8, 16, 16);
                run("Set...", "value=100");
                run("Select None");
                run("DeqIR Degrade...", "noise=gaussian sigma=20 seed=1");
                rename("noisy");
                run("DeqIR Denoise...", "noise=gaussian sigma=20");
                makeOval(12, 12, 8, 8);
                getStatistics(area, mean, min, max, spread);
                print(getTitle() + ": " + (spread < 10));
                """);
        final Path app = Path.of("target/ImageJ.app").toAbsolutePath();
        final Path bridge = temp.resolve("plugins/DeqIR_Bridge.jar");
        Files.createDirectories(bridge.getParent());
        Files.copy(app.resolve("plugins/DeqIR_Bridge.jar"), bridge);
        assertEquals(
                "noisy-denoised: 1",
                java(
                        List.of(app.resolve("lib/ij-headless.jar"), bridge),
                        "org.deqir.imagej1.HeadlessMacro",
                        macro.toString()));
        assertTrue(Files.isDirectory(temp.resolve("cache/deqir")), "PyTorch lies in Fiji's folder");
    }

    @Test
    void macrosAndLicencesAreInstalled() throws IOException {
        install("linux64");
        assertTrue(Files.exists(temp.resolve("macros/DeqIR/DeqIR_Demo.ijm")));
        assertTrue(Files.exists(temp.resolve("licenses/deqir/PyTorch.txt")));
    }

    /** What a Java in the installation prints, with the class path of Fiji's launcher. */
    private String java(List<Path> before, String mainClass, String argument) throws Exception {
        final List<String> classPath = new ArrayList<>();
        before.forEach(jar -> classPath.add(jar.toString()));
        // As Fiji's launcher: jars/*.jar and jars/*/*.jar, and Fiji's own jars.
        try (Stream<Path> walk = Files.walk(temp.resolve("jars"), 2)) {
            walk.filter(file -> file.toString().endsWith(".jar"))
                    .forEach(file -> classPath.add(file.toString()));
        }
        final List<Class<?>> fiji =
                List.of(
                        Gson.class,
                        Native.class,
                        ArchiveEntry.class,
                        Logger.class,
                        Yaml.class,
                        Context.class,
                        Tokens.class,
                        RandomAccessibleInterval.class);
        for (Class<?> core : fiji) classPath.add(jarOf(core));
        if (before.isEmpty()) classPath.add(jarOf(Start.class));
        final Process process =
                JavaProcess.of(
                                List.of(
                                        "--module-path=" + temp.resolve("jars/linux64"),
                                        "-Djava.awt.headless=true",
                                        "-Dplugins.dir=" + temp,
                                        "-Dai.djl.offline=true",
                                        "-DOPT_OUT_TRACKING=true",
                                        "-cp",
                                        String.join(File.pathSeparator, classPath),
                                        mainClass,
                                        argument))
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        final String output = new String(process.getInputStream().readAllBytes()).strip();
        assertTrue(process.waitFor(1, TimeUnit.MINUTES));
        assertEquals(0, process.exitValue(), output);
        return output;
    }

    private static String jarOf(Class<?> type) throws URISyntaxException {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    }
}
